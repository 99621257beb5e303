"""Gradient boosting with scikit-learn's histogram trees: fast and sound, a first real baseline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.row_weights import row_weights, weights_at
from agentk.reasoning.recipes.blocks.table.features.encode import encoded
from agentk.reasoning.recipes.blocks.table.fitting.inner import inner_split
from agentk.reasoning.recipes.blocks.table.fitting.loss import value_loss
from agentk.reasoning.recipes.blocks.table.fitting.pace import hurried, most_rounds, paced
from agentk.reasoning.recipes.blocks.table.fitting.sample import sampled
from agentk.reasoning.recipes.blocks.table.fitting.solve import solve_table
from agentk.reasoning.recipes.blocks.task import Codes, Floats

SPACE = {
    "learning_rate": {"type": "float", "low": 0.01, "high": 0.3, "log": True, "default": 0.08},
    "leaves": {"type": "int", "low": 4, "high": 128, "log": True, "default": 16},
    "leaf_rows": {"type": "int", "low": 2, "high": 100, "log": True, "default": 20},
    "column_share": {"type": "float", "low": 0.2, "high": 1.0, "default": 0.6},
    "l2": {"type": "float", "low": 0.001, "high": 100.0, "log": True, "default": 1.0},
}
ROUNDS = 1000
PATIENCE_TIMES_RATE = 3.0  # rounds without gain before stopping, times the learning rate
MORE_ROWS = 1.1  # the full fit has more rows than the inner one: so many more rounds


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Predictions of boosted histogram trees."""
    params = with_defaults(params, SPACE)
    train = sampled(train, params)

    def settings(X: Floats, classes: int) -> dict[str, Any]:
        pace = paced(params, X, classes)
        return {
            "learning_rate": pace["learning_rate"],
            "max_leaf_nodes": params["leaves"],
            "min_samples_leaf": params["leaf_rows"],
            "max_features": pace["column_share"],
            "l2_regularization": params["l2"],
            "random_state": params["seed"],
        }

    def fitted(model: Any, X: Floats, y: Any, discrete: bool, chosen: dict[str, Any]) -> Any:
        classes = int(y.max()) + 1 if discrete and y.max() > 1 else 1
        fit, watch = inner_split(train, y, discrete, params["seed"])
        patience = max(15, int(PATIENCE_TIMES_RATE / chosen["learning_rate"]))
        most = most_rounds(params | chosen, ROUNDS, classes)
        probe = model(**chosen, max_iter=most, early_stopping=True, n_iter_no_change=patience)
        weights = row_weights(train)
        apart = {"X_val": X[watch], "y_val": y[watch], "sample_weight_val": weights_at(weights, watch)}
        probe.fit(X[fit], y[fit], sample_weight=weights_at(weights, fit), **apart)
        if hurried(params):
            return probe
        rounds = max(10, int(MORE_ROWS * (1 + np.argmax(probe.validation_score_))))
        return model(**chosen, max_iter=rounds, early_stopping=False).fit(X, y, sample_weight=weights)

    def classify(X: Floats, codes: Codes, X_test: Floats) -> Floats:
        classes = int(codes.max()) + 1
        chosen = settings(X, classes if classes > 2 else 1)
        return fitted(HistGradientBoostingClassifier, X, codes, True, chosen).predict_proba(X_test)  # type: ignore[no-any-return]

    def regress(X: Floats, values: Floats, X_test: Floats) -> Floats:
        chosen = settings(X, 1) | value_settings(values)
        return fitted(HistGradientBoostingRegressor, X, values, False, chosen).predict(X_test)  # type: ignore[no-any-return]

    return solve_table(train, test, params, represent=encoded, classify=classify, regress=regress)


def value_settings(values: Floats) -> dict[str, Any]:
    """What is minimized over values: what the metric sees."""
    kind, number = value_loss(float(values.min()))
    if kind == "quantile":
        return {"loss": "absolute_error"} if number == 0.5 else {"loss": "quantile", "quantile": number}
    if kind == "tweedie":
        return {"loss": "gamma" if number == 2.0 else "poisson"}
    return {"loss": "squared_error"}
