"""Gradient boosting with XGBoost: rounds found on an inner split, then a fit on all rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xgboost

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.row_weights import row_weights, weights_at
from agentk.reasoning.recipes.blocks.table.features.encode import encoded
from agentk.reasoning.recipes.blocks.table.fitting.inner import inner_split
from agentk.reasoning.recipes.blocks.table.fitting.loss import value_loss
from agentk.reasoning.recipes.blocks.table.fitting.pace import hurried, most_rounds, paced
from agentk.reasoning.recipes.blocks.table.fitting.sample import sampled
from agentk.reasoning.recipes.blocks.table.fitting.solve import both_classes, solve_table
from agentk.reasoning.recipes.blocks.task import Codes, Floats

SPACE = {
    "learning_rate": {"type": "float", "low": 0.01, "high": 0.2, "log": True, "default": 0.06},
    "depth": {"type": "int", "low": 3, "high": 10, "default": 5},
    "leaf_weight": {"type": "float", "low": 0.5, "high": 50.0, "log": True, "default": 3.0},
    "column_share": {"type": "float", "low": 0.2, "high": 1.0, "default": 0.6},
    "row_share": {"type": "float", "low": 0.4, "high": 1.0, "default": 0.8},
    "l2": {"type": "float", "low": 0.01, "high": 100.0, "log": True, "default": 1.0},
    "bags": {"type": "choice", "choices": [1, 3, 6], "default": 1},
}
ROUNDS = 3000
PATIENCE_TIMES_RATE = 4.0  # rounds without gain before stopping, times the learning rate
MORE_ROWS = 1.1  # the full fit has more rows than the inner one: so many more rounds


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Predictions of boosted trees."""
    params = with_defaults(params, SPACE)
    train = sampled(train, params)
    weights = row_weights(train)

    def classify(X: Floats, codes: Codes, X_test: Floats) -> Floats:
        classes = int(codes.max()) + 1
        objective = {"objective": "binary:logistic"} if classes == 2 else {"objective": "multi:softprob", "num_class": classes}
        split = inner_split(train, codes, True, params["seed"])
        shares = boost(X, codes, X_test, objective=objective, split=split, params=params, weights=weights)
        return both_classes(shares) if classes == 2 else shares

    def regress(X: Floats, values: Floats, X_test: Floats) -> Floats:
        objective = value_objective(values)
        split = inner_split(train, values, False, params["seed"])
        return boost(X, values, X_test, objective=objective, split=split, params=params, weights=weights)

    return solve_table(train, test, params, represent=encoded, classify=classify, regress=regress)


def value_objective(values: Floats) -> dict[str, Any]:
    """What is minimized over values: what the metric sees."""
    kind, number = value_loss(float(values.min()))
    if kind == "quantile":
        return (
            {"objective": "reg:absoluteerror"} if number == 0.5 else {"objective": "reg:quantileerror", "quantile_alpha": number}
        )
    if kind == "tweedie":
        name = {1.0: "count:poisson", 2.0: "reg:gamma"}.get(number, "reg:tweedie")
        return {"objective": name} | ({"tweedie_variance_power": number} if name == "reg:tweedie" else {})
    return {"objective": "reg:squarederror"}


def boost(
    X: Floats,
    y: Floats | Codes,
    X_test: Floats,
    *,
    objective: dict[str, Any],
    split: tuple[Codes, Codes],
    params: dict[str, Any],
    weights: Floats | None = None,
) -> Floats:
    """Predictions for the test rows, averaged over seeds; weights (N,): how much each training row counts."""
    params = paced(params, X, objective.get("num_class", 1))
    settings = objective | {
        "eta": params["learning_rate"],
        "max_depth": params["depth"],
        "min_child_weight": params["leaf_weight"],
        "colsample_bytree": params["column_share"],
        "subsample": params["row_share"],
        "lambda": params["l2"],
        "tree_method": "hist",
        "nthread": params["threads"],
        "seed": params["seed"],
        "verbosity": 0,
    }
    fit, watch = split
    known, watched = (xgboost.DMatrix(X[rows], y[rows], weight=weights_at(weights, rows)) for rows in (fit, watch))
    patience = max(20, int(PATIENCE_TIMES_RATE / params["learning_rate"]))
    most, asked = most_rounds(params, ROUNDS, objective.get("num_class", 1)), xgboost.DMatrix(X_test)
    probe = xgboost.train(settings, known, most, evals=[(watched, "watched")], early_stopping_rounds=patience, verbose_eval=False)
    rounds = probe.best_iteration + 1
    if hurried(params):
        return probe.predict(asked, iteration_range=(0, rounds)).astype(float)  # type: ignore[no-any-return]
    rounds, every = max(10, int(MORE_ROWS * rounds)), xgboost.DMatrix(X, y, weight=weights)
    models = [xgboost.train(settings | {"seed": params["seed"] + bag}, every, rounds) for bag in range(params["bags"])]
    return np.mean([model.predict(asked) for model in models], axis=0, dtype=float)  # type: ignore[no-any-return]
