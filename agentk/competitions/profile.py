"""The profile of a competition's columns: spread, gaps, shifts, and how much each says about the target alone.

Everything is taken from a seeded sample of rows, and only so many columns are kept: the facts stay small and take about a
second however large the table is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from agentk.competitions.columns.kinds import dates
from agentk.competitions.scoring.truth import plain_values
from agentk.types.competition import Column, ColumnKind, Competition, TaskKind
from agentk.types.metric import Array
from agentk.types.profile import ColumnProfile, Numbers, Profile, Share, TargetProfile

COLUMNS = 120
"""Columns that are kept: those that say most about the target."""
ROWS, WIDE_ROWS, WIDE = 20_000, 2_000, 300
"""Rows that are looked at; fewer where there are more than `WIDE` columns."""
VALUES, EXAMPLES, LENGTH = 8, 4, 80
BINS = 10
GRADES = 12
"""Different numbers that a target may have, each in ten rows or more on average, for their shares to be told."""

_WORDS = (ColumnKind.CATEGORICAL, ColumnKind.BOOLEAN, ColumnKind.IDENTIFIER)
_LONG = (ColumnKind.TEXT, ColumnKind.LIST, ColumnKind.IMAGE)


def profile_of(competition: Competition, train: pd.DataFrame, test: pd.DataFrame, truth: Array) -> Profile:
    """The profile of labelled rows `train`, whose targets are `truth` as `encode_truth` gives them, beside `test`."""
    most = ROWS if len(competition.columns) <= WIDE else WIDE_ROWS
    rows = np.random.default_rng(0).permutation(len(train))[:most]
    rows.sort()
    looked, aims, beside = train.iloc[rows], _aims(competition, truth[rows]), test.iloc[:most]
    known = [column for column in competition.columns if column.name in train and column.kind is not ColumnKind.PIXEL]
    signals = {column.name: _signal(column, looked[column.name], aims) for column in known}
    known.sort(key=lambda column: -signals[column.name])
    return Profile(
        targets=tuple(_target(name, train[name], competition) for name in competition.targets),
        columns=tuple(_column(column, looked, beside, signals[column.name]) for column in known[:COLUMNS]),
    )


def _aims(competition: Competition, truth: Array) -> Array:
    """(N, A) what a column may explain: an indicator of each class, or the ranks of each target."""
    if competition.task.classifies:
        codes = truth.astype(int)
        return np.asarray(np.eye(max(len(competition.classes), int(codes.max()) + 1))[codes], dtype=float)
    # Equal targets share a rank: told apart by their place in the file, they would make an id look like a column that tells.
    ranks = pd.DataFrame(plain_values(competition, truth)).rank()
    return ranks.fillna(ranks.mean()).to_numpy(dtype=float)


def _signal(column: Column, values: pd.Series[Any], aims: Array) -> float:
    """The correlation ratio of the target over bins of the column, a bin for what is missing included; 0 for long texts."""
    if column.kind in _LONG or column.kind is ColumnKind.CONSTANT:
        return 0.0
    groups = _groups(dates(values).astype("int64") if column.kind is ColumnKind.DATETIME else values)
    count = np.bincount(groups)
    filled = int((count > 0).sum())
    n = len(groups)
    if filled < 2 or n <= filled + 1:
        return 0.0
    total = ((aims - aims.mean(axis=0)) ** 2).sum()
    sums = np.stack([np.bincount(groups, weights=aims[:, a]) for a in range(aims.shape[1])], axis=1)[count > 0]
    between = ((sums / count[count > 0, None] - aims.mean(axis=0)) ** 2 * count[count > 0, None]).sum()
    ratio = float(between / total) if total > 0 else 0.0
    return round(max(0.0, 1.0 - (1.0 - ratio) * (n - 1) / (n - filled)), 4)


def _groups(values: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """A bin for each row: tenths of numbers, the values of words."""
    if types.is_bool_dtype(values) or not types.is_numeric_dtype(values):
        codes, _ = pd.factorize(values.astype(str).where(values.notna()))
        return np.asarray(codes, dtype=np.int64) + 1
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    there = ~np.isnan(numbers)
    edges = np.unique(np.quantile(numbers[there], np.linspace(0, 1, BINS + 1)[1:-1])) if there.any() else np.empty(0)
    return np.where(there, np.searchsorted(edges, numbers, side="right") + 1, 0)


def _target(name: str, values: pd.Series[Any], competition: Competition) -> TargetProfile:
    if competition.task is TaskKind.SPANS:
        return TargetProfile(name=name, numbers=_numbers(values.astype(str).str.count(r"\S+")))
    if types.is_numeric_dtype(values) and not competition.task.classifies and not types.is_bool_dtype(values):
        few = 2 < values.nunique() <= min(GRADES, len(values) // 10)
        return TargetProfile(name=name, numbers=_numbers(values), shares=_shares(values, sort=False) if few else ())
    return TargetProfile(name=name, shares=_shares(values))


def _shares(values: pd.Series[Any], *, sort: bool = True) -> tuple[Share, ...]:
    """The most frequent first, or in the order of the values."""
    counts = values.value_counts(normalize=True)
    counts = counts if sort else counts.sort_index()
    return tuple(Share(value=str(value), share=round(float(share), 4)) for value, share in counts[:20].items())


def _span(values: pd.Series[Any]) -> tuple[str, str] | None:
    text = values.astype(str)
    return (str(text.min()), str(text.max())) if len(text) else None


def _column(column: Column, train: pd.DataFrame, test: pd.DataFrame, signal: float) -> ColumnProfile:
    values = train[column.name]
    others = test[column.name] if column.name in test else values[:0]
    known = values.dropna()
    facts: dict[str, Any] = {}
    if column.kind is ColumnKind.NUMERIC and types.is_numeric_dtype(known) and len(known):
        facts["numbers"] = _numbers(known)
    elif column.kind is ColumnKind.DATETIME and len(known):
        facts["span"], facts["test_span"] = _span(known), _span(others.dropna())
    elif column.kind is ColumnKind.TEXT and len(known):
        facts["words"] = round(float(known.astype(str).str.count(r"\S+").mean()), 1)
    elif column.kind in _WORDS and len(known):
        shares = known.astype(str).value_counts(normalize=True)
        if shares.iloc[0] * len(known) > 1:
            facts["shares"] = tuple(
                Share(value=_cut(value), share=round(float(share), 4)) for value, share in shares[:VALUES].items()
            )
        there = others.dropna().astype(str)
        facts["unseen"] = round(float((~there.isin(set(known.astype(str)))).mean()), 4) if len(there) else 0.0
    examples = dict.fromkeys(_cut(value) for value in known.iloc[: 50 * EXAMPLES])
    return ColumnProfile(
        name=column.name,
        signal=signal,
        test_missing=round(float(others.isna().mean()), 4) if len(others) else 0.0,
        examples=tuple(examples)[:EXAMPLES],
        **facts,
    )


def _numbers(values: pd.Series[Any]) -> Numbers:
    numbers = values.dropna().to_numpy(dtype=float)
    low, quarter, median, three_quarters, high = (_short(value) for value in np.quantile(numbers, (0, 0.25, 0.5, 0.75, 1)))
    return Numbers(
        low=low,
        quarter=quarter,
        median=median,
        three_quarters=three_quarters,
        high=high,
        mean=_short(numbers.mean()),
        std=_short(numbers.std()),
        zeros=round(float((numbers == 0).mean()), 4),
        whole=bool((numbers == np.round(numbers)).all()),
    )


def _short(value: Any) -> float:
    """Six significant digits."""
    return float(f"{float(value):.6g}")


def _cut(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= LENGTH else text[: LENGTH - 1] + "…"
