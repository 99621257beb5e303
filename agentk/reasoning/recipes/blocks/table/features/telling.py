"""Which columns tell most of the target, whatever the shape of their relation: each by itself, numbers also with one another."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.task import Codes, Floats

BINS = 16  # of a column of numbers
JUDGED = 20_000  # training rows by which columns are ranked at most
FEWEST_SHUFFLED, SHUFFLED = 100, 2_000  # training rows of the trees that say which numbers they miss
MOST_SHUFFLED, MOST_CLASSES = 64, 10  # of more numbers those that tell most by themselves; with more classes trees cost too much


def plain_names(head: pd.DataFrame) -> list[str]:
    """The columns of numbers that the data themselves have."""
    return [name for name, kind in CONTRACT["kinds"].items() if kind == "numeric" and name in head]


def telling_numbers(head: pd.DataFrame, target: Codes | Floats, discrete: bool, most: int) -> list[str]:
    """At most so many of these, those that tell most of the target, in their order."""
    names = plain_names(head)
    if len(names) <= most:
        return names
    codes = {name: binned(head[name].to_numpy(float)) for name in names}
    if len(target) < FEWEST_SHUFFLED or (discrete and len(np.unique(target)) > MOST_CLASSES):
        return most_telling(codes, target, discrete, most)
    likely = most_telling(codes, target, discrete, MOST_SHUFFLED)
    missed = dict(zip(likely, shuffled(head[likely].to_numpy(float), target, discrete), strict=True))
    by_itself = most_telling(codes, target, discrete, most)  # goes first where the trees miss neither of two
    first = sorted(likely, key=lambda name: (-max(missed[name], 0.0), name not in by_itself))[:most]
    return sorted(first, key=names.index)


def shuffled(X: Floats, target: Codes | Floats, discrete: bool) -> Floats:
    """(P,) by how much boosted trees err more, in squares, on training rows that they were not fitted on once the values of one
    column of X (N, P) are shuffled among these (Breiman 2001): what tells nothing but together with others is missed as well.
    """
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(target))[:SHUFFLED]
    X, target = np.where(np.isfinite(X[rows]), X[rows], np.nan), target[rows]
    fitted, held = slice(None, len(rows) * 2 // 3), slice(len(rows) * 2 // 3, None)
    if len(np.unique(target[fitted])) < 2:
        return np.zeros(X.shape[1])
    kind = HistGradientBoostingClassifier if discrete else HistGradientBoostingRegressor
    model = kind(max_iter=40, learning_rate=0.15, max_leaf_nodes=15, early_stopping=False, random_state=0)
    model.fit(X[fitted], target[fitted])
    seen = X[held]
    aims = (target[held, None] == model.classes_).astype(float) if discrete else target[held, None]

    def error(values: Floats) -> float:
        said = model.predict_proba(values) if discrete else model.predict(values)[:, None]
        return float(((said - aims) ** 2).sum(axis=1).mean())

    found = np.full(X.shape[1], -error(seen))
    for column in range(X.shape[1]):
        values = seen.copy()
        values[:, column] = rng.permutation(values[:, column])
        found[column] += error(values)
    return found


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
