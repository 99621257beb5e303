"""Dates as numbers: parts, position in the day, week and year, and time elapsed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.task import Features


def date_features(name: str, values: pd.Series[Any]) -> Features:
    """Parts of a date column that vary, NaN where it cannot be read."""
    dates = read_dates(values)
    day = dates.dt.normalize()
    hours = (dates - day).dt.total_seconds() / 3600.0
    parts = {
        "year": dates.dt.year,
        "month": dates.dt.month,
        "day": dates.dt.day,
        "weekday": dates.dt.day_of_week,
        "dayofyear": dates.dt.day_of_year,
        "hour": hours,
        "days": (dates - dates.min()).dt.total_seconds() / 86400.0,
        "working_hour": hours + 24.0 * (dates.dt.day_of_week >= 5),
    }
    for part, period in (("month", 12.0), ("weekday", 7.0), ("hour", 24.0)):
        turn = 2.0 * np.pi * parts[part] / period
        parts[f"{part}_sin"], parts[f"{part}_cos"] = np.sin(turn), np.cos(turn)
    if hours.nunique() <= 1:
        parts = {part: column for part, column in parts.items() if "hour" not in part}
    return {f"{name}:{part}": column.to_numpy(dtype=float, na_value=np.nan) for part, column in parts.items()}


def read_dates(values: pd.Series[Any]) -> pd.Series[Any]:
    """Dates without time zone; NaT where a value cannot be read. Plain numbers are seconds (above 1e8), years or days."""
    if values.dtype.kind in "iuf":
        size = values.abs().median()
        unit = "ms" if size > 1e11 else "s" if size > 1e8 else "D"
        if 1000 <= size <= 3000:
            return pd.to_datetime(values.astype("Int64").astype("string"), format="%Y", errors="coerce")
        return pd.to_datetime(values, unit=unit, errors="coerce")  # type: ignore[call-overload, no-any-return]
    dates = pd.to_datetime(values, errors="coerce", utc=True, format="mixed")
    return dates.dt.tz_localize(None)
