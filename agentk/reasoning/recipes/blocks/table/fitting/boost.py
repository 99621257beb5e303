"""LightGBM with the rounds that an inner split asks for, averaged over seeds where there is the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import lightgbm
import numpy as np

from agentk.reasoning.recipes.blocks.row_weights import weights_at
from agentk.reasoning.recipes.blocks.table.fitting.loss import value_loss
from agentk.reasoning.recipes.blocks.table.fitting.pace import WIDE, hurried, most_rounds, paced
from agentk.reasoning.recipes.blocks.task import Codes, Floats

ROUNDS = 3000
PATIENCE_TIMES_RATE = 4.0  # rounds without gain before stopping, times the learning rate
MEANS_FIRST = 0.75  # of the rounds, where medians are fitted in few
MORE_ROWS = 1.1  # the full fit has more rows than the inner one: so many more rounds


def class_objective(codes: Codes) -> dict[str, Any]:
    """What is minimized over codes 0..K-1, K >= 2."""
    classes = int(codes.max()) + 1
    return {"objective": "binary"} if classes == 2 else {"objective": "multiclass", "num_class": classes}


def value_objective(values: Floats) -> dict[str, Any]:
    """What is minimized over values: what the metric sees."""
    kind, number = value_loss(float(values.min()))
    if kind == "quantile":
        return {"objective": "regression_l1"} if number == 0.5 else {"objective": "quantile", "alpha": number}
    if kind == "tweedie":
        name = {1.0: "poisson", 2.0: "gamma"}.get(number, "tweedie")
        return {"objective": name} | ({"tweedie_variance_power": number} if name == "tweedie" else {})
    return {"objective": "regression"}


def boost(
    X: Floats,
    y: Floats | Codes,
    X_test: Floats,
    *,
    objective: dict[str, Any],
    split: tuple[Codes, Codes],
    params: dict[str, Any],
    categories: Sequence[int] = (),
    weights: Floats | None = None,
) -> Floats:
    """Predictions for the test rows, averaged over seeds.

    categories: columns that hold codes without an order; weights: (N,) how much each training row counts.
    """
    params = paced(params, X, objective.get("num_class", 1))
    settings = objective | {
        "learning_rate": params["learning_rate"],
        "num_leaves": params["leaves"],
        "min_data_in_leaf": params["leaf_rows"],
        "feature_fraction": params["column_share"],
        "bagging_fraction": params["row_share"],
        "bagging_freq": 1,
        "lambda_l2": params["l2"],
        "num_threads": params["threads"],
        "seed": params["seed"],
        "deterministic": True,
        "force_col_wise": X.shape[1] > WIDE,
        "force_row_wise": X.shape[1] <= WIDE,
        "verbose": -1,
    }
    fit, watch = split
    codes = list(categories)
    known = lightgbm.Dataset(X[fit], y[fit], weight=weights_at(weights, fit), categorical_feature=codes, params={"verbose": -1})
    watched = lightgbm.Dataset(X[watch], y[watch], weight=weights_at(weights, watch), reference=known)
    stop = lightgbm.early_stopping(max(20, int(PATIENCE_TIMES_RATE / params["learning_rate"])), verbose=False)
    most = most_rounds(params, ROUNDS, objective.get("num_class", 1))
    if hurried(params):
        return at_once((known, X[fit]), (watched, X[watch]), X_test, settings=settings, rounds=most, stop=stop)
    probe = lightgbm.train(settings, known, most, valid_sets=[watched], callbacks=[stop])
    rounds = max(10, int(MORE_ROWS * probe.best_iteration))
    predictions = []
    for bag in range(params["bags"]):
        every = lightgbm.Dataset(X, y, weight=weights, categorical_feature=codes, params={"verbose": -1})
        model = lightgbm.train(settings | {"seed": params["seed"] + bag}, every, rounds)
        predictions.append(np.asarray(model.predict(X_test, num_threads=params["threads"])))
    return np.mean(predictions, axis=0)  # type: ignore[no-any-return]


def at_once(
    known: tuple[lightgbm.Dataset, Floats],
    watched: tuple[lightgbm.Dataset, Floats],
    X_test: Floats,
    *,
    settings: dict[str, Any],
    rounds: int,
    stop: Callable[..., Any],
) -> Floats:
    """Predictions for the test rows by one fit. Medians begin with means: steps that are all of one size take many rounds."""

    def fitted(rounds: int, **instead: Any) -> lightgbm.Booster:
        return lightgbm.train(settings | instead, known[0], rounds, valid_sets=[watched[0]], callbacks=[stop])

    def told(model: lightgbm.Booster, rows: Floats) -> Floats:
        return np.asarray(model.predict(rows, num_threads=settings["num_threads"]))

    if settings["objective"] != "regression_l1":
        return told(fitted(rounds), X_test)
    first = round(MEANS_FIRST * rounds)
    means = fitted(first, objective="regression", metric="l1")
    for part, rows in (known, watched):
        part.set_init_score(told(means, rows))
    return told(means, X_test) + told(fitted(rounds - first), X_test)
