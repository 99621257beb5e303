"""Ridge regression on sparse features, as strong as a held-out part of the training rows wants it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import Ridge

from agentk.reasoning.recipes.blocks.row_weights import weights_at
from agentk.reasoning.recipes.blocks.task import Codes, Floats
from agentk.reasoning.recipes.blocks.text.logistic import chosen_strength


def ridge_values(known: Any, values: Floats, unknown: Any, params: dict[str, Any], weights: Floats | None = None) -> Floats:
    """(N,) values by ridge regression; the penalty is the inverse of the chosen strength. weights: of the known rows."""

    def predicted(rows: Codes, wanted: Any, strength: float) -> Floats:
        model = Ridge(alpha=1 / strength, solver="sparse_cg", tol=1e-3)
        return np.asarray(model.fit(known[rows], values[rows], weights_at(weights, rows)).predict(wanted), dtype=float)

    def loss(fitted: Codes, held_out: Codes, strength: float) -> float:
        errors = predicted(fitted, known[held_out], strength) - values[held_out]
        return float(np.average(errors**2, weights=weights_at(weights, held_out)))

    return predicted(np.arange(len(values)), unknown, chosen_strength(loss, len(values), params)[1])
