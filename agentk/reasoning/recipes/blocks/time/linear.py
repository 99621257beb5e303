"""Series by ridge regression: calendar indicators, waves of the year, a trend, and the table's columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import OneHotEncoder

from agentk.reasoning.recipes.blocks.contract import CONTRACT, with_defaults
from agentk.reasoning.recipes.blocks.row_weights import row_weights, weights_at
from agentk.reasoning.recipes.blocks.table.features.frame import category, number, truth
from agentk.reasoning.recipes.blocks.table.fitting.scale import on_scale
from agentk.reasoning.recipes.blocks.task import Codes, Floats, predict_targets
from agentk.reasoning.recipes.blocks.time.calendar import YEAR, calendar, crossings, elapsed_days, moments
from agentk.reasoning.recipes.blocks.time.history import entity_codes
from agentk.reasoning.recipes.blocks.time.sample import rows_to_fit

SPACE: dict[str, Any] = {
    "penalty": {"type": "float", "low": 0.01, "high": 1000.0, "log": True, "default": 3.0},
    "waves": {"type": "int", "low": 0, "high": 8, "default": 3},
    "trend": {"type": "float", "low": 0.0, "high": 5.0, "default": 1.0},
    "own_waves": {"type": "choice", "choices": [False, True], "default": True},
}
MOST_CATEGORIES = {"values": 20_000, "classes": 500}  # of a column that get a column of their own: many for least squares
MOST_WAVING = 4_000  # series that swing through the year, and grow, in a way of their own


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Ridge regression for values, logistic regression for classes."""
    params = with_defaults(params, SPACE)
    dates = moments(train, test)
    rows = rows_to_fit(train, dates, params)
    fitted = train.iloc[rows].reset_index(drop=True)
    known, unknown = time_design(fitted, test, (dates[0].iloc[rows].reset_index(drop=True), dates[1]), params)

    def classify(codes: Codes) -> Floats:
        model = LogisticRegression(C=1 / params["penalty"], max_iter=300)
        model.fit(known, codes[rows], weights_at(row_weights(train), rows))
        return np.asarray(model.predict_proba(unknown))

    def forecast(values: Floats) -> Floats:
        model = Ridge(alpha=params["penalty"], solver="sparse_cg", tol=1e-5, random_state=params["seed"])
        model.fit(known, values[rows], weights_at(row_weights(train), rows))
        return np.asarray(model.predict(unknown), dtype=np.float64)

    return predict_targets(train, len(test), classify, lambda values: on_scale(values, forecast))


def time_design(
    train: pd.DataFrame, test: pd.DataFrame, dates: tuple[pd.Series[Any], pd.Series[Any]], params: dict[str, Any]
) -> tuple[Any, Any]:
    """CSR matrices of the training and test rows, columns of about unit scale."""
    when = pd.concat(dates, ignore_index=True)
    names = [name for name in CONTRACT["kinds"] if name in train and name in test]
    rows = pd.concat([train[names], test[names]], ignore_index=True)
    parts = calendar(when, "coarse")
    series = np.concatenate(entity_codes(train, test, dates[0]))
    words: dict[str, Any] = crossings(rows, when) | {name: parts[f"time:{name}"] for name in ("weekday", "hour", "weekend_hour")}
    words |= {"series": series, "series weekday": series * 7 + parts["time:weekday"]}
    words |= {name: category(rows[name]).astype(object) for name in names if CONTRACT["kinds"][name] == "categorical"}
    frame = pd.DataFrame({name: pd.Series(values).astype(str).fillna("") for name, values in words.items()})
    most = MOST_CATEGORIES["classes" if CONTRACT["task"] in ("binary", "multiclass", "multilabel") else "values"]
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=2, max_categories=most)
    encoder.fit(frame.iloc[: len(train)])

    days = elapsed_days(when)
    waves = yearly_waves(days, params["waves"])
    plain = {"trend": params["trend"] * (days - days[: len(train)].mean()) / max(np.ptp(days), 1.0)}
    forms = {"numeric": number, "boolean": truth}
    for name in names:
        if form := forms.get(CONTRACT["kinds"][name]):
            scaled = standardized(form(rows[name]), len(train))
            plain |= {name: scaled, f"{name} squared": scaled**2 - 1.0}
    blocks = [encoder.transform(frame), sparse.csr_matrix(np.column_stack([*plain.values(), waves]))]
    if params["own_waves"] and 1 < len(np.unique(series)) <= min(MOST_WAVING, most // 5):
        own = OneHotEncoder(handle_unknown="ignore").fit_transform(series[:, None])
        blocks += [own.multiply(wave[:, None]).tocsr() for wave in (plain["trend"], *waves.T)]
    design = sparse.hstack(blocks, format="csr")
    return design[: len(train)], design[len(train) :]


def yearly_waves(days: Floats, count: int) -> Floats:
    """(N, 2 count) sines and cosines of the year and its first parts."""
    turns = 2.0 * np.pi * np.outer(days / YEAR, np.arange(1, count + 1))
    return np.hstack([np.sin(turns), np.cos(turns)])


def standardized(values: Floats, rows: int) -> Floats:
    """(N,) in standard deviations of the first `rows`, at most 5 away; 0 where missing."""
    known = values[:rows][np.isfinite(values[:rows])]
    if not len(known) or known.std() == 0:
        return np.zeros(len(values))
    return np.asarray(np.clip(np.nan_to_num((values - known.mean()) / known.std()), -5.0, 5.0), dtype=np.float64)
