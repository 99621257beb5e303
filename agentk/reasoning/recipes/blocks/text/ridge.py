"""Ridge regression on sparse features, as strong as a held-out part of the training rows wants it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import Ridge

from agentk.reasoning.recipes.blocks.row_weights import weights_at
from agentk.reasoning.recipes.blocks.task import Codes, Floats
from agentk.reasoning.recipes.blocks.text.logistic import chosen_strength


def ridge_values(known: Any, values: Floats, unknown: Any, params: dict[str, Any], weights: Floats | None = None) -> Floats:
    """(N,) values by ridge regression. weights: of the known rows."""
    return ridge(known, values, unknown, ridge_strength(known, values, params, weights), weights)


def ridge_strength(known: Any, values: Floats, params: dict[str, Any], weights: Floats | None) -> float:
    """The inverse of the penalty that does best on held-out rows, or the given one."""

    def loss(fitted: Codes, held_out: Codes, strength: float) -> float:
        found = ridge(known[fitted], values[fitted], known[held_out], strength, weights_at(weights, fitted))
        return float(np.average((found - values[held_out]) ** 2, weights=weights_at(weights, held_out)))

    return chosen_strength(loss, len(values), params)[1]


def ridge(known: Any, values: Floats, unknown: Any, strength: float, weights: Floats | None) -> Floats:
    """(N,) values of the unknown rows; the penalty is the inverse of the strength."""
    model = Ridge(alpha=1 / strength, solver="sparse_cg", tol=1e-3)
    return np.asarray(model.fit(known, values, weights).predict(unknown), dtype=float)
