"""Features for models that measure distances or add up: no gaps, one scale, a column for each frequent category."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from agentk.reasoning.recipes.blocks.table.features.encode import MANY_CLASSES, target_means
from agentk.reasoning.recipes.blocks.task import Codes, Floats

SPACE = {
    "scaling": {"type": "choice", "choices": ["standard", "quantile"], "default": "standard"},
    "category_rows": {
        "type": "int",
        "low": 2,
        "high": 50,
        "log": True,
        "default": 5,
        "kinds": ["categorical", "identifier", "text"],
    },
}
LARGE = 150_000  # rows of training and test from which on numbers are held in single precision
FREQUENT, FEWER = 100, 30  # categories of a column that get a column of their own at most; where rows are many
FAR = 5.0  # standard deviations that a value may lie from the mean
LONG_TAIL = 2.0  # skewness from which values are drawn together by logarithms


def dense(
    head: pd.DataFrame, tail: pd.DataFrame, target: Codes | Floats, discrete: bool, params: dict[str, Any]
) -> tuple[Floats, Floats]:
    """Standardised float matrices of training and test rows, without gaps."""
    names = [name for name in head if isinstance(head[name].dtype, pd.CategoricalDtype)]
    plain = [name for name in head if name not in names]
    large = len(head) + len(tail) > LARGE
    kind, most = (np.float32, FEWER) if large else (np.float64, FREQUENT)  # half the memory, and columns that are seldom 0
    numbers, numbers_tail = even_tails(head[plain].to_numpy(kind), tail[plain].to_numpy(kind))
    if names and not (discrete and len(np.unique(target)) > MANY_CLASSES):
        means, means_tail = target_means(head[names], tail[names], target, discrete, seed=params["seed"])
        numbers, numbers_tail = np.hstack([numbers, means.astype(kind)]), np.hstack([numbers_tail, means_tail.astype(kind)])
    numbers, numbers_tail = filled(numbers, numbers_tail)
    if params["scaling"] == "quantile":
        rank = QuantileTransformer(
            n_quantiles=min(200, len(head)), output_distribution="normal", random_state=params["seed"]
        ).fit(numbers)
        numbers, numbers_tail = rank.transform(numbers), rank.transform(numbers_tail)
    scale = StandardScaler().fit(numbers)
    left = [np.clip(scale.transform(numbers), -FAR, FAR)]
    right = [np.clip(scale.transform(numbers_tail), -FAR, FAR)]
    for name in names:
        counts = head[name].value_counts()
        frequent = counts.index[counts >= params["category_rows"]][:most]
        for part, frame in ((left, head), (right, tail)):
            code = frame[name].cat.set_categories(list(frequent)).cat.codes.to_numpy()
            part.append((code[:, None] == np.arange(len(frequent))).astype(kind))
    return np.hstack(left), np.hstack(right)


def even_tails(X: Floats, X_test: Floats) -> tuple[Floats, Floats]:
    """The columns, those with a long tail drawn together by a logarithm of the distance from 0."""
    known = np.where(np.isnan(X).all(axis=0), 0.0, X)
    deviation = known - np.nanmean(known, axis=0)
    spread = np.maximum(np.sqrt(np.nanmean(deviation**2, axis=0)), 1e-12)
    tailed = np.abs(np.nanmean((deviation / spread) ** 3, axis=0)) > LONG_TAIL
    return tuple(np.where(tailed, np.sign(part) * np.log1p(np.abs(part)), part) for part in (X, X_test))  # type: ignore[return-value]


def filled(X: Floats, X_test: Floats) -> tuple[Floats, Floats]:
    """Gaps closed by the column's median over the training rows, 0 where it has none."""
    median = np.nanmedian(np.where(np.isnan(X).all(axis=0), 0.0, X), axis=0)
    return np.where(np.isnan(X), median, X), np.where(np.isnan(X_test), median, X_test)
