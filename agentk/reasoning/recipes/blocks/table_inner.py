"""The inner split of the training rows that early stopping watches."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import train_test_split

from agentk.reasoning.recipes.blocks.task import Codes, Floats

WATCHED = 0.2
MOST_WATCHED = 20_000


def inner_split(y: Floats | Codes, discrete: bool, seed: int) -> tuple[Codes, Codes]:
    """Positions to fit on and positions to watch, alike in classes where every class has enough rows."""
    rows = np.arange(len(y))
    size = max(1, min(round(WATCHED * len(y)), MOST_WATCHED))
    counts = np.unique(y, return_counts=True)[1] if discrete else np.zeros(1)
    stratify = y if discrete and counts.min() >= 2 and size >= len(counts) else None
    fit, watch = train_test_split(rows, test_size=size, random_state=seed, stratify=stratify)
    if discrete and len(np.unique(y[fit])) < len(counts):  # a class of one row must be fitted on
        fit = rows
    return fit, watch
