"""What the values of a column are: numbers, categories, dates, texts, lists, pictures, identifiers."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from agentk.types.competition import Column, ColumnKind
from agentk.types.metric import Array

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")

_LOOKED_AT = 2000  # values of a column that are looked at one by one
_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}:\d{2}|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b", re.IGNORECASE
)
_DAY_AND_MONTH = re.compile(r"^\s*(\d{1,2})[./-](\d{1,2})[./-]\d{2,4}\b")
_TIME_NAME = re.compile(
    r"(?i:(^|_)(time|timestamp|date|day|week|month|quarter|year|yr|season|period|step|unix|epoch|dt)(_|$)|time(stamp)?$)|[a-z]DT$"
)
_ID_NAME = re.compile(r"(?i:(^|[_\W])(id|ids|uuid|guid|key|index|rowid|row_id|no)$|^unnamed: ?0$)|[a-z](Id|ID)$")


def described(name: str, train: pd.Series[Any], test: pd.Series[Any]) -> Column:
    """The column's kind, share of missing values and number of distinct values, from train with a glance at test."""
    known = train.dropna()
    unique = _distinct(known)
    kind = _kind(name, known, unique, len(train), test)
    length = float(_looked(known).astype(str).str.len().mean()) if kind is ColumnKind.TEXT else 0.0
    return Column(name=name, kind=kind, missing=1 - len(known) / len(train), unique=unique, length=length)


def looks_like_id(name: str) -> bool:
    """Whether a column is called as identifiers are."""
    return _ID_NAME.search(name.replace(" ", "_")) is not None


def called_time(name: str) -> bool:
    """Whether a column is called as times are."""
    return _TIME_NAME.search(name) is not None


def is_date(values: pd.Series[Any]) -> bool:
    """Whether nearly all of some values are dates or times: datetimes, or strings that read as such."""
    if types.is_datetime64_any_dtype(values):
        return True
    if not types.is_string_dtype(values):
        return False
    looked = _looked(values.dropna()).astype(str)
    if looked.empty or not looked.str.contains(_DATE).mean() > 0.95 or looked.str.len().mean() > 40:
        return False
    return bool(dates(looked).notna().mean() > 0.95)


def dates(values: pd.Series[Any]) -> pd.Series[Any]:
    """Values as UTC datetimes, missing where they are none; 25.03.2020 and 03/25/2020 are told apart by what fits them all."""
    day_first = is_day_first(values)
    if types.is_string_dtype(values):  # a time zone by name takes a hundred times as long to read as by its letter
        values = values.astype("string").str.replace(" UTC", "Z", regex=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # about formats that differ from value to value
        parsed = pd.to_datetime(values, errors="coerce", utc=True, dayfirst=day_first)
        if parsed.notna().sum() < 0.99 * values.notna().sum():
            other = pd.to_datetime(values, errors="coerce", utc=True, dayfirst=day_first, format="mixed")
            parsed = other if other.notna().sum() > parsed.notna().sum() else parsed
    return parsed


def moments(values: pd.Series[Any]) -> Array:
    """(N,) seconds of dates, numbers as they are; NaN where one is missing."""
    if types.is_numeric_dtype(values):
        return np.asarray(values.to_numpy(dtype=float, na_value=np.nan), float)
    seconds = (dates(values) - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    return np.asarray(seconds.to_numpy(dtype=float, na_value=np.nan), float)


def is_day_first(values: pd.Series[Any]) -> bool:
    """Whether dates are written as 25.03.2020: their first number goes beyond 12, their second never does."""
    if not types.is_string_dtype(values):
        return False
    parts = values.dropna().astype(str).str.extract(_DAY_AND_MONTH).dropna().astype(int)
    return len(parts) > 0 and bool(parts[0].max() > 12 >= parts[1].max())


def _kind(name: str, known: pd.Series[Any], unique: int, rows: int, test: pd.Series[Any]) -> ColumnKind:
    if unique == 0 or (unique == 1 and len(known) == rows and _distinct(test.dropna()) <= 1):
        return ColumnKind.CONSTANT
    if types.is_bool_dtype(known):
        return ColumnKind.BOOLEAN
    if types.is_numeric_dtype(known):
        return _numeric_kind(name, known, unique)
    looked = _looked(known)
    if looked.map(lambda value: isinstance(value, list)).any():
        return ColumnKind.LIST
    if looked.map(lambda value: isinstance(value, bool)).all():
        return ColumnKind.BOOLEAN
    if is_date(known):
        return ColumnKind.DATETIME
    return _words_kind(looked.astype(str), unique / max(len(known), 1), len(known))


def _numeric_kind(name: str, known: pd.Series[Any], unique: int) -> ColumnKind:
    if unique == 2 and set(known.unique()) == {0, 1}:
        return ColumnKind.BOOLEAN
    if len(known) <= 20 or unique <= 0.9 * len(known) or not types.is_integer_dtype(known):
        return ColumnKind.NUMERIC
    counts_up = unique == len(known) and bool((known.diff().dropna() == 1).all())
    return ColumnKind.IDENTIFIER if counts_up or looks_like_id(name) else ColumnKind.NUMERIC


def _words_kind(looked: pd.Series[str], distinct: float, rows: int) -> ColumnKind:
    if looked.str.startswith("[").mean() > 0.9 and looked.str.endswith("]").mean() > 0.9:
        return ColumnKind.LIST
    if looked.str.lower().str.endswith(PICTURES).mean() > 0.9:
        return ColumnKind.IMAGE
    words = looked.str.count(r"\s+").mean() + 1
    if (words >= 3 and distinct > 0.3) or looked.str.len().mean() > 60:
        return ColumnKind.TEXT
    return ColumnKind.IDENTIFIER if distinct > 0.9 and rows > 20 else ColumnKind.CATEGORICAL


def _looked(known: pd.Series[Any]) -> pd.Series[Any]:
    return known if len(known) <= _LOOKED_AT else known.iloc[:: len(known) // _LOOKED_AT + 1]


def _distinct(known: pd.Series[Any]) -> int:
    try:
        return int(known.nunique())
    except TypeError:  # lists and objects of JSON
        return int(known.astype(str).nunique())
