"""From features to the prediction matrix that a task asks for: every target in turn, classes that a fold lacks, target scales."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agentk.reasoning.recipes.blocks.contract import CONTRACT

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Features = dict[str, Any]  # columns of equal length by name: float arrays, or pandas categories


def predict_targets(
    train: pd.DataFrame,
    rows: int,
    classify: Callable[[Codes], Floats],
    regress: Callable[[Floats], Floats],
) -> Floats:
    """The prediction matrix of all targets for `rows` test rows.

    classify: codes 0..K-1 of the training rows, all present, K >= 2 -> (rows, K) probabilities. regress: (N,) values -> (rows,).
    """
    if CONTRACT["task"] in ("binary", "multiclass"):
        return class_probabilities(class_codes(train), len(CONTRACT["classes"]), rows, classify)
    columns = []
    for target in (name for name in CONTRACT["targets"] if name in train):
        if CONTRACT["task"] == "multilabel":
            codes = truth_codes(train[target])
            columns.append(class_probabilities(codes, 2, rows, classify)[:, 1])
        else:
            values = grades(train[target]) if CONTRACT["task"] == "ordinal" else pd.to_numeric(train[target]).to_numpy(float)
            pieces = summands(train, values) or [values]
            columns.append(
                np.sum([np.full(rows, piece[0]) if np.ptp(piece) == 0 else regress(piece) for piece in pieces], axis=0)
            )
    return np.column_stack(columns).astype(float)


def summands(train: pd.DataFrame, values: Floats) -> list[Floats]:
    """The columns that only training rows have and that add up to the target: each is easier to predict than their sum."""
    columns = [
        train[name].to_numpy(float)
        for name in CONTRACT["train_only"]
        if name in train and name != CONTRACT.get("weight") and train[name].dtype.kind in "iuf"
    ]
    for size in (2, 3, 4):
        for pieces in combinations(columns[:6], size):
            if np.allclose(np.sum(pieces, axis=0), values):
                return list(pieces)
    return []


def class_codes(train: pd.DataFrame) -> Codes:
    """(N,) position of each row's class in the contract's classes."""
    positions = {label: code for code, label in enumerate(CONTRACT["classes"])}
    spelled = {str(label): code for label, code in positions.items()}
    values = train[CONTRACT["targets"][0]].tolist()
    return np.array([positions[value] if value in positions else spelled[str(value)] for value in values], dtype=np.int64)


def truth_codes(values: pd.Series[Any]) -> Codes:
    """(N,) 0 or 1 of a column that says yes or no as booleans, numbers or words."""
    if values.dtype.kind in "biuf":
        return (values.fillna(0).to_numpy(float) > 0).astype(np.int64)
    return values.astype(str).str.strip().str.lower().isin(["1", "1.0", "true", "yes", "y", "t"]).to_numpy().astype(np.int64)


def grades(values: pd.Series[Any]) -> Floats:
    """(N,) grades as numbers: their own values where numeric, otherwise the position in the contract's order."""
    if values.dtype.kind in "iuf":
        return values.to_numpy(float)
    positions = {str(label): float(place) for place, label in enumerate(CONTRACT["classes"])}
    return np.array([positions[str(value)] for value in values])


def class_probabilities(codes: Codes, width: int, rows: int, classify: Callable[[Codes], Floats]) -> Floats:
    """(rows, width) probabilities, 0 for classes that the training rows lack."""
    seen = np.unique(codes)
    result = np.zeros((rows, width))
    result[:, seen] = classify(np.searchsorted(seen, codes)) if len(seen) > 1 else 1.0
    result /= result.sum(axis=1, keepdims=True)
    return result
