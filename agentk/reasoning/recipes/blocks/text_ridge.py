"""Ridge regression on sparse features, as strong as a held-out part of the training rows wants it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import Ridge

from agentk.reasoning.recipes.blocks.task import Codes, Floats
from agentk.reasoning.recipes.blocks.text_logistic import chosen_strength


def ridge_values(known: Any, values: Floats, unknown: Any, params: dict[str, Any]) -> Floats:
    """(N,) values by ridge regression; the penalty is the inverse of the chosen strength."""

    def predicted(rows: Any, truth: Floats, wanted: Any, strength: float) -> Floats:
        return np.asarray(Ridge(alpha=1 / strength, solver="sparse_cg", tol=1e-3).fit(rows, truth).predict(wanted), dtype=float)

    def loss(fitted: Codes, held_out: Codes, strength: float) -> float:
        errors = predicted(known[fitted], values[fitted], known[held_out], strength) - values[held_out]
        return float((errors**2).mean())

    return predicted(known, values, unknown, chosen_strength(loss, len(values), params)[1])
