"""Series by boosted trees: calendar, history of the target, and the table's columns; summands of the target on their own."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.contract import CONTRACT, with_defaults
from agentk.reasoning.recipes.blocks.row_weights import row_weights
from agentk.reasoning.recipes.blocks.table.features.encode import encoded
from agentk.reasoning.recipes.blocks.table.features.frame import category, number, split_frame, truth
from agentk.reasoning.recipes.blocks.table.fitting.boost import boost, class_objective, value_objective
from agentk.reasoning.recipes.blocks.table.fitting.inner import inner_split
from agentk.reasoning.recipes.blocks.table.fitting.loss import value_loss
from agentk.reasoning.recipes.blocks.table.fitting.scale import on_scale
from agentk.reasoning.recipes.blocks.table.fitting.solve import both_classes
from agentk.reasoning.recipes.blocks.task import Codes, Features, Floats, predict_targets
from agentk.reasoning.recipes.blocks.time.calendar import calendar, crossings, moments
from agentk.reasoning.recipes.blocks.time.history import entity_codes, history
from agentk.reasoning.recipes.blocks.time.sample import lies_ahead, rows_to_fit

SPACE: dict[str, Any] = {
    "learning_rate": {"type": "float", "low": 0.01, "high": 0.2, "log": True, "default": 0.04},
    "leaves": {"type": "int", "low": 4, "high": 256, "log": True, "default": 20},
    "leaf_rows": {"type": "int", "low": 2, "high": 100, "log": True, "default": 15},
    "column_share": {"type": "float", "low": 0.2, "high": 1.0, "default": 0.5},
    "row_share": {"type": "float", "low": 0.4, "high": 1.0, "default": 0.8},
    "l2": {"type": "float", "low": 0.001, "high": 100.0, "log": True, "default": 1.0},
    "bags": {"type": "choice", "choices": [1, 3, 6], "default": 1},
    "resolution": {"type": "choice", "choices": ["coarse", "months", "days"], "default": "coarse"},
    "history": {"type": "choice", "choices": ["auto", "never", "always"], "default": "auto"},
    "relative": {"type": "choice", "choices": ["auto", "never", "always"], "default": "auto"},
    "summands": {"type": "choice", "choices": [False, True], "default": True},
}
LEVEL = "time:last 28 days"
MOST_SUMMANDS = 6


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Boosted trees for every target; where others in train add up to it, the mean of its own forecast and the sum of theirs."""
    params = with_defaults(params, SPACE)
    dates = moments(train, test)
    series = entity_codes(train, test, dates[0])
    rows = rows_to_fit(train, dates, params)
    fitted = train.iloc[rows].reset_index(drop=True)
    frames = time_frames(fitted, test, (dates[0].iloc[rows], dates[1]), params["resolution"])

    def classify(labels: Codes) -> Floats:
        codes = labels[rows]
        X, X_test = encoded(*frames, codes, True, params)
        split = inner_split(fitted, codes, True, params["seed"])
        objective, weights = class_objective(codes), row_weights(fitted)
        likely = boost(X, codes, X_test, objective=objective, split=split, params=params, weights=weights)
        return both_classes(likely) if codes.max() == 1 else likely

    def forecast(values: Floats) -> Floats:
        return on_scale(values, lambda scaled: boosted_values(scaled, rows, fitted, frames, (series, dates), params))

    def regress(values: Floats) -> Floats:
        direct = forecast(values)
        summands = addends(train, values) if params["summands"] else []
        if not summands:
            return direct
        total = np.sum([forecast(number(train[name])) for name in summands], axis=0)
        return np.asarray((direct + total) / 2, dtype=np.float64)

    return predict_targets(train, len(test), classify, regress)


def boosted_values(
    values: Floats,
    rows: Codes,
    fitted: pd.DataFrame,
    frames: tuple[pd.DataFrame, pd.DataFrame],
    series: tuple[tuple[Codes, Codes], tuple[pd.Series[Any], pd.Series[Any]]],
    params: dict[str, Any],
) -> Floats:
    """Values for the test rows. Where they lie after all training rows, trees see history and predict the change from it.

    values: of all training rows, which are what history knows; trees are fitted on those at `rows`, which are `fitted`.
    """
    ahead = lies_ahead(series[1])
    X, X_test = encoded(*frames, values[rows], False, params)
    base, base_test = np.zeros(len(X)), np.zeros(len(X_test))
    use = {name: params[name] == "always" or (params[name] == "auto" and ahead) for name in ("history", "relative")}
    use["relative"] &= value_loss(float(values.min()))[0] != "tweedie"  # the change of a size may be negative, the size may not
    if use["history"] or use["relative"]:
        before, before_test = history(*series, values, rows)
        if use["relative"]:
            base, base_test = (np.nan_to_num(side[LEVEL], nan=values.mean()) for side in (before, before_test))
        if use["history"]:
            X = np.column_stack([X, *(past - base for past in before.values())])
            X_test = np.column_stack([X_test, *(past - base_test for past in before_test.values())])
    split = inner_split(fitted, values[rows], False, params["seed"])
    objective, weights = value_objective(values[rows] - base), row_weights(fitted)
    return base_test + boost(X, values[rows] - base, X_test, objective=objective, split=split, params=params, weights=weights)


def time_frames(
    train: pd.DataFrame, test: pd.DataFrame, dates: tuple[pd.Series[Any], pd.Series[Any]], resolution: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The calendar, numbers, flags and categories of the training and test rows."""
    names = [name for name in CONTRACT["kinds"] if name in train and name in test]
    rows = pd.concat([train[names], test[names]], ignore_index=True)
    when = pd.concat(dates, ignore_index=True)
    features: Features = calendar(when, resolution) | crossings(rows, when)
    forms = {"numeric": number, "boolean": truth, "categorical": category}
    for name in names:
        if form := forms.get(CONTRACT["kinds"][name]):
            features[name] = form(rows[name])
    return split_frame(features, len(train))


def addends(train: pd.DataFrame, values: Floats) -> list[str]:
    """Columns that only training rows have and that add up to the values in every row; none where there are no such columns."""
    others = [name for name in CONTRACT["train_only"] if name in train and name != CONTRACT.get("weight")]
    names = [name for name in others if train[name].dtype.kind in "iuf"][:MOST_SUMMANDS]
    for count in range(len(names), 1, -1):
        for chosen in combinations(names, count):
            if np.allclose(train[list(chosen)].sum(axis=1), values, rtol=1e-6, atol=1e-6 * max(1.0, np.abs(values).max())):
                return list(chosen)
    return []
