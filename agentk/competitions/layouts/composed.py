"""Ids of a sample submission that are composed of the test table's own columns: 12_3_2020-05-01 of shop, aisle and day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from pandas.api import types

from agentk.competitions.draft import Draft
from agentk.competitions.files.tables import several, table

_SEPARATORS = "_-|:/ "
_MOST_COLUMNS = 30  # of the test table that are tried
_LONGEST = 40  # characters of a value


def compose_ids(draft: Draft) -> Draft:
    """Has the test table read with a column of its ids, where the sample submission makes them of its columns."""
    if draft.sample is None or draft.overrides.id:
        return draft
    assert draft.test
    asked, test = table(draft.folder, draft.sample).iloc[:, 0], table(draft.folder, draft.test)
    if asked.name in test.columns or len(asked) != len(test) or not types.is_string_dtype(asked) or not asked.is_unique:
        return draft
    found = _composition(asked, test)
    if found is None:
        return draft
    columns, separator = found
    composed = {"name": str(asked.name), "of": columns, "separator": separator}
    file = draft.test.model_copy(update={"options": {**draft.test.options, "composed": composed}})
    return draft.grown(test=file, reason=f"{asked.name} is composed of {several(columns)}, joined by '{separator}'")


def _composition(asked: pd.Series[Any], test: pd.DataFrame) -> tuple[list[str], str] | None:
    """The columns whose values, joined by a separator, are the ids asked for."""
    names = [str(name) for name in test.columns if not types.is_float_dtype(test[name])][:_MOST_COLUMNS]
    spelled = test[[name for name in names if not test[name].isna().any()]].astype(str)
    values = {str(name): set(column) for name, column in spelled.items() if len(column.iloc[0]) <= _LONGEST}
    wanted = set(asked)
    for separator in _SEPARATORS:
        for columns in _chains(str(asked.iloc[0]), separator, values):
            first, *others = columns
            if others and set(spelled[first].str.cat(spelled[others], sep=separator)) == wanted:
                return columns, separator
    return None


def _chains(rest: str, separator: str, values: dict[str, set[str]], used: tuple[str, ...] = ()) -> Iterator[list[str]]:
    """The orders of columns in which one id can be spelled."""
    for name in (name for name in values if name not in used):
        if rest in values[name]:
            yield [*used, name]
        cuts = [at for at, sign in enumerate(rest) if sign == separator]
        for at in cuts:
            if rest[:at] in values[name]:
                yield from _chains(rest[at + 1 :], separator, values, (*used, name))
