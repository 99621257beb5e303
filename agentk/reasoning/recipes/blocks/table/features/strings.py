"""Structured strings such as "B/45/P", "Lee, Dr. Ann", "AB 1234" or "0001_01" taken apart: pieces, prefixes, numbers, counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.task import Features

SEPARATORS = ("/", "_", "-", ":", "|", ";", ", ", ",", ".", " ")
REGULAR = 0.9  # share of the values that must be built alike
CODE = re.compile(r"^(?P<prefix>.*?)\s*(?P<number>\d+)\D*$")


def string_parts(name: str, values: pd.Series[Any], train_rows: int) -> Features:
    """Pieces of the strings of a column, where most of them are built alike; nothing where they are not."""
    if values.nunique() < 10:
        return {}
    words = values.astype("string").str.strip()
    known = words.dropna()
    separator, count = regular_separator(known)
    if separator is None:
        return prefix_and_number(name, words, train_rows)
    pieces = of_distinct(words, lambda distinct: distinct.str.split(separator, n=count, expand=True))
    features: Features = {}
    for place in pieces.columns:
        label = f"{name}[{place}]"
        piece = pieces[place].str.strip()
        numbers = pd.to_numeric(piece, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        if np.isnan(numbers).sum() <= piece.isna().sum() + (1 - REGULAR) * len(piece):
            features[label] = numbers
        features |= as_category(label, piece, train_rows)
        first_word = piece.str.split(" ", n=1).str[0]
        if first_word.nunique() < 0.5 * piece.nunique():
            features |= as_category(f"{label} first word", first_word, train_rows)
        if 0.01 < piece.nunique() / len(piece) < 0.95:
            features[f"{label} count"] = occurrences(piece)
    return features


def regular_separator(known: pd.Series[Any]) -> tuple[str | None, int]:
    """The separator that occurs equally often, one to five times, in nearly all strings, and how often."""
    sample = known.iloc[:2000]
    for separator in SEPARATORS:
        found = sample.str.count(re.escape(separator))
        count = int(found.mode().iloc[0])
        if 1 <= count <= 5 and float((found == count).mean()) >= REGULAR:
            return separator, count
    return None, 0


def prefix_and_number(name: str, words: pd.Series[Any], train_rows: int) -> Features:
    """The letters before the last number of each string, and that number."""
    found = of_distinct(words, lambda distinct: distinct.str.extract(CODE))
    numbers = pd.to_numeric(found["number"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    prefix = found["prefix"].str.replace(r"[^A-Za-z]", "", regex=True).str.upper()
    features: Features = {}
    if np.mean(~np.isnan(numbers)) > 0.05:
        features[f"{name} number"] = numbers
        features[f"{name} length"] = words.str.len().to_numpy(dtype=float, na_value=np.nan)
        features |= as_category(f"{name} prefix", prefix, train_rows)
    return features


def of_distinct(words: pd.Series[Any], take_apart: Callable[[pd.Series[Any]], pd.DataFrame]) -> pd.DataFrame:
    """What `take_apart` makes of each row, computed once for strings that occur often."""
    codes, distinct = words.factorize()
    return take_apart(pd.Series(distinct, dtype="string")).reindex(codes).set_index(words.index)


def as_category(label: str, piece: pd.Series[Any], train_rows: int) -> Features:
    """The pieces as categories, the rare ones as one; nothing where there are too many or only one."""
    counts = piece.iloc[:train_rows].value_counts()
    frequent = counts.index[counts >= max(3, 0.002 * train_rows)]
    covered = piece.isin(frequent)
    if not 1 <= len(frequent) <= 100 or covered.sum() < 0.5 * piece.notna().sum():
        return {}
    return {
        label + " kind": piece.astype(object)
        .where(covered | piece.isna(), "(rare)")
        .where(piece.notna(), None)
        .astype("category")
    }


def count_feature(name: str, values: pd.Series[Any]) -> Features:
    """How many rows share the value, where some do and some do not."""
    share = values.nunique() / max(values.notna().sum(), 1)
    return {f"{name}:count": occurrences(values)} if 0.001 < share < 0.98 else {}


def occurrences(values: pd.Series[Any]) -> Any:
    """(N,) rows that hold the same value; NaN where there is none."""
    codes, _ = pd.factorize(values)
    return np.append(np.bincount(codes[codes >= 0]).astype(float), np.nan)[codes]
