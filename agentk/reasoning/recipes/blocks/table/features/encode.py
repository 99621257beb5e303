"""Categories as numbers: codes by frequency, and target encoding fitted out of fold (scikit-learn's TargetEncoder)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold
from sklearn.preprocessing import TargetEncoder

from agentk.reasoning.recipes.blocks.task import Codes, Floats

SPACE = {
    "encoding": {
        "type": "choice",
        "choices": ["codes", "target", "both"],
        "default": "both",
        "kinds": ["categorical", "identifier", "text"],
    }
}
FEW = 4  # so many categories and less are never target encoded
MANY_CLASSES = 10  # more classes are not target encoded: a column each would be too many


def encoded(
    head: pd.DataFrame, tail: pd.DataFrame, target: Codes | Floats, discrete: bool, params: dict[str, Any]
) -> tuple[Floats, Floats]:
    """Float matrices of training and test rows. `target` (N,) is a class code where `discrete`, else a value."""
    names = [name for name in head if isinstance(head[name].dtype, pd.CategoricalDtype)]
    plain = [name for name in head if name not in names]
    left, right = [head[plain].to_numpy(float)], [tail[plain].to_numpy(float)]
    rich = [name for name in names if head[name].nunique() > FEW]
    if params["encoding"] == "codes" or (discrete and len(np.unique(target)) > MANY_CLASSES):
        rich = []
    coded = [name for name in names if name not in rich or params["encoding"] != "target"]
    for name in coded:
        order = category_order(head[name])
        left.append(head[name].map(order).to_numpy(dtype=float, na_value=np.nan)[:, None])
        right.append(tail[name].map(order).to_numpy(dtype=float, na_value=np.nan)[:, None])
    if rich:
        means, means_tail = target_means(head[rich], tail[rich], target, discrete, seed=params["seed"])
        left.append(means)
        right.append(means_tail)
    return np.hstack(left), np.hstack(right)


def target_means(
    head: pd.DataFrame, tail: pd.DataFrame, target: Codes | Floats, discrete: bool, *, seed: int
) -> tuple[Floats, Floats]:
    """Smoothed means of the target in each category (one for each class beyond two): out of fold for the training rows."""
    kind = "continuous" if not discrete else "binary" if len(np.unique(target)) == 2 else "multiclass"
    folds = KFold(min(5, len(head)), shuffle=True, random_state=seed)
    encoder = TargetEncoder(target_type=kind, smooth="auto", cv=folds)
    # Codes instead of words: both parts have the same categories, and numbers are sorted much faster.
    codes, codes_tail = (np.column_stack([frame[name].cat.codes for name in frame]) for frame in (head, tail))
    return encoder.fit_transform(codes, target), encoder.transform(codes_tail)


def category_order(values: pd.Series[Any]) -> dict[Any, float]:
    """A number for each category of a column: itself where it is one, else its place by frequency."""
    categories = values.cat.categories
    if categories.dtype.kind in "iufb":
        return {value: float(value) for value in categories}
    return {value: float(place) for place, value in enumerate(values.value_counts().index)}
