"""Which columns tell most of the target, each by itself and whatever the shape of their relation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.task import Codes, Floats

BINS = 16  # of a column of numbers
JUDGED = 20_000  # training rows by which columns are ranked at most


def plain_names(head: pd.DataFrame) -> list[str]:
    """The columns of numbers that the data themselves have."""
    return [name for name, kind in CONTRACT["kinds"].items() if kind == "numeric" and name in head]


def telling_numbers(head: pd.DataFrame, target: Codes | Floats, discrete: bool, most: int) -> list[str]:
    """At most so many of these, those that tell most of the target, in their order."""
    names = plain_names(head)
    if len(names) <= most:
        return names
    return most_telling({name: binned(head[name].to_numpy(float)) for name in names}, target, discrete, most)


def most_telling(codes: Mapping[str, Codes], target: Codes | Floats, discrete: bool, most: int) -> list[str]:
    """The names of the columns that explain most; codes: whole numbers from 0 of the training rows, and perhaps of others."""
    rows = slice(0, len(target), -(-len(target) // JUDGED))
    aims = np.eye(int(target.max()) + 1)[target[rows]] if discrete else target[rows, None].astype(float)
    told = {name: explained(found[rows], aims) for name, found in codes.items()}
    return sorted(sorted(told, key=lambda name: -told[name])[:most], key=list(codes).index)


def binned(values: Floats) -> Codes:
    """(N,) which of some bins of equal weight a number lies in; 0 where it is missing."""
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else known
    return np.asarray(np.where(np.isnan(values), 0, 1 + np.searchsorted(edges, values)), dtype=np.int64)


def explained(codes: Codes, aims: Floats) -> float:
    """The share of the variance of `aims` (N, K) between the values of a column, less what chance would give (adjusted R2)."""
    counts = np.bincount(codes).astype(float)
    known = counts > 0
    aims = aims - aims.mean(axis=0)
    between = sum((np.bincount(codes, aim)[known] ** 2 / counts[known]).sum() for aim in aims.T)
    freedom = len(aims) - known.sum()
    return 1.0 - (1.0 - between / max((aims**2).sum(), 1e-12)) * (len(aims) - 1) / freedom if freedom > 0 else -1.0
