"""What is asked of a thing at a time: shop and day in one id of the sample, or a table with a column for every day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api import types
from pydantic import JsonValue

from agentk.competitions.columns.kinds import dates, is_date
from agentk.competitions.columns.spelling import with_options
from agentk.competitions.files.tables import several, table
from agentk.types.competition import TableFile

_SEPARATORS = ("_", "-", "|", ":", "/", " ", "__")
_KNOWN = 0.9  # share of the asked values that train must know
_FEWEST_DATES = 8  # columns called after dates, for a table to be one of series
_MOST_ROWS = 5_000_000  # of series below each other: earlier dates are left out of more
_LOOKED_AT = 5000


@dataclass(frozen=True)
class Parts:
    """How the values of the column `name` fall apart into columns of train."""

    name: str
    pattern: str
    into: tuple[str, ...]


@dataclass(frozen=True)
class Series:
    """A table with a column for every date: which columns tell the series, and which are dates."""

    keys: tuple[str, ...]
    dates: tuple[str, ...]


def things_at_times(
    folder: Path, train: TableFile, test: TableFile | None, sample: TableFile, others: Iterable[TableFile]
) -> tuple[TableFile, TableFile, str] | None:
    """Train and test with a row for each thing at a time, and what was done in words; None where that is not what is asked.

    test: None where only the ids of the sample say what is asked, or another table that has these ids.
    """
    rows, asked = table(folder, train), table(folder, sample)
    series = series_of(rows)
    told = "has no test file"
    known = {str(name): rows[name] for name in rows.columns}
    if series is not None:
        name = next(name for name in ("date", "day", "moment", "agentk_date") if name not in rows)
        known = {key: rows[key] for key in series.keys} | {name: pd.Series(series.dates).str.extract(r"(\d.*)")[0]}
        told = f"has a column for each of {len(series.dates)} dates, which become rows"
    if test is not None and series is not None:
        given = table(folder, test)
        date = next((str(n) for n in given.columns if is_date(given[n])), None)
        key = next((key for key in series.keys if key in given.columns), None)
        return (_long(train, series, key, date, str(asked.columns[-1])), test, told) if key and date else None
    if test is not None:
        return None
    key = str(asked.columns[0])
    for file in (sample, *(other for other in others if key in table(folder, other).columns)):
        listed = table(folder, file)
        if not set(asked[key]) <= set(listed[key]):
            continue
        columns = [str(n) for n in listed.columns if str(n) != asked.columns[-1]]
        found = parts_of_ids(listed, columns, known)
        if found is None:
            continue
        cut: dict[str, JsonValue] = {"name": found.name, "pattern": found.pattern, "into": [*found.into]}
        whole = {name: str(known[name].dtype) for name in found.into if types.is_integer_dtype(known[name])}
        spelled = with_options(file, columns=list(dict.fromkeys([str(asked.columns[0]), found.name])), cut=cut, dtypes=whole)
        if series is not None:
            thing = next(name for name in found.into if name in series.keys)
            date = next(name for name in found.into if name not in series.keys)
            train = _long(train, series, thing, date, str(asked.columns[-1]))
        return train, spelled, f"{told}: {found.name} in {file.path} is cut into {several(found.into)}"
    return None


def _long(file: TableFile, series: Series, key: str, date: str, value: str) -> TableFile:
    """`file` read with the values of its series below each other."""
    return with_options(file, columns=[key, *series.dates], melted={"keep": [key], "name": date, "value": value})


def parts_of_ids(asked: pd.DataFrame, columns: list[str], known: Mapping[str, pd.Series[Any]]) -> Parts | None:
    """The column among `columns` whose ids name a thing and a time that are known, in either order, joined by a sign."""
    for name in (name for name in columns if types.is_string_dtype(asked[name])):
        some = asked[name].dropna().astype("str").head(_LOOKED_AT)
        for pattern in _patterns():
            parts = some.str.extract(pattern)
            if parts.isna().any(axis=None):
                continue
            into = _columns_of(parts, known)
            if into is not None and any(is_date(parts[at]) for at in parts):
                return Parts(name, pattern, into)
    return None


def _patterns() -> Iterator[str]:
    for count in (1, 2):
        for separator in _SEPARATORS:
            sign, last = re.escape(separator), rf"([^{re.escape(separator[0])}]+)"
            yield "^(.+)" + (sign + last) * count + "$"
            yield "^" + (last + sign) * count + "(.+)$"


def _columns_of(parts: pd.DataFrame, known: Mapping[str, pd.Series[Any]]) -> tuple[str, ...] | None:
    """The known column of each part: one that knows its values, or holds dates as it does; None where one part has none."""
    into: list[str] = []
    for at in parts:
        values = parts[at]
        fits = [name for name, column in known.items() if name not in into and _fits(values, column)]
        if not fits:
            return None
        into.append(fits[0])
    return tuple(into)


def _fits(values: pd.Series[Any], column: pd.Series[Any]) -> bool:
    if types.is_float_dtype(column):
        return False
    if is_date(values):
        return is_date(column)
    return bool(values.isin(set(column.astype("str").unique())).mean() >= _KNOWN)


def series_of(train: pd.DataFrame) -> Series | None:
    """The series, where most columns of a table are called after dates and hold numbers."""
    numbers = [str(name) for name in train.columns if types.is_numeric_dtype(train[name])]
    dated = [name for name, is_one in zip(numbers, _dated(numbers), strict=True) if is_one]
    if len(dated) < _FEWEST_DATES or len(dated) < 0.5 * train.shape[1]:
        return None
    kept = tuple(str(name) for name in train.columns if str(name) not in set(dated))
    return Series(kept, tuple(dated[-most_of(len(train)) :]))


def most_of(rows: int) -> int:
    """How many steps of so many series are set below each other, the last of them."""
    return max(_FEWEST_DATES, _MOST_ROWS // rows)


def _dated(names: list[str]) -> list[bool]:
    shaped = [re.fullmatch(r"\D{0,3}\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?", name) is not None for name in names]
    found = [name for name, is_one in zip(names, shaped, strict=True) if is_one]
    return shaped if found and dates(pd.Series(found)).notna().all() else [False] * len(names)
