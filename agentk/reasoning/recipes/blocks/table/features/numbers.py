"""Features made of several numeric columns: what is missing, and sums of what is measured alike."""

from __future__ import annotations

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.task import Features

ALIKE = 30.0  # typical sizes within this factor are of one scale
LARGEST = 1e30  # what single precision can hold, with room


def missing_features(rows: pd.DataFrame) -> Features:
    """The number of missing values in each row, and a flag for each column that lacks between 1% and 99%."""
    absent = rows.isna()
    shares = absent.mean()
    features: Features = {"row:missing": absent.sum(axis=1).to_numpy(float)}
    for name in rows.columns[(shares > 0.01) & (shares < 0.99)][:200]:
        features[f"{name}:missing"] = absent[name].to_numpy(float)
    return features


def row_features(numbers: Features) -> Features:
    """Sum, number of non-zeros and largest share over the sparse amounts of a row (columns that are at least 0 and often 0)."""
    amounts = []
    for name, values in numbers.items():
        if not np.fmin.reduce(values) >= 0:
            continue
        known = values[~np.isnan(values)]
        if np.mean(known == 0) > 0.2 and known.max() > 1:
            amounts.append((name, float(np.median(known[known > 0]))))
    alike = [name for name, size in amounts if size > 0 and max(s for _, s in amounts) <= ALIKE * size]
    if len(alike) < 2:
        return {}
    table = np.column_stack([numbers[name] for name in alike])
    known_table = np.nan_to_num(table)
    total = known_table.sum(axis=1)
    largest = known_table.max(axis=1) / np.where(total > 0, total, 1.0)
    return {"row:sum": total, "row:used": (known_table > 0).sum(axis=1).astype(float), "row:largest": largest}
