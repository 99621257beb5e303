"""Diagnosis: how a scored program errs, from its out-of-fold residuals; no label and no row leaves."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentk.referee.apply import to_link
from agentk.referee.evaluation import covered
from agentk.types.competition import TaskKind
from agentk.types.metric import Array

if TYPE_CHECKING:
    import pandas as pd

    from agentk.referee.evaluation import Evaluation
    from agentk.referee.judge import Judge

ROWS = 5000
"""Rows that a diagnosis looks at."""
SHOWN = 5
"""Slices that are told."""
CATEGORIES = 20
"""A column with more values than that is cut into intervals, or passed over where it holds no numbers."""
LEAST = 0.02
"""A slice is of at least this share of the rows."""
APART = 3.0
"""Standard errors by which a slice's mean error must exceed that of the other rows."""
FLAT = 1e-9
"""Residuals that vary by less do not vary."""
SAME = 0.7
"""Share of rows in common, of those of either, from which two slices are told as one."""


class Weakness(NamedTuple):
    """Training rows on which a program errs more than on the others."""

    column: str
    value: str
    rows: int
    error: float  # mean absolute residual
    elsewhere: float


class Diagnoser:
    """Knows the truth, and the features of the training rows."""

    def __init__(self, judge: Judge, features: pd.DataFrame, seed: int) -> None:
        self._judge = judge
        self._rows = np.sort(np.random.default_rng(seed).permutation(len(judge.truth))[:ROWS])
        self._features = features.iloc[self._rows].reset_index(drop=True)

    def residuals(self, evaluation: Evaluation) -> Array:
        """(R, W) prediction less truth of the rows looked at, on the metric's link scale; NaN where no fold covers the row.

        Of spans (R, 1), what they lose by the metric.
        """
        assert evaluation.oof is not None, "only what is scored has residuals"
        predicted, truth = evaluation.oof[self._rows], self._judge.truth[self._rows]
        if self._judge.task.classifies:
            return np.asarray(predicted - np.eye(predicted.shape[1])[truth.astype(int)])
        if self._judge.task is TaskKind.SPANS:
            lost = np.full((len(predicted), 1), np.nan)
            known = covered(predicted)
            lost[known, 0] = self._judge.metric.losses(truth[known], predicted[known])
            return lost
        link = self._judge.metric.link
        return np.asarray(to_link(predicted, link) - to_link(truth.reshape(predicted.shape), link))

    def slices(self, residuals: Array) -> tuple[Weakness, ...]:
        """The parts of the rows where the residuals are largest, the worst first."""
        cells = np.isfinite(residuals)  # of several targets some may be unknown
        known = cells.any(axis=1)
        errors = np.where(cells, np.abs(residuals), 0.0).sum(axis=1) / np.maximum(cells.sum(axis=1), 1)
        found: list[tuple[float, Weakness, NDArray[np.bool_]]] = []
        for name in self._features.columns:
            for value, rows in _parts(self._features[name]).items():
                inside, outside = errors[rows & known], errors[~rows & known]
                if len(inside) < max(10, LEAST * known.sum()) or len(outside) < 10:
                    continue
                spread = float(np.sqrt(inside.var() / len(inside) + outside.var() / len(outside)))
                apart = float(inside.mean() - outside.mean())
                if apart > APART * spread:
                    weakness = Weakness(name, value, int((rows & known).sum()), float(inside.mean()), float(outside.mean()))
                    found.append((apart * len(inside), weakness, rows))  # what mending the whole slice would bring
        told: list[tuple[Weakness, NDArray[np.bool_]]] = []
        for _, weakness, rows in sorted(found, key=lambda one: -one[0]):
            if len(told) < SHOWN and all((rows & other).sum() < SAME * (rows | other).sum() for _, other in told):
                told.append((weakness, rows))
        return tuple(weakness for weakness, _ in told)

    def alike(self, one: Array, other: Array) -> float | None:
        """The correlation of two programs' residuals over the rows that both cover; None where they do not vary.

        Of classes it is taken within each true class: what nobody can foresee would make all programs look alike.
        """
        cells = np.isfinite(one) & np.isfinite(other)
        both = cells.any(axis=1)
        if both.sum() < 10:
            return None
        x, y = (one[both], other[both]) if cells[both].all() else (one[cells], other[cells])
        if self._judge.task.classifies:
            classes = np.unique(self._judge.truth[self._rows][both], return_inverse=True)[1].reshape(-1)
            x, y = _within(x, classes), _within(y, classes)
        if np.ptp(x) < FLAT or np.ptp(y) < FLAT:
            return None
        return float(np.corrcoef(x.ravel(), y.ravel())[0, 1])


def _within(residuals: Array, classes: NDArray[np.int64]) -> Array:
    """(N, W) less the mean of each row's class."""
    sums = np.zeros((classes.max() + 1, residuals.shape[1]))
    np.add.at(sums, classes, residuals)
    return np.asarray(residuals - (sums / np.bincount(classes)[:, None])[classes])


def _parts(column: pd.Series[Any]) -> dict[str, NDArray[np.bool_]]:
    """Masks of a column's values, or quarters of its numbers, by how they are told."""
    import pandas as pd

    missing = column.isna().to_numpy()
    parts: dict[str, NDArray[np.bool_]] = {"missing": missing} if missing.any() else {}
    try:
        count = column.nunique()
    except TypeError:  # lists and the like
        return parts
    if count <= CATEGORIES:
        return parts | {
            str(value)[:60]: (column == value).to_numpy(dtype=bool, na_value=False) for value in column.dropna().unique()
        }
    if not pd.api.types.is_numeric_dtype(column):
        return parts
    cuts = column.quantile([0.0, 0.25, 0.5, 0.75, 1.0]).to_numpy(dtype=float)
    values = column.to_numpy(dtype=float, na_value=np.nan)
    for low, high in pairwise(cuts):
        if high > low:
            parts[f"{low:.4g} to {high:.4g}"] = (values >= low) & (values <= high)
    return parts
