"""Rows drawn in proportion to their weights, so that searches which count rows alike serve a metric that does not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agentk.types.metric import Array

MOST = 6_000
"""Places drawn at most where rows are fewer; else as many as there are rows."""


def in_proportion(weights: Array | None, rows: int) -> NDArray[np.int64]:
    """Places among `rows` rows, in order, each about as often as its weight says; each once where there are no weights.

    Systematic resampling: no chance in it, and no place is drawn more than once more or less than its share.
    """
    if weights is None or not weights.any():
        return np.arange(rows)
    count = min(max(rows, round(float(weights.sum() / weights[weights > 0].min()))), max(rows, MOST))
    ends = np.cumsum(weights) / weights.sum() * count
    return np.searchsorted(ends, np.arange(count) + 0.5, side="right").clip(max=rows - 1)
