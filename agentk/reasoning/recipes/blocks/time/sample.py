"""A sample of the rows of series: the latest, where test rows follow them, else rows of all times."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.table.fitting.sample import first_rows
from agentk.reasoning.recipes.blocks.task import Codes
from agentk.reasoning.recipes.blocks.time.calendar import elapsed_days


def rows_to_fit(train: pd.DataFrame, dates: tuple[pd.Series[Any], pd.Series[Any]], params: dict[str, Any]) -> Codes:
    """Positions of at most params["most_rows"] training rows, ascending; of all where there is no such parameter."""
    most = params.get("most_rows")
    if most is None or len(train) <= most:
        return np.arange(len(train))
    if lies_ahead(dates):
        order = np.argsort(-elapsed_days(dates[0]), kind="stable")
    else:
        order = np.random.default_rng(params["seed"]).permutation(len(train))
    return first_rows(train, order, int(most))


def lies_ahead(dates: tuple[pd.Series[Any], pd.Series[Any]]) -> bool:
    """Whether most test rows come after all training rows."""
    return bool((elapsed_days(dates[1]) > elapsed_days(dates[0]).max()).mean() > 0.5)
