"""python run.py PEER HANDED OUT SECONDS CORES SEED: has a peer learn from the folder HANDED and answer its test rows.

HANDED holds train.csv, test.csv and problem.json. `with_PEER.py` has one function:

    fit_predict(problem, train, test, seconds, cores, seed, keep) -> (N, W) values

problem  task (binary, multiclass, regression or ordinal), classes (their number), metric, direction, answers (labels,
         probabilities or values), kinds of the columns, scratch (a folder)
train    the features and `target`: codes of classes 0, 1, …, or numbers
values   a column a class of probabilities (1 and 0 where labels are asked for), or one column of numbers
keep     may be called with values that are good already: what stands in OUT/predictions.csv when the time is over counts

The seconds begin when everything is imported and read. A task of several targets is answered one target after another.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def main(peer: str, handed: Path, out: Path, seconds: float, cores: int, seed: int) -> None:
    """Writes predictions.csv into `out`, and an empty file `began` when the seconds begin."""
    fit_predict = importlib.import_module(f"with_{peer}").fit_predict
    problem = json.loads((handed / "problem.json").read_text())
    train, test = (_read(handed / name, problem["kinds"]) for name in ("train.csv", "test.csv"))
    targets = [name for name in train.columns if name.startswith("target_") and name not in test.columns]
    features = train.drop(columns=targets)
    problem["scratch"] = str(out / "scratch")
    (out / "began").touch()

    def keep(values: Any) -> None:
        draft = out / "draft.csv"
        pd.DataFrame(np.asarray(values, dtype=float).reshape(len(test), -1)).to_csv(draft, index=False)
        draft.replace(out / "predictions.csv")

    if len(targets) == 1:
        rows = features.assign(target=train[targets[0]])
        keep(fit_predict(problem, rows, test, seconds, cores, seed, keep))
    else:
        one = {**problem, "task": "binary" if problem["task"] == "multilabel" else "regression", "classes": 2}
        columns = []
        for at, name in enumerate(targets):
            one["scratch"] = f"{problem['scratch']}-{at}"
            values = fit_predict(one, features.assign(target=train[name]), test, seconds / len(targets), cores, seed, _ignored)
            columns.append(np.asarray(values)[:, -1])
        keep(np.column_stack(columns))


def _ignored(values: Any) -> None:
    """The answers to one target of several are no answer yet."""


def _read(path: Path, kinds: dict[str, str]) -> pd.DataFrame:
    """Numbers as numbers, dates as dates, all else as text; what is missing stays so, and a label spelled "NA" a label."""
    text = {name: "object" for name, kind in kinds.items() if kind not in ("numeric", "boolean", "datetime")}
    rows = pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""])
    for name in (name for name, kind in kinds.items() if kind == "datetime"):
        rows[name] = pd.to_datetime(rows[name], errors="coerce")
    return rows


if __name__ == "__main__":
    _peer, _handed, _out, _seconds, _cores, _seed = sys.argv[1:]
    main(_peer, Path(_handed), Path(_out), float(_seconds), int(_cores), int(_seed))
