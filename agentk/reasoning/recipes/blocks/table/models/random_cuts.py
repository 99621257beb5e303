"""Boosted trees whose cuts are drawn at random (LightGBM) and which split categories as sets; rounds from an inner split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.row_weights import row_weights
from agentk.reasoning.recipes.blocks.table.features.codes import as_codes
from agentk.reasoning.recipes.blocks.table.fitting.boost import boost, class_objective, value_objective
from agentk.reasoning.recipes.blocks.table.fitting.inner import inner_split
from agentk.reasoning.recipes.blocks.table.fitting.sample import sampled
from agentk.reasoning.recipes.blocks.table.fitting.solve import both_classes, solve_table
from agentk.reasoning.recipes.blocks.task import Codes, Floats

SPACE = {
    "learning_rate": {"type": "float", "low": 0.02, "high": 0.3, "log": True, "default": 0.07},
    "leaves": {"type": "int", "low": 4, "high": 256, "log": True, "default": 32},
    "leaf_rows": {"type": "int", "low": 2, "high": 100, "log": True, "default": 12},
    "column_share": {"type": "float", "low": 0.3, "high": 1.0, "default": 0.8},
    "row_share": {"type": "float", "low": 0.4, "high": 1.0, "default": 0.9},
    "l2": {"type": "float", "low": 0.001, "high": 100.0, "log": True, "default": 1.0},
    "bags": {"type": "choice", "choices": [1, 3, 6], "default": 1},
}


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Predictions of boosted trees whose cuts are drawn at random."""
    params = with_defaults(params, SPACE)
    train = sampled(train, params)

    def trees(X: pd.DataFrame, y: Any, X_test: pd.DataFrame, objective: dict[str, Any], discrete: bool) -> Floats:
        return boost(
            X.to_numpy(float),
            y,
            X_test.to_numpy(float),
            objective=objective | {"extra_trees": True},
            split=inner_split(train, y, discrete, params["seed"]),
            params=params,
            weights=row_weights(train),
            categories=[column for column, name in enumerate(X) if X[name].dtype.kind != "f"],
        )

    def classify(X: pd.DataFrame, codes: Codes, X_test: pd.DataFrame) -> Floats:
        shares = trees(X, codes, X_test, class_objective(codes), True)
        return both_classes(shares) if codes.max() == 1 else shares

    def regress(X: pd.DataFrame, values: Floats, X_test: pd.DataFrame) -> Floats:
        return trees(X, values, X_test, value_objective(values), False)

    return solve_table(train, test, params, represent=as_codes, classify=classify, regress=regress)
