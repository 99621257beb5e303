"""Well-behaved programs to run in a sandbox that is under test."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

from agentk.sandbox.protocol import LINE


def load_rows(held: dict[str, Path]) -> Any:
    """The held rows, as a matrix."""
    import numpy as np

    return np.load(held["rows"])


def fit_on_every_core(rows: Any, output: Path, arguments: dict[str, str]) -> None:
    """Fits with as many jobs as there are cores to be had, and saves how many those were."""
    import numpy as np

    X, y = rows[:, 1:], (rows[:, 0] > 0).astype(int)
    library = arguments["library"]
    if library == "lightgbm":
        import lightgbm

        lightgbm.LGBMClassifier(n_estimators=30, n_jobs=-1, verbose=-1).fit(X, y)
    elif library == "forest":
        from sklearn.ensemble import RandomForestClassifier

        RandomForestClassifier(n_estimators=30, n_jobs=-1).fit(X, y)
    else:
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import cross_val_score

        cross_val_score(LogisticRegression(), X, y, cv=3, n_jobs=-1)
    np.save(output / "cores.npy", len(os.sched_getaffinity(0)))


def load_texts(held: dict[str, Path]) -> dict[str, str]:
    """The held files as text."""
    return {name: path.read_text() for name, path in held.items()}


def join(texts: dict[str, str], output: Path, arguments: dict[str, Any]) -> None:
    """Writes held and given texts in one line."""
    given = [(Path(arguments["inputs"]) / name).read_text() for name in arguments["names"]]
    (output / "joined.txt").write_text(" ".join([*texts.values(), *given]) + arguments["suffix"])


def patch_a_library(_: None, __: Path, ___: dict[str, Any]) -> None:
    """Says whether json is as it came, and then spoils it."""
    import json

    print("whole" if json.dumps([1]) == "[1]" else "spoiled")
    json.dumps = lambda *_, **__: "spoiled"


def echo(_: None, __: Path, ___: dict[str, Any]) -> None:
    """Says what it hears on its line, backwards, until that is closed."""
    line = socket.socket(fileno=LINE)
    while said := line.recv(9):
        line.sendall(said[::-1])
