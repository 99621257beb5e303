"""Numbers by group: the mean of each number among the rows of a category, and how far a row lies from it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.table.features.telling import most_telling, telling_numbers
from agentk.reasoning.recipes.blocks.task import Codes, Features, Floats

SPACE = {
    "groups": {"type": "choice", "choices": [False, True], "default": False, "kinds": ["categorical"], "beside": ["numeric"]}
}
MOST_GROUPINGS, MOST_GROUPED = 3, 5  # categories and numbers, those that tell most
ROWS_A_GROUP = 4.0  # rows that a category has on average, or it is no group


def grouped(head: pd.DataFrame, tail: pd.DataFrame, target: Codes | Floats, discrete: bool, params: dict[str, Any]) -> Features:
    """The means by group and the distances from them; means know no label, so test rows count in them too."""
    if not params["groups"]:
        return {}
    both = pd.concat([head, tail], ignore_index=True)
    categories = [str(name) for name in head if isinstance(head[name].dtype, pd.CategoricalDtype)]
    codes: dict[str, Codes] = {name: np.asarray(both[name].cat.codes, dtype=np.int64) + 1 for name in categories}
    codes = {name: found for name, found in codes.items() if 1 < len(np.unique(found)) <= len(both) / ROWS_A_GROUP}
    numbers = {name: both[name].to_numpy(float) for name in telling_numbers(head, target, discrete, MOST_GROUPED)}
    features: Features = {}
    for group in most_telling(codes, target, discrete, MOST_GROUPINGS):
        for name, values in numbers.items():
            known = ~np.isnan(values)
            counts = np.bincount(codes[group], known)
            means = np.bincount(codes[group], np.where(known, values, 0.0)) / np.where(counts > 0, counts, np.nan)
            features[f"{name} of {group}"] = means[codes[group]]
            features[f"{name} beyond {group}"] = values - means[codes[group]]
    return features
