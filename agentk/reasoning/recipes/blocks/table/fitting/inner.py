"""The inner split of the training rows that early stopping watches: alike in classes, apart in time or in group."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.table.features.dates import read_dates
from agentk.reasoning.recipes.blocks.task import Codes, Floats

WATCHED = 0.2
MOST_WATCHED = 20_000
TIME_BLOCKS = 40
FEWEST_GROUPS = 10  # from which on whole ones are watched


def inner_split(train: pd.DataFrame, y: Floats | Codes, discrete: bool, seed: int) -> tuple[Codes, Codes]:
    """Positions to fit on and positions to watch. Whole groups are watched where folds keep them whole, as rows of a group that
    is known tell too much of its others; where rows have dates, whole stretches of time."""
    rows = np.arange(len(y))
    size = max(1, min(round(WATCHED * len(y)), MOST_WATCHED))
    classes, counts = np.unique(y, return_counts=True) if discrete else (y[:0], rows[:0])
    apart = watched_groups(train, size, seed)
    if apart is not None and len(np.unique(y[~apart])) >= len(classes):
        return rows[~apart], rows[apart]
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


def watched_groups(train: pd.DataFrame, size: int, seed: int) -> NDArray[np.bool_] | None:
    """(N,) whether a row is of one of the groups that are watched, about `size` rows of them; None where there are no groups."""
    name = CONTRACT.get("sequence")
    if name is None or name not in train:
        return None
    codes = pd.factorize(train[name], use_na_sentinel=False)[0]
    counts = np.bincount(codes)
    if not FEWEST_GROUPS <= len(counts) <= len(codes) / 2:
        return None
    order = np.random.default_rng(seed).permutation(len(counts))
    chosen = order[np.cumsum(counts[order]) - counts[order] < size][: len(counts) // 2]
    return np.isin(codes, chosen)
