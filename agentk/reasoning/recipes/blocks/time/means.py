"""Series by seasonal means: hour, weekday, place in the year and recent level, each shrunk towards the coarser ones before it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.row_weights import row_weights
from agentk.reasoning.recipes.blocks.table.fitting.scale import on_scale
from agentk.reasoning.recipes.blocks.task import Codes, Floats, predict_targets
from agentk.reasoning.recipes.blocks.time.calendar import calendar, elapsed_days, moments
from agentk.reasoning.recipes.blocks.time.history import entity_codes

SPACE: dict[str, Any] = {
    "prior": {"type": "float", "low": 0.5, "high": 50.0, "log": True, "default": 5.0},
    "memory": {"type": "float", "low": 3.0, "high": 1000.0, "log": True, "default": 20.0},
}
LAYERS = (
    ("series",),
    ("time:weekend_hour",),
    ("time:weekday",),
    ("time:year_sin", "time:year_cos"),
    ("series", "time:weekday"),
    ("series", "time:weekend_hour"),
    ("series", "time:year_sin", "time:year_cos"),
)


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Sums of means of what coarser means left over, and the level of the nearest days."""
    params = with_defaults(params, SPACE)
    dates = moments(train, test)
    codes = entity_codes(train, test, dates[0])
    keys = pd.DataFrame(calendar(pd.concat(dates, ignore_index=True), "coarse")).assign(series=np.concatenate(codes))
    days = elapsed_days(dates[0]), elapsed_days(dates[1])
    weights = row_weights(train)
    counted = np.ones(len(train)) if weights is None else weights

    def forecast(values: Floats) -> Floats:
        middle = np.average(values, weights=counted)
        rest, total = values - middle, np.full(len(test), middle)
        for layer in LAYERS:
            cells = keys.groupby(list(layer)).ngroup().to_numpy().astype(np.int64)
            means = shrunk_means(cells[: len(train)], rest, counted, int(cells.max()) + 1, params["prior"])
            rest, total = rest - means[cells[: len(train)]], total + means[cells[len(train) :]]
        return total + nearby_level(codes, days, (rest, counted), params)

    def classify(labels: Codes) -> Floats:
        shares = np.column_stack([forecast((labels == label).astype(float)) for label in range(int(labels.max()) + 1)])
        return np.clip(shares, 1e-3, 1.0)

    return predict_targets(train, len(test), classify, lambda values: on_scale(values, forecast))


def shrunk_means(cells: Codes, rest: Floats, counted: Floats, count: int, prior: float) -> Floats:
    """(count,) means by cell, as if `prior` rows of 0 had been seen in each."""
    return np.asarray(np.bincount(cells, rest * counted, count) / (np.bincount(cells, counted, count) + prior), dtype=np.float64)


def nearby_level(
    codes: tuple[Codes, Codes], days: tuple[Floats, Floats], known: tuple[Floats, Floats], params: dict[str, Any]
) -> Floats:
    """(N,) means of a series' leftovers, weights falling by e every `memory` days before or after; shrunk as other means are.

    known: the leftovers, and how much each row counts.
    """
    start = np.floor(days[0].min())
    day = np.floor(days[0] - start).astype(np.int64)
    shape = (int(max(code.max() for code in codes)) + 1, int(day.max()) + 1)
    asked, place = np.unique(np.floor(days[1] - start), return_inverse=True)
    weights = np.exp(-np.abs(np.arange(shape[1])[:, None] - asked[None]) / params["memory"])
    rest, counted = known
    sums, counts = (sparse.csr_matrix((each, (codes[0], day)), shape) @ weights for each in (rest * counted, counted))
    return np.asarray(sums[codes[1], place] / (counts[codes[1], place] + params["prior"]), dtype=np.float64)
