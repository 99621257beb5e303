"""What a first model makes of rows, told to a second one: of rows it has not learned from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.model_selection import KFold

from agentk.reasoning.recipes.blocks.row_weights import weights_at
from agentk.reasoning.recipes.blocks.task import Codes, Floats

STACKED_FOLDS = 4


FirstModel = Callable[[Any, Any, Any, Any], Floats]  # rows, their target, wanted rows, weights of rows or None


def out_of_fold(
    predict: FirstModel, known: Any, target: Any, unknown: Any, width: int, weights: Floats | None, seed: int
) -> tuple[Floats, Floats]:
    """(N, width) predictions of the known rows, each by a fit on other rows, and (M, width) of the unknown ones."""
    rows = known.shape[0]
    held_out = np.zeros((rows, width))
    for fitted, rest in KFold(max(2, min(STACKED_FOLDS, rows)), shuffle=True, random_state=seed).split(held_out):
        held_out[rest] = predict(known[fitted], target[fitted], known[rest], weights_at(weights, fitted))
    return held_out, predict(known, target, unknown, weights)


def log_odds_of_all(shares: FirstModel, classes: int) -> FirstModel:
    """A classifier as a predictor of (rows, classes) log odds, also where some of the classes are missing from what it learns."""

    def predict(rows: Any, codes: Codes, wanted: Any, weights: Floats | None) -> Floats:
        seen, places = np.unique(codes, return_inverse=True)
        found = np.full((wanted.shape[0], classes), 1e-6)
        found[:, seen] = shares(rows, places, wanted, weights) if len(seen) > 1 else 1.0
        return np.asarray(np.log(np.clip(found, 1e-6, 1.0)))

    return predict
