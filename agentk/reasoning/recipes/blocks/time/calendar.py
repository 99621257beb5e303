"""Time as features: parts of the day and week, a coarse position in the year, crossings of the hour, elapsed time.

Fine positions (days elapsed, the day of the year) let trees remember single days of the training rows, so they are left out
unless asked for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.table.features.dates import read_dates
from agentk.reasoning.recipes.blocks.task import Features, Floats

YEAR = 365.25
CROSSED = 6  # categories of a column that the hour is crossed with


def time_column(train: pd.DataFrame, test: pd.DataFrame) -> str | None:
    """The first column of dates."""
    names = (name for name, kind in CONTRACT["kinds"].items() if kind == "datetime" and name in train and name in test)
    return next(names, None)


def moments(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """The dates of both; the row numbers as days, test after train, where there are none. Unreadable ones are the median."""
    name = time_column(train, test)
    if name is None:
        days = pd.Series(pd.to_datetime(np.arange(len(train) + len(test)), unit="D", origin="2000-01-03"))
    else:
        days = read_dates(pd.concat([train[name], test[name]], ignore_index=True))
        days = days.fillna(days.sort_values().iloc[days.notna().sum() // 2] if days.notna().any() else pd.Timestamp("2000-01-03"))
    return days.iloc[: len(train)].reset_index(drop=True), days.iloc[len(train) :].reset_index(drop=True)


def elapsed_days(dates: pd.Series[Any]) -> Floats:
    """(N,) days since 1970, with fractions."""
    return np.asarray((dates - pd.Timestamp("1970-01-01")).dt.total_seconds(), dtype=np.float64) / 86400.0


def calendar(dates: pd.Series[Any], resolution: str) -> Features:
    """Parts of the dates. resolution: "coarse" the place in the year; "months" month and day too; "days" elapsed ones too."""
    turn = 2.0 * np.pi * dates.dt.day_of_year / YEAR
    hour = day_hours(dates)
    parts: Features = {
        "year": dates.dt.year.to_numpy(float),
        "year_sin": np.round(np.sin(turn), 1).to_numpy(float),
        "year_cos": np.round(np.cos(turn), 1).to_numpy(float),
        "weekday": dates.dt.day_of_week.to_numpy(float),
        "hour": hour,
        "weekend_hour": hour + 24.0 * (dates.dt.day_of_week.to_numpy() >= 5),
    }
    if resolution != "coarse":
        parts["month"] = dates.dt.month.to_numpy(float)
        parts["day"] = dates.dt.day.to_numpy(float)
    if resolution == "days":
        parts["days"] = elapsed_days(dates)
    return {f"time:{name}": values for name, values in parts.items()}


def day_hours(dates: pd.Series[Any]) -> Floats:
    """(N,) hours since midnight, with fractions."""
    return np.asarray((dates - dates.dt.normalize()).dt.total_seconds(), dtype=np.float64) / 3600.0


def crossings(rows: pd.DataFrame, dates: pd.Series[Any]) -> Features:
    """The hour, or the weekday where there are no hours, joined with each column of a few categories."""
    hour = day_hours(dates)
    clock, size = (hour, 24.0) if np.ptp(hour) > 0 else (dates.dt.day_of_week.to_numpy(float), 7.0)
    result: Features = {}
    for name, kind in CONTRACT["kinds"].items():
        if kind in ("boolean", "categorical") and name in rows and 2 <= rows[name].nunique() <= CROSSED:
            codes = pd.factorize(rows[name], sort=True)[0]
            result[f"time:clock {name}"] = clock + size * codes
    return result
