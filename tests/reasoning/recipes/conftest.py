"""Competitions to compose for: small real tables, and an ugly one for every task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agentk.reasoning.recipes.compose import compose

UGLY_ROWS = 90


@dataclass(frozen=True)
class Case:
    """A competition's contract with labelled and unlabelled rows."""

    contract: dict[str, Any]
    train: pd.DataFrame
    test: pd.DataFrame

    @property
    def width(self) -> int:
        classifies = self.contract["task"] in ("binary", "multiclass")
        return len(self.contract["classes"] if classifies else self.contract["targets"])


def solve(entry: str, case: Case, **params: Any) -> np.ndarray:
    """Compose, load into a fresh namespace, run."""
    namespace: dict[str, Any] = {}
    exec(compile(compose(entry, case.contract).source, f"<{entry}>", "exec"), namespace)
    settings = {"seed": 0, "threads": 1, "device": "cpu"} | params
    return namespace["fit_predict"](case.train.copy(), case.test.copy(), settings, Path())


def ugly(task: str) -> Case:
    """Gaps, infinities, unseen words, columns without values or without variety, and every kind of column."""
    rng = np.random.default_rng(7)
    rows = UGLY_ROWS + 30
    signal = rng.normal(size=rows)
    frame = pd.DataFrame(
        {
            "row": [f"{i // 2:04d}_{i % 2:02d}" for i in range(rows)],
            "signal": np.where(rng.random(rows) < 0.1, np.nan, signal),
            "endless": np.where(rng.random(rows) < 0.05, np.inf, rng.normal(size=rows)),
            "huge": rng.normal(size=rows) * 1e300,
            "empty": np.nan,
            "same": 1,
            "spent": np.where(rng.random(rows) < 0.5, 0.0, rng.integers(1, 900, rows)),
            "paid": np.where(rng.random(rows) < 0.5, 0.0, rng.integers(1, 900, rows)),
            "flag": pd.Series(rng.choice([True, False], rows)).astype(object).where(rng.random(rows) > 0.1, None),
            "word": rng.choice(["red", "green", "blue", "grey", "pink"], rows),
            "place": [f"{rng.choice(list('ABC'))}/{rng.integers(0, 60)}/{rng.choice(list('PS'))}" for _ in range(rows)],
            "level": rng.integers(1, 4, rows),
            "when": pd.date_range("2020-01-01", periods=rows, freq="7h").astype(str),
            "said": [" ".join(rng.choice(["good", "bad", "cat", "dog", "Why?", "SO"], 8)) for _ in range(rows)],
            "tags": [[str(tag) for tag in rng.choice(["a", "b", "c"], rng.integers(0, 3))] for _ in range(rows)],
            "picture": [f"pictures/{i}.png" for i in range(rows)],
        }
    )
    frame.loc[UGLY_ROWS:, "word"] = rng.choice(["red", "unheard of"], 30)
    frame.loc[[3, 4, rows - 1], ["word", "place", "said", "when"]] = None
    kinds = {
        "row": "identifier", "signal": "numeric", "endless": "numeric", "huge": "numeric", "empty": "constant", "same": "numeric",
        "spent": "numeric", "paid": "numeric", "flag": "boolean", "word": "categorical", "place": "categorical",
        "level": "categorical", "when": "datetime", "said": "text", "tags": "list", "picture": "image",
    }  # fmt: skip
    noisy = signal + 0.3 * rng.normal(size=rows)
    grades = np.digitize(noisy, [-1.0, 0.0, 1.0]) + 3
    targets: dict[str, dict[str, Any]] = {
        "binary": {"y": noisy > 0},
        "multiclass": {"y": np.array(["a", "b", "c", "d"])[grades - 3]},
        "multilabel": {"y": (noisy > 0).astype(int), "z": (noisy < -0.5).astype(int)},
        "regression": {"y": np.exp(2 * noisy)},
        "multioutput": {"y": noisy, "z": -noisy * 100},
        "ordinal": {"y": grades},
    }
    classes = {"binary": [False, True], "multiclass": ["a", "b", "c", "d", "never seen"], "ordinal": [3, 4, 5, 6]}
    contract = {
        "task": task,
        "targets": list(targets[task]),
        "classes": classes.get(task, []),
        "kinds": kinds,
        "id_columns": ["row"],
        "train_only": ["afterwards"],
        "metric": "mae" if task == "regression" else "log_loss",
        "rows": UGLY_ROWS,
    }
    train = frame.iloc[:UGLY_ROWS].assign(**{name: values[:UGLY_ROWS] for name, values in targets[task].items()}, afterwards=1.0)
    return Case(contract, train, frame.iloc[UGLY_ROWS:].reset_index(drop=True))


def real(data: Any, task: str, metric: str) -> tuple[Case, np.ndarray]:
    """A data set of scikit-learn, three quarters of it labelled; and the labels of the rest."""
    frame = data.data.assign(answer=data.target).sample(frac=1.0, random_state=0, ignore_index=True)
    cut = 3 * len(frame) // 4
    kinds = dict.fromkeys(data.data, "numeric")
    classes = sorted(frame["answer"].unique().tolist()) if task != "regression" else []
    contract = {
        "task": task, "targets": ["answer"], "classes": classes, "kinds": kinds, "id_columns": [], "train_only": [],
        "metric": metric, "rows": cut,
    }  # fmt: skip
    rest = frame.iloc[cut:].reset_index(drop=True)
    return Case(contract, frame.iloc[:cut], rest.drop(columns="answer")), rest["answer"].to_numpy()


@pytest.fixture
def contract() -> dict[str, Any]:
    return ugly("binary").contract


@pytest.fixture
def solved() -> Callable[..., np.ndarray]:
    """`solve(entry, case, **params)`."""
    return solve


@pytest.fixture
def ugly_case() -> Callable[[str], Case]:
    """`ugly(task)`."""
    return ugly


@pytest.fixture
def real_case() -> Callable[..., tuple[Case, np.ndarray]]:
    """`real(data, task, metric)`."""
    return real


@pytest.fixture
def case_of() -> type[Case]:
    """`Case(contract, train, test)`."""
    return Case
