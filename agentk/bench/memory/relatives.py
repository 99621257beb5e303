"""Competitions invented in families: relatives share the structure of what they ask, and neither rows, names nor scale."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
Signal = Callable[[np.random.Generator, int], tuple[pd.DataFrame, Array]]

TASKS = ("binary", "regression", "multiclass")
_METRICS = {
    "binary": ("Area under the ROC curve of the predicted probability.", "Log loss of the predicted probability."),
    "regression": ("Root mean squared error (RMSE).", "Mean absolute error (MAE)."),
    "multiclass": ("Accuracy: the share of rows whose class is right.", "Accuracy: the share of rows whose class is right."),
}


def relatives(count: int, folder: Path, *, rows: int) -> list[Path]:
    """Writes `count` competitions below `folder`, the same every time, of about `rows` training rows; their folders.

    What is there already is left as it is. Structure and task take turns, so that any few hold relatives of one another.
    """
    return [_made(number, folder / f"relative-{number:02d}", rows) for number in range(count)]


def _made(number: int, folder: Path, rows: int) -> Path:
    if (folder / "sample_submission.csv").exists():
        return folder
    generator = np.random.default_rng((7, number))
    signal = list(SIGNALS.values())[number % len(SIGNALS)]
    task = TASKS[number // len(SIGNALS) % 2] if number < 2 * len(SIGNALS) else TASKS[int(generator.integers(3))]
    size = int(rows * generator.uniform(0.7, 1.6))
    frame, hidden = signal(generator, size)
    hidden = (hidden - hidden.mean()) / hidden.std()
    hidden = hidden + generator.normal(0, generator.uniform(0.2, 0.6), size)
    frame["answer"] = _answer(hidden, task, generator)
    frame.insert(0, "id", np.arange(1, size + 1))
    if generator.uniform() < 0.3:  # some have holes
        for name in frame.columns[1:-1]:
            frame.loc[generator.random(size) < 0.08, name] = None
    test = generator.random(size) < 0.15
    folder.mkdir(parents=True, exist_ok=True)
    metric = _METRICS[task][int(generator.integers(2))]
    (folder / "description.md").write_text(f"# Invented\n\n## Evaluation\n\n{metric}\n", encoding="utf-8")
    frame[~test].to_csv(folder / "train.csv", index=False)
    frame[test].drop(columns="answer").to_csv(folder / "test.csv", index=False)
    plain = frame["answer"].min() if task == "multiclass" else 0.5
    frame.loc[test, ["id"]].assign(answer=plain).to_csv(folder / "sample_submission.csv", index=False)
    return folder


def _answer(hidden: Array, task: str, generator: np.random.Generator) -> Array | NDArray[np.int64]:
    if task == "regression":
        scale: Array = np.round(10 ** generator.uniform(0, 3) * hidden, 4)
        return scale
    if task == "binary":
        return (hidden > np.quantile(hidden, generator.uniform(0.5, 0.8))).astype(np.int64)
    cuts = np.quantile(hidden, np.linspace(0, 1, int(generator.integers(3, 6)) + 1)[1:-1])
    return np.searchsorted(cuts, hidden).astype(np.int64)


def _numbers(generator: np.random.Generator, rows: int, columns: int) -> tuple[pd.DataFrame, Array]:
    X = generator.normal(0, 1, (rows, columns))
    return pd.DataFrame(X.round(3), columns=[f"n{at}" for at in range(columns)]), X


def _additive(generator: np.random.Generator, rows: int) -> tuple[pd.DataFrame, Array]:
    """A sum of bent curves of a few columns."""
    frame, X = _numbers(generator, rows, int(generator.integers(6, 14)))
    return frame, np.asarray(sum(generator.normal() * np.tanh(generator.uniform(0.5, 2) * X[:, at]) for at in range(5)))


def _steps(generator: np.random.Generator, rows: int) -> tuple[pd.DataFrame, Array]:
    """Thresholds that hold together: what trees are made for."""
    frame, X = _numbers(generator, rows, int(generator.integers(8, 16)))
    parts = [generator.normal() * (X[:, at] > generator.normal(0, 0.5)) * (X[:, at + 1] < 0.5) for at in range(5)]
    return frame, np.asarray(sum(parts))


def _sparse(generator: np.random.Generator, rows: int) -> tuple[pd.DataFrame, Array]:
    """Many columns, a straight line through a few: what a stiff linear model is made for."""
    frame, X = _numbers(generator, rows, int(generator.integers(60, 110)))
    return frame, X[:, :8] @ generator.normal(0, 1, 8)


def _codes(generator: np.random.Generator, rows: int) -> tuple[pd.DataFrame, Array]:
    """Columns of codes with many values, each with a level of its own."""
    frame, X = _numbers(generator, rows, 3)
    hidden = 0.3 * X[:, 0]
    for at in range(int(generator.integers(3, 6))):
        values = int(generator.integers(8, 50))
        code = generator.integers(0, values, rows)
        hidden = hidden + generator.normal(0, 1, values)[code]
        frame[f"c{at}"] = [f"v{value}" for value in code]
    return frame, hidden


def _round(generator: np.random.Generator, rows: int) -> tuple[pd.DataFrame, Array]:
    """Distances from a few places in few columns: what kernels and neighbors are made for."""
    frame, X = _numbers(generator, rows, int(generator.integers(3, 6)))
    places = generator.normal(0, 1.2, (6, X.shape[1]))
    far = ((X[:, None, :] - places) ** 2).sum(axis=2)
    return frame, np.exp(-far / 1.5) @ generator.normal(0, 3, 6)


def _ratios(generator: np.random.Generator, rows: int) -> tuple[pd.DataFrame, Array]:
    """Positive columns with long tails, and their ratios."""
    columns = int(generator.integers(6, 12))
    X = np.exp(generator.normal(0, 1, (rows, columns)))
    frame = pd.DataFrame(X.round(3), columns=[f"n{at}" for at in range(columns)])
    return frame, np.log(X[:, 0] / X[:, 1]) + generator.uniform(0.3, 1) * np.log1p(X[:, 2] / X[:, 3])


SIGNALS: dict[str, Signal] = {
    "additive": _additive,
    "steps": _steps,
    "sparse": _sparse,
    "codes": _codes,
    "round": _round,
    "ratios": _ratios,
}
"""What the answer hangs on, by name."""
