"""The rules of a metric: how it spells answers, and what it rewards, found by asking it and not by its name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agentk.referee.formulas import Formula, Labels, recognize
from agentk.types.competition import Label, TaskKind
from agentk.types.metric import Array, Metric

FLOOR = 0.02
"""Of the mean: no less is answered where answers near 0 cost all."""


@dataclass(frozen=True, eq=False)
class Rules:
    """How answers of a task are scored: the metric, its spelling of labels, and its fast form where it has one."""

    metric: Metric
    task: TaskKind
    classes: tuple[Label, ...]
    labels: Labels | None
    formula: Formula | None
    whole: bool = False  # every true value is a whole number, and the metric rewards hitting it
    lopsided: bool = False  # answers above the truth cost otherwise than as far below it

    @staticmethod
    def of(metric: Metric, task: TaskKind, classes: tuple[Label, ...], truth: Array) -> Rules:
        """truth: all of it, as the metric has it."""
        labels = Labels.of(metric, task, classes, truth)
        formula = recognize(metric, labels, labels.codes(truth)) if labels else None
        known = truth[~np.isnan(truth)] if metric.form == "values" else truth[:0]
        whole = bool(len(known)) and bool(np.all(known == np.round(known))) and _sharp(metric, truth[:50])
        return Rules(metric, task, classes, labels, formula, whole, metric.form == "values" and _lopsided(metric, truth))


def least_answer(metric: Metric, truth: Array) -> float | None:
    """The least value that is answered: any, 0 of counts, the least seen, or where answers near 0 cost all a part of the mean."""
    if metric.link == "identity":
        mean = float(np.nanmean(truth))
        if mean > 0 and np.nanmin(truth) >= 0 and _diverges(metric, truth):
            return FLOOR * mean
        return 0.0 if _are_counts(metric, truth) else None
    return 0.0 if metric.link == "log1p" else float(truth[truth > 0].min(initial=np.inf))


def _are_counts(metric: Metric, truth: Array) -> bool:
    """Whether the values are whole numbers, none below zero, and the metric one of errors, which an impossible answer adds to."""
    known = truth[~np.isnan(truth)]
    whole = len(known) > 0 and bool(np.all((known >= 0) & (known == np.round(known))))
    return whole and metric.losses(truth[:2], truth[:2]) is not None


def has_losses(rules: Rules, some: Array) -> bool:
    """Whether the metric is a mean of losses of rows, asked with answers shaped as `some`."""
    if not rules.task.classifies:
        return rules.metric.losses(np.zeros_like(some), np.full_like(some, 0.5)) is not None
    count = len(rules.classes)
    codes = np.arange(count, dtype=np.float64)
    return rules.metric.losses(codes, np.full((count, count), 1.0 / count)) is not None


def class_counts(rules: Rules, truth: Array) -> Array | None:
    """(C,) how much a row of each class counts in the mean of losses, 1 on average; None where all count alike, or there is none.

    Where classes weigh the same however rare they are, a row of a rare one counts for more, and the best answer is not the
    class's probability but that times what its rows count.
    """
    count = len(rules.classes)
    lost = rules.metric.losses(truth, np.full((len(truth), count), 1.0 / count)) if rules.task.classifies else None
    if lost is None or rules.metric.form != "probabilities":
        return None
    rows = np.bincount(truth.astype(np.int64), minlength=count)
    means = np.bincount(truth.astype(np.int64), lost, count) / np.maximum(rows, 1)
    means[rows == 0] = means[rows > 0].mean()
    return means / means.mean() if np.ptp(means) > 1e-6 * means.max() else None


def _sharp(metric: Metric, truth: Array) -> bool:
    """Whether losses grow in proportion to small errors, as absolute ones do; squared ones want the mean, whatever values are."""
    near, far = metric.losses(truth, truth + 0.01), metric.losses(truth, truth + 0.02)
    return near is not None and far is not None and float(far.sum()) < 2.5 * float(near.sum())


def _lopsided(metric: Metric, truth: Array) -> bool:
    """Whether answers above the truth cost otherwise than as far below it."""
    one = np.ones_like(truth[:2])
    above, below = metric.losses(one, one + 0.1), metric.losses(one, one - 0.1)
    return above is not None and below is not None and abs(float(above.sum() - below.sum())) > 0.25 * float(below.sum())


def _diverges(metric: Metric, truth: Array) -> bool:
    """Whether losses grow without end as answers come near to 0."""
    one = np.ones_like(truth[:2])
    near, nearer = metric.losses(one, 1e-4 * one), metric.losses(one, 1e-9 * one)
    return near is not None and nearer is not None and float(nearer.sum()) > 1.5 * float(near.sum())
