"""Differences between train and test that a person should know of. Shown, never acted on."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from pandas.api import types

from agentk.competitions.files.tables import several
from agentk.competitions.validation.relation import as_numbers, told_apart
from agentk.types.competition import ColumnKind, Competition

Codes: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

_ROWS = 100_000  # of train that are looked at for what it knows
_SHIFT_ROWS = 3_000  # of each, for telling them apart
_SHIFT_COLUMNS = 100
_FEWEST_ROWS = 50
_APART = 0.6  # area under the ROC from which on it is said


def shift(competition: Competition, train: pd.DataFrame, test: pd.DataFrame) -> tuple[str, ...]:
    """How well a fixed model tells test rows from training rows, and by which columns; nothing where it hardly does."""
    names = _compared(competition, train, test)
    if not names:
        return ()
    first, second = train[names].iloc[_places(len(train), _SHIFT_ROWS)], test[names].iloc[_places(len(test), _SHIFT_ROWS)]
    both = as_numbers(pd.concat([first, second], ignore_index=True))
    auc, importance = told_apart(both[: len(first)], both[len(first) :])
    if auc <= _APART:
        return ()
    strongest = [names[at] for at in np.argsort(-importance)[:3] if importance[at] > 0.05]
    return (f"train and test differ: a model tells their rows apart with AUC {auc:.2f}, mostly by {several(strongest)}",)


def unseen(competition: Competition, train: pd.DataFrame, test: pd.DataFrame) -> tuple[str, ...]:
    """Columns out of support: many test rows hold what train does not."""
    names = _compared(competition, train, test)
    rows = train[names].iloc[_places(len(train), _ROWS)], test[names].iloc[_places(len(test), _SHIFT_ROWS)]
    return tuple(_unseen(*rows))


def _compared(competition: Competition, train: pd.DataFrame, test: pd.DataFrame) -> list[str]:
    """The columns that are looked at; none where there are too few rows to say anything."""
    if min(len(train), len(test)) < _FEWEST_ROWS:
        return []
    ignored = (ColumnKind.CONSTANT, ColumnKind.IDENTIFIER, ColumnKind.IMAGE, ColumnKind.PIXEL)
    names = [c.name for c in competition.columns if c.kind not in ignored and c.name not in competition.id_columns]
    return [name for name in names if name != competition.validation.column][:_SHIFT_COLUMNS]


def _places(rows: int, most: int) -> Codes:
    """Row numbers, evenly spread and in order."""
    return np.unique(np.linspace(0, rows - 1, min(rows, most)).astype(np.int64))


def _unseen(train: pd.DataFrame, test: pd.DataFrame) -> list[str]:
    """Columns in which many test rows hold what train does not."""
    found = []
    for name in test.columns:
        known, asked = train[name].dropna(), test[name].dropna()
        if known.empty or len(asked) < 50 or known.dtype == "object":
            continue
        if types.is_numeric_dtype(known) and not types.is_bool_dtype(known):
            outside = float(((asked < known.min()) | (asked > known.max())).mean())
            if outside > 0.05:
                found.append(f"{outside:.0%} of the test rows have a {name} outside the range of train")
        elif known.nunique() < 0.2 * len(known):
            outside = float((~asked.isin(known.unique())).mean())
            if outside > 0.05:
                found.append(f"{outside:.0%} of the test rows have a {name} that train does not know")
    return found
