"""Averaged trees of scikit-learn: extremely randomised trees, or a random forest."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.row_weights import row_weights
from agentk.reasoning.recipes.blocks.table.features.encode import encoded
from agentk.reasoning.recipes.blocks.table.fitting.pace import paced
from agentk.reasoning.recipes.blocks.table.fitting.sample import sampled
from agentk.reasoning.recipes.blocks.table.fitting.solve import solve_table
from agentk.reasoning.recipes.blocks.task import Codes, Floats

SPACE = {
    "trees": {"type": "int", "low": 100, "high": 600, "log": True, "default": 250},
    "leaf_rows": {"type": "int", "low": 1, "high": 20, "log": True, "default": 2},
    "column_share": {"type": "float", "low": 0.05, "high": 1.0, "log": True, "default": 0.4},
}


def grow(kind: str, train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any]) -> Floats:
    """Predictions of `kind`: "extra" or "random"."""
    params = with_defaults(params, SPACE)
    train = sampled(train, params)

    def settings(X: Floats) -> dict[str, Any]:
        return {
            "n_estimators": max(1, round(params["trees"] * params.get("most_work", 1.0))),
            "min_samples_leaf": params["leaf_rows"],
            "max_features": paced(params, X)["column_share"],
            "n_jobs": params["threads"],
            "random_state": params["seed"],
        }

    def classify(X: Floats, codes: Codes, X_test: Floats) -> Floats:
        model = ExtraTreesClassifier if kind == "extra" else RandomForestClassifier
        return model(**settings(X)).fit(X, codes, sample_weight=row_weights(train)).predict_proba(X_test)  # type: ignore[no-any-return]

    def regress(X: Floats, values: Floats, X_test: Floats) -> Floats:
        model = ExtraTreesRegressor if kind == "extra" else RandomForestRegressor
        return model(**settings(X)).fit(X, values, sample_weight=row_weights(train)).predict(X_test)  # type: ignore[no-any-return]

    return solve_table(train, test, params, represent=encoded, classify=classify, regress=regress)
