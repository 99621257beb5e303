"""Many targets at once: one fit for all of them, where a fit for each would take longer than anyone waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.task import Floats, truth_codes

Together = Callable[[Any, Floats, Any], Floats]  # X, (N, T) values or 0 and 1, X_test -> (rows, T)
MANY_TARGETS = 8  # from which on they are fitted together
LEAST = 1e-4  # of a probability


def joint_targets(train: pd.DataFrame) -> Floats | None:
    """(N, T) values of all targets; None where each is to be fitted by itself."""
    names = [name for name in CONTRACT["targets"] if name in train]
    if len(names) < MANY_TARGETS or CONTRACT["task"] not in ("multilabel", "multioutput"):
        return None
    if CONTRACT["task"] == "multilabel":
        return np.column_stack([truth_codes(train[name]) for name in names]).astype(float)
    return np.asarray(train[names].apply(pd.to_numeric).to_numpy(float))


def principal(targets: Floats) -> Floats:
    """(N,) the values of what varies most among all targets, by which features are made."""
    scaled = (targets - targets.mean(axis=0)) / np.maximum(targets.std(axis=0), 1e-9)
    return np.asarray(scaled @ np.linalg.eigh(scaled.T @ scaled)[1][:, -1])


def fitted_together(targets: Floats, X: Any, X_test: Any, together: Together) -> Floats:
    """(rows, T) predictions: values within the range of each target, or probabilities."""
    middle, spread = targets.mean(axis=0), np.maximum(targets.std(axis=0), 1e-9)
    if CONTRACT["task"] == "multilabel":
        return np.clip(together(X, targets, X_test), np.minimum(LEAST, middle), 1.0 - LEAST)
    found = middle + spread * together(X, (targets - middle) / spread, X_test)
    return np.asarray(np.clip(found, targets.min(axis=0), targets.max(axis=0)))
