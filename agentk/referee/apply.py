"""What an exported program needs of the referee: links, blending and decisions, in numpy alone, on plain dicts.

The text of this module is copied into `solution/`: it imports nothing of agentk.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
TINY = 1e-15


def to_link(values: Array, link: str) -> Array:
    """Values on the scale where errors are even: "identity", "log" or "log1p"; below its domain they are clipped."""
    if link == "log1p":
        return np.log1p(np.maximum(values, 0.0))
    return np.log(np.maximum(values, TINY)) if link == "log" else values


def from_link(values: Array, link: str) -> Array:
    """The inverse of `to_link`."""
    if link == "log1p":
        return np.expm1(values)
    return np.exp(values) if link == "log" else values


def averaged(calls: list[Array], task: str, link: str) -> Array:
    """One (N, W) prediction from those of several calls: the mean on the link scale; of spans, one that most agree on."""
    if task == "spans":
        return agreed([1.0] * len(calls), calls)
    return from_link(np.mean([to_link(call, link) for call in calls], axis=0), link)


def combine(members: list[Array], weights: list[float], method: str, link: str = "identity") -> Array:
    """One (N, W) prediction from those of several members.

    method  mean       weighted sum on the link scale
            geometric  weighted sum of log probabilities, normalized over the W classes
            rank       weighted mean of each column's ranks within the rows given, scaled to (0, 1)
            agree      spans: the member's that overlaps most with all others, by weight
    """
    if method == "agree":
        return agreed(weights, members)
    if method == "mean":
        return from_link(sum_of(weights, [to_link(member, link) for member in members]), link)
    if method == "rank":
        return sum_of(weights, [ranks(member) for member in members])
    return softmax(sum_of(weights, [np.log(np.clip(member, TINY, 1.0)) for member in members]))


def sum_of(weights: list[float], members: list[Array]) -> Array:
    """The weighted sum."""
    total = np.zeros_like(members[0], dtype=np.float64)
    for weight, member in zip(weights, members, strict=True):
        total += weight * member
    return total


def agreed(weights: list[float], members: list[Array]) -> Array:
    """Row by row, of several spans (N, 2), the one with the largest weighted overlap with all; of equal ones the first.

    Overlap is characters in common over characters of either.
    """
    starts, ends = (np.stack([member[:, side] for member in members]) for side in (0, 1))
    support = np.zeros_like(starts)
    for weight, start, end in zip(weights, starts, ends, strict=True):
        common = np.maximum(np.minimum(ends, end) - np.maximum(starts, start), 0.0)
        either = (ends - starts) + (end - start) - common
        support += weight * np.where(either > 0, common / np.maximum(either, 1.0), 1.0)
    best = support.argmax(axis=0)
    rows = np.arange(len(best))
    return np.stack([starts[best, rows], ends[best, rows]], axis=1)


def ranks(values: Array) -> Array:
    """Mean ranks of each column, in (0, 1); a binary pair stays a pair that adds up to 1."""
    ranked = np.empty_like(values, dtype=np.float64)
    for column in range(values.shape[1]):
        _, inverse, counts = np.unique(values[:, column], return_inverse=True, return_counts=True)
        ranked[:, column] = (np.cumsum(counts) - counts / 2)[inverse] / len(values)
    if values.shape[1] == 2 and np.allclose(values.sum(axis=1), 1.0, atol=1e-6):
        ranked[:, 0] = 1.0 - ranked[:, 1]
    return ranked


def softmax(logits: Array) -> Array:
    """Probabilities, row by row."""
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exp / exp.sum(axis=1, keepdims=True))


def as_pairs(chances: Array) -> Array:
    """(N * T, 2) probabilities of no and yes from (N, T) of yes."""
    return np.column_stack([1.0 - chances.reshape(-1), chances.reshape(-1)])


def decide(decision: dict[str, Any], predictions: Array) -> Array:
    """Answers from (N, W) predictions, as the metric wants them.

    kind  as_is       the predictions themselves
          argmax      (N,) codes: the class of the largest weighted probability
          thresholds  (N, T) of 0 and 1: at or above the target's threshold
          cuts        (N, T) grades: how many of the target's cuts lie at or below the prediction
          calibrate   (N, C) probabilities: softmax(scale * log p + bias), p at least `floor`; where they are pairs (N, T)
          adjust      (N, T) values: slope * x + shift on the link scale, then clipped to low and high, and rounded if whole
    """
    kind = decision["kind"]
    if kind == "argmax":
        return np.asarray(np.argmax(predictions * np.asarray(decision["weights"]), axis=1), dtype=np.float64)
    if kind == "thresholds":
        return (predictions >= np.asarray(decision["thresholds"])).astype(np.float64)
    if kind == "cuts":
        grades = np.asarray(decision["grades"], dtype=np.float64)
        columns = [np.searchsorted(np.asarray(cuts), predictions[:, t], side="right") for t, cuts in enumerate(decision["cuts"])]
        return np.asarray(grades[np.stack(columns, axis=1)])
    if kind == "calibrate":
        pairs = decision.get("pairs", False)
        logits = np.log(np.clip(as_pairs(predictions) if pairs else predictions, decision.get("floor", TINY), 1.0))
        shares = softmax(decision["scale"] * logits + np.asarray(decision["bias"]))
        return shares[:, 1].reshape(predictions.shape) if pairs else shares
    if kind == "adjust":
        link = decision["link"]
        values = predictions
        if decision["slope"] != 1.0 or decision["shift"] != 0.0:
            values = from_link(decision["slope"] * to_link(predictions, link) + decision["shift"], link)
        values = np.clip(values, decision["low"], decision["high"])
        return np.round(values) if decision.get("whole") else values
    return predictions
