"""Metrics of lists: where the submission names each row's likeliest labels, best first, and one of them is right.

With one right label, recall at k is whether it is listed, average precision at k and reciprocal rank are 1 over its place, and
the discounted gain is 1 over the binary logarithm of one more than its place (the ideal gain is 1).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from agentk.competitions.metrics.entry import NamedMetric
from agentk.types.metric import Array


def _places(truth: Array, answer: Array) -> Array:
    """(N,) place of the right label by its probability, from 1; of equal ones the first class comes first."""
    own = answer[np.arange(len(answer)), truth.astype(int)]
    ahead = (answer > own[:, None]).sum(axis=1)
    ties = (answer == own[:, None]) & (np.arange(answer.shape[1]) < truth[:, None])
    return np.asarray(1 + ahead + ties.sum(axis=1), float)


def _listed(name: str, k: int, gain: Callable[[Array], Array]) -> NamedMetric:
    """The mean over rows of what the right label gains by its place, 0 beyond the first k."""

    def gains(truth: Array, answer: Array) -> Array:
        places = _places(truth, answer)
        return np.where(places <= k, gain(places), 0.0)

    return NamedMetric(
        f"{name}@{k}",
        "maximize",
        "probabilities",
        lambda t, a, w: w.mean(gains(t, a)),
        lambda t, a, _: 1 - gains(t, a),
        places=k,
    )


def map_at(k: int) -> NamedMetric:
    """Mean average precision at k, which with one right label is the mean reciprocal rank at k."""
    return _listed("map", k, lambda places: 1 / places)


def ndcg_at(k: int) -> NamedMetric:
    """Normalized discounted cumulative gain at k: the mean of 1 / log2(1 + place)."""
    return _listed("ndcg", k, lambda places: 1 / np.log2(1 + places))


def top(k: int) -> NamedMetric:
    """Top-k accuracy, or recall at k: the share of rows whose label is among the k likeliest."""
    return _listed("top", k, np.ones_like)
