"""Gradient boosting with LightGBM: rounds found on an inner split, then a fit on all rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.row_weights import row_weights
from agentk.reasoning.recipes.blocks.table.features.encode import encoded
from agentk.reasoning.recipes.blocks.table.fitting.boost import boost, class_objective, value_objective
from agentk.reasoning.recipes.blocks.table.fitting.inner import inner_split
from agentk.reasoning.recipes.blocks.table.fitting.sample import sampled
from agentk.reasoning.recipes.blocks.table.fitting.solve import both_classes, solve_table
from agentk.reasoning.recipes.blocks.task import Codes, Floats

SPACE = {
    "learning_rate": {"type": "float", "low": 0.01, "high": 0.2, "log": True, "default": 0.05},
    "leaves": {"type": "int", "low": 4, "high": 256, "log": True, "default": 24},
    "leaf_rows": {"type": "int", "low": 2, "high": 100, "log": True, "default": 15},
    "column_share": {"type": "float", "low": 0.2, "high": 1.0, "default": 0.6},
    "row_share": {"type": "float", "low": 0.4, "high": 1.0, "default": 0.8},
    "l2": {"type": "float", "low": 0.001, "high": 100.0, "log": True, "default": 1.0},
    "bags": {"type": "choice", "choices": [1, 3, 6], "default": 1},
}


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Predictions of boosted trees."""
    params = with_defaults(params, SPACE)
    train = sampled(train, params)
    weights = row_weights(train)

    def classify(X: Floats, codes: Codes, X_test: Floats) -> Floats:
        split = inner_split(train, codes, True, params["seed"])
        shares = boost(X, codes, X_test, objective=class_objective(codes), split=split, params=params, weights=weights)
        return both_classes(shares) if codes.max() == 1 else shares

    def regress(X: Floats, values: Floats, X_test: Floats) -> Floats:
        split = inner_split(train, values, False, params["seed"])
        return boost(X, values, X_test, objective=value_objective(values), split=split, params=params, weights=weights)

    return solve_table(train, test, params, represent=encoded, classify=classify, regress=regress)
