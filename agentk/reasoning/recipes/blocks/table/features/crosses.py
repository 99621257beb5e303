"""Crosses: pairs of columns with few values, as categories of their own."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.table.features.telling import most_telling
from agentk.reasoning.recipes.blocks.task import Codes, Features, Floats

SPACE = {"crosses": {"type": "choice", "choices": [False, True], "default": False, "kinds": ["categorical", "boolean"]}}
MOST_CROSSED = 6  # columns that are crossed with one another at most
MOST_VALUES = 24  # values of a column of numbers that is crossed
ROWS_EACH = 3.0  # training rows that a value of a cross has on average, or it is left out


def crossed(head: pd.DataFrame, tail: pd.DataFrame, target: Codes | Floats, discrete: bool, params: dict[str, Any]) -> Features:
    """A category for each pair of the columns that tell most of the target."""
    if not params["crosses"]:
        return {}
    both = pd.concat([head, tail], ignore_index=True)
    codes = {str(name): found for name in both if (found := values_of(both[name])) is not None}
    crosses: Features = {}
    for left, right in combinations(most_telling(codes, target, discrete, MOST_CROSSED), 2):
        pair, _ = pd.factorize(codes[left] * (codes[right].max() + 1) + codes[right])
        if len(np.unique(pair[: len(head)])) * ROWS_EACH <= len(head):
            crosses[f"{left} & {right}"] = pd.Categorical(pair)
    return crosses


def values_of(column: pd.Series[Any]) -> Codes | None:
    """(N,) whole numbers from 0 that stand for the values of a category, or of numbers with few; None for all others."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column.cat.codes, dtype=np.int64) + 1
    codes, distinct = pd.factorize(column, use_na_sentinel=False)
    return codes.astype(np.int64) if 2 <= len(distinct) <= MOST_VALUES else None
