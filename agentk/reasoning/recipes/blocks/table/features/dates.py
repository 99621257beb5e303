"""Dates as numbers: parts, position in the day, week and year, and time elapsed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.task import Features

SPACE = {
    "dates": {
        "type": "choice",
        "choices": ["calendar", "season", "everything"],
        "default": "calendar",
        "kinds": ["datetime"],
    }
}
CYCLES = (("month", 12.0), ("weekday", 7.0), ("hour", 24.0))
SEASON = ("dayofyear", "days")
EXACT = ("day", "week")


def date_features(name: str, values: pd.Series[Any], dates_used: str) -> Features:
    """Parts of a date column, NaN where it cannot be read.

    "calendar": what recurs each week, month and year; "season": also the day of the year and the time elapsed; "everything":
    also the day of the month and the week.
    """
    dates = read_dates(values)
    hours = (dates - dates.dt.normalize()).dt.total_seconds() / 3600.0
    parts = {
        "year": dates.dt.year,
        "month": dates.dt.month,
        "weekday": dates.dt.day_of_week,
        "hour": hours,
        "weekend_hour": hours + 24.0 * (dates.dt.day_of_week >= 5),
        "dayofyear": dates.dt.day_of_year,
        "days": (dates - dates.min()).dt.total_seconds() / 86400.0,
        "day": dates.dt.day,
        "week": dates.dt.isocalendar().week,
    }
    for part, period in CYCLES:
        turn = 2.0 * np.pi * parts[part] / period
        parts[f"{part}_sin"], parts[f"{part}_cos"] = np.sin(turn), np.cos(turn)
    left_out = {"calendar": SEASON + EXACT, "season": EXACT, "everything": ()}[dates_used]
    return {
        f"{name}:{part}": column.to_numpy(dtype=float, na_value=np.nan)
        for part, column in parts.items()
        if part not in left_out and ("hour" not in part or hours.nunique() > 1)
    }


def read_dates(values: pd.Series[Any]) -> pd.Series[Any]:
    """Dates without time zone; NaT where a value cannot be read. Plain numbers are seconds (above 1e8), years or days."""
    if values.dtype.kind in "iuf":
        size = values.abs().median()
        unit = "ms" if size > 1e11 else "s" if size > 1e8 else "D"
        if 1000 <= size <= 3000:
            return pd.to_datetime(values.astype("Int64").astype("string"), format="%Y", errors="coerce")
        return pd.to_datetime(values, unit=unit, errors="coerce")  # type: ignore[call-overload, no-any-return]
    words, distinct = pd.factorize(values)  # a date often stands in many rows, and reading it takes long
    known = pd.Series(distinct)
    if known.dtype.kind not in "mM":  # a time zone by name takes a hundred times as long to read as by its letter
        known = known.astype("string").str.replace(" UTC", "Z", regex=False)
    dates = pd.to_datetime(known, errors="coerce", utc=True, format="mixed").dt.tz_localize(None)
    return dates.reindex(words).set_axis(values.index)
