"""Features made of several numeric columns: what is missing, and sums of what is measured alike."""

from __future__ import annotations

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.task import Features

ALIKE = 30.0  # typical sizes within this factor are of one scale
LARGEST = 1e30  # what single precision can hold, with room
TELLING_CELLS, CELLS_AT_ONCE = 20_000_000, 5_000_000  # cells that tell which columns are amounts; that are added up at once


def missing_features(rows: pd.DataFrame) -> Features:
    """The number of missing values in each row, and a flag for each column that lacks between 1% and 99%."""
    absent = rows[[name for name in rows if rows[name].hasnans]].isna()
    shares = absent.mean()
    features: Features = {"row:missing": absent.sum(axis=1).to_numpy(float)}
    for name in absent.columns[(shares > 0.01) & (shares < 0.99)][:200]:
        features[f"{name}:missing"] = absent[name].to_numpy(float)
    return features


def row_features(numbers: Features) -> Features:
    """Sum, number of non-zeros and largest share over the sparse amounts of a row (columns that are at least 0 and often 0)."""
    rows = max((len(values) for values in numbers.values()), default=0)
    amounts = []
    for name, every in numbers.items():
        values = every[:: -(-rows * len(numbers) // TELLING_CELLS)]
        if not np.fmin.reduce(values) >= 0:
            continue
        known = values[~np.isnan(values)]
        if np.mean(known == 0) > 0.2 and known.max() > 1:
            amounts.append((name, float(np.median(known[known > 0]))))
    alike = [name for name, size in amounts if size > 0 and max(s for _, s in amounts) <= ALIKE * size]
    if len(alike) < 2:
        return {}
    total, used, largest = np.zeros((3, rows))
    step = max(1, CELLS_AT_ONCE // len(alike))
    for part in (slice(start, start + step) for start in range(0, rows, step)):
        table = np.nan_to_num(np.column_stack([numbers[name][part] for name in alike]).astype(float))
        total[part], used[part], largest[part] = table.sum(axis=1), (table > 0).sum(axis=1), table.max(axis=1)
    return {"row:sum": total, "row:used": used, "row:largest": largest / np.where(total > 0, total, 1.0)}
