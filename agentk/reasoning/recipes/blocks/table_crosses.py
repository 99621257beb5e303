"""Crosses: pairs of columns with few values, as categories of their own."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.task import Codes, Floats

SPACE = {"crosses": {"type": "choice", "choices": [False, True], "default": False, "kinds": ["categorical", "boolean"]}}
MOST_CROSSED = 6  # columns that are crossed with one another at most
MOST_VALUES = 24  # values of a column of numbers that is crossed
ROWS_EACH = 3.0  # training rows that a value of a cross has on average, or it is left out


def crossed(
    head: pd.DataFrame, tail: pd.DataFrame, target: Codes | Floats, discrete: bool, params: dict[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The frames, with a category for each pair of the columns that tell most of the target."""
    if not params["crosses"]:
        return head, tail
    both = pd.concat([head, tail], ignore_index=True)
    codes = {name: found for name in both if (found := values_of(both[name])) is not None}
    aims = np.eye(int(target.max()) + 1)[target] if discrete else target[:, None].astype(float)
    told = {name: explained(found[: len(head)], aims) for name, found in codes.items()}
    chosen = sorted(sorted(told, key=lambda name: -told[name])[:MOST_CROSSED], key=list(codes).index)
    crosses: dict[str, Any] = {}
    for left, right in combinations(chosen, 2):
        pair, _ = pd.factorize(codes[left] * (codes[right].max() + 1) + codes[right])
        if len(np.unique(pair[: len(head)])) * ROWS_EACH <= len(head):
            crosses[f"{left} & {right}"] = pd.Categorical(pair)
    both = pd.concat([both, pd.DataFrame(crosses)], axis=1)
    return both.iloc[: len(head)], both.iloc[len(head) :].reset_index(drop=True)


def values_of(column: pd.Series[Any]) -> Codes | None:
    """(N,) whole numbers from 0 that stand for the values of a category, or of numbers with few; None for all others."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column.cat.codes, dtype=np.int64) + 1
    codes, distinct = pd.factorize(column, use_na_sentinel=False)
    return codes.astype(np.int64) if 2 <= len(distinct) <= MOST_VALUES else None


def explained(codes: Codes, aims: Floats) -> float:
    """The share of the variance of `aims` (N, K) between the values of a column, less what chance would give (adjusted R2)."""
    counts = np.bincount(codes).astype(float)
    known = counts > 0
    aims = aims - aims.mean(axis=0)
    between = sum((np.bincount(codes, aim)[known] ** 2 / counts[known]).sum() for aim in aims.T)
    freedom = len(aims) - known.sum()
    return 1.0 - (1.0 - between / max((aims**2).sum(), 1e-12)) * (len(aims) - 1) / freedom if freedom > 0 else -1.0
