"""Fast forms of label metrics that are functions of the table truth × answer, recognized by their numbers, not by name.

A search for thresholds asks for hundreds of scores; a general metric call costs a millisecond each, these forms microseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agentk.types.competition import Label, TaskKind
from agentk.types.metric import Array, Metric

Codes = NDArray[np.int64]
Formula = Callable[[Array], Array]
"""(..., C, C) counts, truth × answer -> (...) scores, higher is better."""


@dataclass(frozen=True, eq=False)
class Labels:
    """How one label a row is spelled for the metric: codes (N,), or where there are `grades`, their values (N, 1)."""

    count: int
    grades: Array | None = None  # ascending

    @staticmethod
    def of(metric: Metric, task: TaskKind, classes: tuple[Label, ...], truth: Array) -> Labels | None:
        """None where the metric does not take one label a row."""
        if metric.form != "labels" or task is TaskKind.MULTILABEL or (truth.ndim == 2 and truth.shape[1] > 1):
            return None
        if task.classifies:
            return Labels(len(classes))
        grades = np.array([float(value) for value in classes]) if classes else np.unique(truth)
        return Labels(len(grades), grades)

    def codes(self, spelled: Array) -> Codes:
        """Positions of the classes or grades."""
        values = spelled.reshape(-1)
        return np.asarray(values if self.grades is None else np.searchsorted(self.grades, values), dtype=np.int64)

    def spell(self, codes: Codes) -> Array:
        """The inverse of `codes`."""
        return codes.astype(np.float64) if self.grades is None else self.grades[codes][:, None]


def table(truth: Codes, answer: Codes, classes: int) -> Array:
    """(C, C) counts, truth × answer."""
    return np.bincount(truth * classes + answer, minlength=classes * classes).reshape(classes, classes).astype(np.float64)


def tables(truth: Codes, answer: Codes, group: Codes, classes: int, weights: Array | None = None) -> Array:
    """(G, C, C) counts, or weights, of each group of rows, groups numbered from 0."""
    cells = (group * classes + truth) * classes + answer
    groups = int(group.max()) + 1
    return np.bincount(cells, weights, minlength=groups * classes**2).reshape(groups, classes, classes).astype(np.float64)


def accuracy(tables: Array) -> Array:
    """Share of right answers."""
    return np.asarray(_hits(tables).sum(-1) / tables.sum((-1, -2)))


def rightness(tables: Array) -> Array:
    """Minus the share of wrong answers."""
    return np.asarray(accuracy(tables) - 1.0)


def f_beta(beta: float) -> Formula:
    """F-beta of the last of two classes."""

    def formula(tables: Array) -> Array:
        hit, false, missed = tables[..., 1, 1], tables[..., 0, 1], tables[..., 1, 0]
        return _ratio((1 + beta**2) * hit, (1 + beta**2) * hit + beta**2 * missed + false)

    return formula


def macro_f1(tables: Array) -> Array:
    """Mean F1 over the classes that occur in truth or answer."""
    both = tables.sum(-1) + tables.sum(-2)
    return np.asarray(_ratio(2 * _hits(tables), both).sum(-1) / np.maximum((both > 0).sum(-1), 1))


def weighted_f1(tables: Array) -> Array:
    """F1 of each class, weighted by how often it is true."""
    true = tables.sum(-1)
    return np.asarray((_ratio(2 * _hits(tables), true + tables.sum(-2)) * true).sum(-1) / true.sum(-1))


def balanced_accuracy(tables: Array) -> Array:
    """Mean recall over the classes that occur."""
    true = tables.sum(-1)
    return np.asarray(_ratio(_hits(tables), true).sum(-1) / np.maximum((true > 0).sum(-1), 1))


def geometric_recall(tables: Array) -> Array:
    """The geometric mean of the recalls of the classes that occur."""
    true = tables.sum(-1)
    occur = np.maximum((true > 0).sum(-1), 1)
    return np.asarray(np.where(true > 0, _ratio(_hits(tables), true), 1.0).prod(-1) ** (1.0 / occur))


def jaccard(tables: Array) -> Array:
    """Hits of the last of two classes over what is it or is said to be it."""
    hit = tables[..., 1, 1]
    return _ratio(hit, hit + tables[..., 0, 1] + tables[..., 1, 0])


def macro_jaccard(tables: Array) -> Array:
    """The mean of that over the classes that occur in truth or answer."""
    both = tables.sum(-1) + tables.sum(-2)
    hits = _hits(tables)
    return np.asarray(_ratio(hits, both - hits).sum(-1) / np.maximum((both > 0).sum(-1), 1))


def matthews(tables: Array) -> Array:
    """The correlation coefficient of any number of classes (Gorodkin 2004)."""
    true, said, total = tables.sum(-1), tables.sum(-2), tables.sum((-1, -2))
    covariance = _hits(tables).sum(-1) * total - (true * said).sum(-1)
    return _ratio(covariance, np.sqrt(np.maximum((total**2 - (said**2).sum(-1)) * (total**2 - (true**2).sum(-1)), 0.0)))


def kappa(power: int) -> Formula:
    """Cohen's kappa: unweighted (0), linear (1), quadratic (2)."""

    def formula(tables: Array) -> Array:
        grades = np.arange(tables.shape[-1])
        cost = np.abs(grades[:, None] - grades).astype(np.float64) ** power if power else 1.0 - np.eye(len(grades))
        chance = tables.sum(-1)[..., :, None] * tables.sum(-2)[..., None, :] / tables.sum((-1, -2))[..., None, None]
        return np.asarray(1.0 - _ratio((cost * tables).sum((-1, -2)), (cost * chance).sum((-1, -2))))

    return formula


MANY: tuple[Formula, ...] = (
    accuracy, rightness, macro_f1, weighted_f1, balanced_accuracy, matthews, kappa(2), kappa(1), kappa(0),
    geometric_recall, macro_jaccard,
)  # fmt: skip
TWO: tuple[Formula, ...] = (f_beta(1.0), f_beta(2.0), f_beta(0.5), jaccard)


def recognize(metric: Metric, labels: Labels, truth: Codes) -> Formula | None:
    """The formula that gives the metric's own number for three answers of different quality, None where none does."""
    rng = np.random.default_rng(0)
    codes = truth if len(truth) <= 2000 else truth[rng.choice(len(truth), 2000, replace=False)]
    candidates = [*(TWO if labels.count == 2 else ()), *MANY]
    sign = 1.0 if metric.direction == "maximize" else -1.0
    for share in (0.1, 0.4, 0.8):
        answer = np.where(rng.random(len(codes)) < share, rng.integers(0, labels.count, len(codes)), codes)
        score = sign * metric.score(labels.spell(codes), labels.spell(answer))
        counts = table(codes, answer, labels.count)
        candidates = [formula for formula in candidates if abs(float(formula(counts)) - score) < 1e-9]
    return candidates[0] if candidates else None


def _hits(tables: Array) -> Array:
    return np.asarray(np.diagonal(tables, axis1=-2, axis2=-1))


def _ratio(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.zeros_like(np.broadcast_arrays(above, below)[0], dtype=np.float64), where=below > 0)
