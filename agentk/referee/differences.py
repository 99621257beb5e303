"""Differences: by how much some answers score better than others to the same rows, and how sure that is."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from agentk.referee.formulas import tables
from agentk.referee.rules import Rules
from agentk.types.metric import Array, gain

Rows = NDArray[np.int64]

GROUPS = 20
SAMPLE = 20_000


def difference(rules: Rules, truth: Array, one: Array, other: Array, weights: Array | None = None) -> tuple[float, float]:
    """By how much the answers `one` score better than `other`, and the standard error of that over rows.

    Per-row losses where the metric has them (the delta method carries their error to the score's units); placements where
    it is the area under the ROC curve (DeLong, DeLong & Clarke-Pearson 1988); else a delete-a-group jackknife of the score.
    """
    if np.array_equal(one, other):
        return 0.0, 0.0
    metric = rules.metric
    losses = metric.losses(truth, one, weights), metric.losses(truth, other, weights)
    found = gain(metric, metric.score(truth, one, weights), metric.score(truth, other, weights))
    if losses[0] is not None and losses[1] is not None:
        paired = losses[1] - losses[0]
        mean, error = float(paired.mean()), float(paired.std() / math.sqrt(max(len(paired) - 1, 1)))
        return found, error * abs(found / mean) if mean and found else error
    placed = (None, None) if weights is not None else (placements(rules, truth, one), placements(rules, truth, other))
    if placed[0] is not None and placed[1] is not None:
        apart = placed[0] - placed[1]
        return found, math.sqrt(sum(float(apart[rows].var(ddof=1)) / rows.sum() for rows in (truth == 0, truth == 1)))
    rows = np.random.default_rng(0).permutation(len(truth))[:SAMPLE]
    drawn = None if weights is None else weights[rows]
    values = _jackknife(rules, truth[rows], one[rows], other[rows], drawn, np.arange(len(rows)) % GROUPS)
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return found, math.inf
    variance = (len(values) - 1) / len(values) * float(((values - values.mean()) ** 2).sum())
    return found, math.sqrt(variance * len(rows) / len(truth))


def placements(rules: Rules, truth: Array, answer: Array) -> Array | None:
    """(N,) share of the rows of the other class that a row is ordered rightly against, if the metric is the mean of that."""
    positive = truth == 1
    few = min(int(positive.sum()), int((~positive).sum()))
    if rules.metric.form != "probabilities" or answer.shape != (len(truth), 2) or few < 2:
        return None
    value = answer[:, 1]
    placed = np.empty(len(truth))
    for own, sign in ((positive, 1.0), (~positive, -1.0)):
        others = np.sort(sign * value[~own])
        sides = [np.searchsorted(others, sign * value[own], side=side) for side in ("left", "right")]
        placed[own] = (sides[0] + sides[1]) / (2 * len(others))
    return placed if abs(float(placed[positive].mean()) - rules.metric.score(truth, answer)) < 1e-9 else None


def _jackknife(rules: Rules, truth: Array, one: Array, other: Array, weights: Array | None, group: Rows) -> Array:
    """(G,) differences, each without one group of rows."""
    if rules.formula is not None and rules.labels is not None:
        labels, formula = rules.labels, rules.formula
        codes = labels.codes(truth)
        counts = [tables(codes, labels.codes(answers), group, labels.count, weights) for answers in (one, other)]
        return np.asarray(formula(counts[0].sum(axis=0) - counts[0]) - formula(counts[1].sum(axis=0) - counts[1]))
    kept = [group != part for part in range(int(group.max()) + 1) if (group != part).any()]

    def score(answers: Array, rows: NDArray[np.bool_]) -> float:
        return rules.metric.score(truth[rows], answers[rows], None if weights is None else weights[rows])

    return np.array([gain(rules.metric, score(one, rows), score(other, rows)) for rows in kept])
