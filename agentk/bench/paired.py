"""Paired bootstrap: by how much one submission beats another on the same test rows, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agentk.types.metric import Array, Metric, gain

RESAMPLES = 1000
_WORK = 50_000_000  # rows scored in all: large test sets are resampled less often, their intervals are narrow anyway


@dataclass(frozen=True)
class Difference:
    """A gain in the metric's unit, positive when ours is better, with the bounds of its interval."""

    gain: float
    low: float
    high: float

    @property
    def better(self) -> bool:
        """Beyond chance."""
        return self.low > 0

    @property
    def worse(self) -> bool:
        """Beyond chance."""
        return self.high < 0


def compare(
    metric: Metric,
    truth: Array,
    ours: Array,
    theirs: Array,
    weights: Array | None = None,
    *,
    seed: int = 0,
) -> Difference:
    """The 90% percentile bootstrap over test rows (Efron and Tibshirani 1993, chapter 13), both scored on the same resamples.

    Shapes as in `Metric.score`. Resamples on which the metric is not defined, such as those of one class only, are drawn again.
    Raises ValueError when that never ends.
    """
    gains = drawn_gains(metric, truth, ours, theirs, weights, seed=seed)
    low, high = np.quantile(gains, [0.05, 0.95])
    found = gain(metric, metric.score(truth, ours, weights), metric.score(truth, theirs, weights))
    return Difference(found, float(low), float(high))


def drawn_gains(
    metric: Metric,
    truth: Array,
    ours: Array,
    theirs: Array,
    weights: Array | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Array:
    """The gain on each resample of the test rows, at most `resamples` of them. Raises ValueError as `compare` does."""
    rng = np.random.default_rng(seed)
    wanted = int(np.clip(_WORK // max(len(truth), 1), 100, resamples))
    gains: list[float] = []
    for _ in range(10 * wanted):
        rows = rng.integers(0, len(truth), len(truth))
        try:
            counted = None if weights is None else weights[rows]
            one, other = (metric.score(truth[rows], answers[rows], counted) for answers in (ours, theirs))
            drawn = gain(metric, one, other)
        except ValueError:
            continue
        if np.isfinite(drawn):
            gains.append(drawn)
        if len(gains) == wanted:
            return np.asarray(gains)
    raise ValueError(f"{metric.name} is not defined on resamples of these {len(truth)} rows: too few, or all alike")
