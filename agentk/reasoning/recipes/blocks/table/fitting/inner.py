"""The inner split of the training rows that early stopping watches: alike in classes, apart in time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.table.features.dates import read_dates
from agentk.reasoning.recipes.blocks.task import Codes, Floats

WATCHED = 0.2
MOST_WATCHED = 20_000
TIME_BLOCKS = 40


def inner_split(train: pd.DataFrame, y: Floats | Codes, discrete: bool, seed: int) -> tuple[Codes, Codes]:
    """Positions to fit on and positions to watch. Where rows have dates, whole stretches of time are watched."""
    rows = np.arange(len(y))
    size = max(1, min(round(WATCHED * len(y)), MOST_WATCHED))
    classes, counts = np.unique(y, return_counts=True) if discrete else (y[:0], rows[:0])
    dates = [name for name, kind in CONTRACT["kinds"].items() if kind == "datetime" and name in train]
    if dates and len(y) >= 10 * TIME_BLOCKS:
        place = read_dates(train[dates[0]]).rank(method="dense", pct=True).fillna(0).to_numpy()
        stretch = np.minimum((place * TIME_BLOCKS).astype(int), TIME_BLOCKS - 1)
        watched = np.random.default_rng(seed).permutation(TIME_BLOCKS)[: round(WATCHED * TIME_BLOCKS)]
        fit, watch = rows[~np.isin(stretch, watched)], rows[np.isin(stretch, watched)]
    else:
        stratify = y if discrete and counts.min() >= 2 and size >= len(classes) and len(y) - size >= len(classes) else None
        fit, watch = train_test_split(rows, test_size=size, random_state=seed, stratify=stratify)
    if not len(watch) or not len(fit) or len(np.unique(y[fit])) < len(classes):  # every class must be fitted on
        return rows, rows
    return fit, watch
