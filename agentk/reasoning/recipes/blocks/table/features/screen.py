"""Columns that tell something of the target, each by itself: where there are hundreds, most only cost time and mislead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import fdtrc

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.table.fitting.inner import inner_split
from agentk.reasoning.recipes.blocks.task import Codes, Floats

SPACE = {"screen": {"type": "choice", "choices": [1.0, 0.1, 0.01, 0.001], "default": 0.01, "columns": 300}}
MANY = 300  # columns up to which all are kept
FEWEST = 60  # columns that are kept, the likeliest ones, however little they tell
SEEN = 20_000  # rows that are looked at
WIDE_CELLS = 20_000_000  # cells from which on numbers are screened before features are made of them


def untelling(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any]) -> frozenset[str]:
    """Columns of numbers that, as they stand in the files, tell nothing of the only target; none where cells are few.

    Where thousands of columns stand beside many rows to predict, making features of them all takes longer than any fit.
    """
    kinds, targets = CONTRACT["kinds"], CONTRACT["targets"]
    names = [name for name in test if kinds.get(name) == "numeric" and name in train and train[name].dtype.kind in "iuf"]
    if len(targets) > 1 or len(names) <= MANY or params["screen"] >= 1 or (len(train) + len(test)) * len(names) < WIDE_CELLS:
        return frozenset()
    discrete = CONTRACT["task"] in ("binary", "multiclass", "multilabel")
    target: Any = pd.factorize(train[targets[0]])[0] if discrete else train[targets[0]].rank().to_numpy(float)
    return frozenset(np.array(names)[unlikely(even(train[names].to_numpy(float)), train, target, discrete, params)].tolist())


def even(X: Floats) -> Floats:
    """Values whose tails are drawn together, gaps as they are."""
    return np.asarray(np.sign(X) * np.log1p(np.abs(X)))


def screened(
    head: pd.DataFrame, tail: pd.DataFrame, train: pd.DataFrame, target: Codes | Floats, discrete: bool, params: dict[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The frames without numbers that are as likely as params["screen"] to have nothing to do with the target; 1 keeps all.

    Judged on the inner split's rows to fit on alone, so that what watches a fit has no say in what it is fitted with.
    """
    numbers = [name for name, kind in head.dtypes.items() if kind == np.float64]
    if len(numbers) <= MANY or params["screen"] >= 1:
        return head, tail
    dropped = {numbers[place] for place in unlikely(head[numbers].to_numpy(), train, target, discrete, params)}
    kept = [name for name in head if name not in dropped]
    return head[kept], tail[kept]


def unlikely(X: Floats, train: pd.DataFrame, target: Codes | Floats, discrete: bool, params: dict[str, Any]) -> Codes:
    """Places of the columns that may well have nothing to do with the target, the likeliest few left out."""
    rows = np.random.default_rng(params["seed"]).permutation(inner_split(train, target, discrete, params["seed"])[0])[:SEEN]
    chance = chances(X[rows], target[rows], discrete)
    order = np.argsort(chance, kind="stable")[FEWEST:]
    return np.asarray(order[chance[order] > params["screen"]])


def chances(X: Floats, target: Codes | Floats, discrete: bool) -> Floats:
    """(P,) how likely each column's relation to the target is mere chance: F tests of its values and of how far they lie out."""
    aims = np.eye(int(target.max()) + 1)[target] if discrete else (target - target.mean())[:, None]
    aims = aims[:, aims.any(axis=0)]
    freedom = aims.shape[1] - 1 if discrete else 1
    smallest = np.ones(X.shape[1])
    if freedom < 1 or len(X) <= freedom + 2:
        return smallest
    X = X - np.nan_to_num(np.nanmean(X, axis=0))
    for raw in (np.nan_to_num(X), np.abs(np.nan_to_num(X))):
        values = raw - raw.mean(axis=0)
        spread = np.maximum((values**2).sum(axis=0), 1e-12)
        told = ((aims.T @ values) ** 2 / np.maximum((aims**2).sum(axis=0), 1e-12)[:, None]).sum(axis=0) / spread
        told = np.clip(told, 0.0, 1.0 - 1e-9)
        ratio = told / freedom / ((1.0 - told) / (len(X) - freedom - 1))
        smallest = np.minimum(smallest, fdtrc(freedom, len(X) - freedom - 1, ratio))
    return np.minimum(1.0, 2.0 * smallest)
