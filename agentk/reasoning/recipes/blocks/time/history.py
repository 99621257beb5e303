"""What the target was before: levels of earlier times as features, only from times that a test row could look back to.

A test row lies up to a *gap* after the last labelled row before it. Every row, labelled or not, therefore looks back at what
was known a gap before it; so training rows see as little as test rows do.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.task import Codes, Features, Floats
from agentk.reasoning.recipes.blocks.time.calendar import day_hours, elapsed_days

WEEK = 7.0
YEAR_OF_WEEKS = 364.0  # the same weekday a year ago
ENTITY_ROWS = 5  # a column names entities when its values repeat at least so often
APART = 0.95  # share of rows that are alone at their moment within their series
MOMENTS = 40  # at which rows are told apart
MOST_ENTITY_COLUMNS = 9


def look_back(known: Floats, wanted: Floats) -> float:
    """The longest time in days from the last known moment before a wanted one."""
    times = np.sort(known)
    place = np.searchsorted(times, wanted, side="right") - 1
    behind = wanted[place >= 0] - times[place[place >= 0]]
    return float(behind.max()) if len(behind) else 0.0


def entity_codes(train: pd.DataFrame, test: pd.DataFrame, dates: pd.Series[Any]) -> tuple[Codes, Codes]:
    """The series each row belongs to: of at most three columns those that together tell the rows of one moment apart.

    The fewest columns that do, and of these the ones with the fewest series; zeros where none tell much.
    """
    both = {name: pd.concat([train[name], test[name]]) for name in entity_columns(train)}
    words = {name: pd.factorize(values, use_na_sentinel=False)[0] for name, values in both.items()}
    words = {name: codes.astype(np.int64) for name, codes in words.items() if 0 < codes.max() < len(codes) / ENTITY_ROWS}
    moments = np.sort(dates.unique())
    looked = np.flatnonzero(dates.isin(moments[:: max(1, len(moments) // MOMENTS)]))
    moment = pd.factorize(dates.iloc[looked])[0].astype(np.int64)

    def together(names: tuple[str, ...], rows: Any) -> Codes:
        codes: Codes = np.zeros(len(train) + len(test), dtype=np.int64)[rows]
        for name in names:
            codes = np.unique(codes * (words[name].max() + 1) + words[name][rows], return_inverse=True)[1]
        return codes

    def alone(names: tuple[str, ...]) -> tuple[float, int]:
        codes = together(names, looked)
        return min(len(np.unique(codes * (moment.max() + 1) + moment)) / max(len(looked), 1), APART), -len(np.unique(codes))

    chosen: tuple[str, ...] = ()
    share, _ = alone(chosen)
    for size in (1, 2, 3):
        found = sorted(((*alone(names), names) for names in combinations(words, size)), reverse=True) if share < APART else []
        for other, _, names in found:
            if other > share + 0.02 and together(names, slice(None)).max() + 1 <= (len(train) + len(test)) / ENTITY_ROWS:
                share, chosen = other, names
                break
    codes = together(chosen, slice(None))
    return codes[: len(train)], codes[len(train) :]


def entity_columns(train: pd.DataFrame) -> list[str]:
    """Columns that may name series: words, and whole numbers."""
    kinds = {name: kind for name, kind in CONTRACT["kinds"].items() if name in train}
    words = [name for name, kind in kinds.items() if kind in ("categorical", "identifier", "boolean")]
    numbers = [name for name, kind in kinds.items() if kind == "numeric" and train[name].dtype.kind in "iu"]
    return (words + numbers)[:MOST_ENTITY_COLUMNS]


def history(
    codes: tuple[Codes, Codes], dates: tuple[pd.Series[Any], pd.Series[Any]], values: Floats, rows: Codes
) -> tuple[Features, Features]:
    """Means of the training rows' `values` over windows that end a gap before each row: by series, weekday and hour of the week.

    codes, dates: of the training and of the test rows. rows: the training rows that are asked for, beside all test rows. NaN
    where nothing is known.
    """
    times = elapsed_days(dates[0]), elapsed_days(dates[1])
    gap = look_back(*times)
    sides: tuple[Features, Features] = ({}, {})
    weekly = [date.dt.day_of_week.to_numpy(np.int64) for date in dates]
    hourly = [(24 * day + day_hours(date)).astype(np.int64) for day, date in zip(weekly, dates, strict=True)]
    keys = {
        "": codes,
        " weekday": tuple(code * 7 + day for code, day in zip(codes, weekly, strict=True)),
        " week hour": tuple(code * 168 + hour for code, hour in zip(codes, hourly, strict=True)),
    }
    asked = times[0][rows], times[1]
    windows = {("", WEEK), ("", 4 * WEEK), ("", 13 * WEEK), ("", YEAR_OF_WEEKS), (" weekday", 8 * WEEK)}
    if np.ptp(np.concatenate([day_hours(date) for date in dates])) > 0:
        windows |= {(" week hour", 8 * WEEK), (" week hour", YEAR_OF_WEEKS)}
    for key, width in sorted(windows):
        for side, code, time in zip(sides, (keys[key][0][rows], keys[key][1]), asked, strict=True):
            level = window_means(keys[key][0], times[0], values, code=code, low=time - gap - width, high=time - gap)
            side[f"time:last {width:.0f} days{key}"] = level
    if gap <= YEAR_OF_WEEKS - WEEK:
        for around in (0.5, WEEK):
            for side, code, time in zip(sides, (codes[0][rows], codes[1]), asked, strict=True):
                low, high = time - YEAR_OF_WEEKS - around, time - YEAR_OF_WEEKS + around
                side[f"time:a year ago {around:.1f}"] = window_means(codes[0], times[0], values, code=code, low=low, high=high)
    return sides


def window_means(known_code: Codes, known_time: Floats, values: Floats, *, code: Codes, low: Floats, high: Floats) -> Floats:
    """(N,) means of the values known under the same code at times in (low, high]; NaN where there are none."""
    start, end = known_time.min() - 1.0, known_time.max() + 1.0
    place = known_code * (end - start) + (known_time - start)
    order = np.argsort(place, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(values[order])])
    bounds = []
    for limit in (low, high):
        wanted = code * (end - start) + (np.clip(limit, start, end - 0.5) - start)
        bounds.append(np.searchsorted(place[order], wanted + 1e-6, side="right"))
    count = bounds[1] - bounds[0]
    return np.where(count > 0, (sums[bounds[1]] - sums[bounds[0]]) / np.maximum(count, 1), np.nan)
