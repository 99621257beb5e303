"""Gradient boosting with CatBoost and its own encoding of categories: rounds found on an inner split, then a fit on all rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from catboost import CatBoost, Pool

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.row_weights import row_weights, weights_at
from agentk.reasoning.recipes.blocks.table.features.codes import as_codes
from agentk.reasoning.recipes.blocks.table.fitting.inner import inner_split
from agentk.reasoning.recipes.blocks.table.fitting.loss import value_loss
from agentk.reasoning.recipes.blocks.table.fitting.pace import hurried, most_rounds, paced
from agentk.reasoning.recipes.blocks.table.fitting.sample import sampled
from agentk.reasoning.recipes.blocks.table.fitting.solve import solve_table
from agentk.reasoning.recipes.blocks.task import Codes, Floats

SPACE = {
    "learning_rate": {"type": "float", "low": 0.02, "high": 0.2, "log": True, "default": 0.08},
    "depth": {"type": "int", "low": 3, "high": 9, "default": 6},
    "l2": {"type": "float", "low": 0.5, "high": 50.0, "log": True, "default": 3.0},
    "randomness": {"type": "float", "low": 0.1, "high": 5.0, "log": True, "default": 1.0},
    "column_share": {"type": "float", "low": 0.2, "high": 1.0, "default": 0.6},
    "row_share": {"type": "float", "low": 0.4, "high": 1.0, "default": 0.8},
    "combined": {"type": "choice", "choices": [1, 2], "default": 1, "kinds": ["categorical"]},
    "bags": {"type": "choice", "choices": [1, 3], "default": 1},
}
ROUNDS = 1200
FEWEST_SAMPLED = 50  # CatBoost refuses to sample from a handful of rows
PATIENCE_TIMES_RATE = 4.0  # rounds without gain before stopping, times the learning rate
LOGS = ("Poisson", "Tweedie")  # losses whose trees add up to a logarithm
MORE_ROWS = 1.1  # the full fit has more rows than the inner one: so many more rounds


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Predictions of boosted symmetric trees."""
    params = with_defaults(params, SPACE)
    train = sampled(train, params)
    weights = row_weights(train)

    def classify(X: pd.DataFrame, codes: Codes, X_test: pd.DataFrame) -> Floats:
        loss = "Logloss" if codes.max() == 1 else "MultiClass"
        split = inner_split(train, codes, True, params["seed"])
        return boost(X, codes, X_test, loss=loss, split=split, params=params, weights=weights)

    def regress(X: pd.DataFrame, values: Floats, X_test: pd.DataFrame) -> Floats:
        loss = value_loss_name(values)
        split = inner_split(train, values, False, params["seed"])
        return boost(X, values, X_test, loss=loss, split=split, params=params, weights=weights)

    return solve_table(train, test, params, represent=as_codes, classify=classify, regress=regress)


def value_loss_name(values: Floats) -> str:
    """What is minimized over values, as CatBoost spells it."""
    kind, number = value_loss(float(values.min()))
    if kind == "quantile":
        return "MAE" if number == 0.5 else f"Quantile:alpha={number:g}"
    if kind == "tweedie":
        return "Poisson" if number == 1.0 else f"Tweedie:variance_power={min(number, 1.99):g}"
    return "RMSE"


def boost(
    X: pd.DataFrame,
    y: Floats | Codes,
    X_test: pd.DataFrame,
    *,
    loss: str,
    split: tuple[Codes, Codes],
    params: dict[str, Any],
    weights: Floats | None,
) -> Floats:
    """Predictions for the test rows, averaged over seeds: probabilities of all classes, or values; weights (N,) of the rows."""
    names = [name for name in X if X[name].dtype.kind != "f"]
    classes = len(np.unique(y)) if loss == "MultiClass" else 1
    params = paced(params, X, classes)
    settings: dict[str, Any] = {
        "loss_function": loss,
        "learning_rate": params["learning_rate"],
        "depth": params["depth"],
        "l2_leaf_reg": params["l2"],
        "random_strength": params["randomness"],
        "rsm": params["column_share"],
        "bootstrap_type": "Bernoulli" if len(X) >= FEWEST_SAMPLED else "No",
        "max_ctr_complexity": params["combined"],  # categories that are taken together: two cost much time where there are many
        "boosting_type": "Plain",
        "thread_count": params["threads"],
        "random_seed": params["seed"],
        "allow_writing_files": False,
        "logging_level": "Silent",
    }
    if len(X) >= FEWEST_SAMPLED:
        settings["subsample"] = params["row_share"]
    fit, watch = split
    known, watched = (Pool(X.iloc[rows], y[rows], weight=weights_at(weights, rows), cat_features=names) for rows in (fit, watch))
    patience = int(PATIENCE_TIMES_RATE / params["learning_rate"])
    probe = CatBoost(settings | {"iterations": most_rounds(params, ROUNDS, classes), "od_type": "Iter", "od_wait": patience})
    probe.fit(known, eval_set=watched)  # shrinks to its best rounds
    asked = Pool(X_test, cat_features=names)
    kind = "Probability" if loss in ("Logloss", "MultiClass") else "Exponent" if loss.startswith(LOGS) else "RawFormulaVal"
    if hurried(params):
        return np.asarray(probe.predict(asked, prediction_type=kind, thread_count=params["threads"]))
    rounds, every = max(10, int(MORE_ROWS * (probe.get_best_iteration() + 1))), Pool(X, y, weight=weights, cat_features=names)
    predictions = []
    for bag in range(params["bags"]):
        model = CatBoost(settings | {"iterations": rounds, "random_seed": params["seed"] + bag}).fit(every)
        predictions.append(model.predict(asked, prediction_type=kind, thread_count=params["threads"]))
    return np.mean(predictions, axis=0)  # type: ignore[no-any-return]
