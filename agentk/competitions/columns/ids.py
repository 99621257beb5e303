"""Which columns identify the rows: those the sample submission repeats, those called as ids are, or none."""

from __future__ import annotations

from typing import Any

import pandas as pd
from pandas.api import types

from agentk.competitions.columns.kinds import looks_like_id
from agentk.competitions.draft import Draft
from agentk.competitions.files.tables import is_excerpt, parts_of, sample_of, several
from agentk.errors import CompetitionError


def find_ids(draft: Draft) -> Draft:
    """Fills `id_columns`; empty where rows are answered in their order."""
    train, test = parts_of(draft)
    sample = sample_of(draft)
    if draft.overrides.id:
        missing = [name for name in draft.overrides.id if name not in test.columns]
        if missing:
            raise CompetitionError(f"--id {' '.join(missing)}: the test file has no such column. It has {several(test.columns)}.")
        return draft.grown(id_columns=draft.overrides.id, reason=f"ids as {draft.speaker} said")
    if draft.sample and sample is not None:
        shared = tuple(name for name in sample.columns if name in test.columns and name not in _only_in(train, test, sample))
        shared = tuple(name for name in shared if not test[name].isna().all())
        if shared:
            few = f"{draft.sample.path} shows {len(sample)} of the {len(test)} test rows: all of them are answered"
            return draft.grown(
                id_columns=shared,
                reason=f"{several(shared)} identifies the rows: the sample submission repeats it",
                doubt=few if is_excerpt(sample, len(test)) else None,
            )
        renamed = next((n for n in test.columns if len(test) == len(sample) and _same_values(test[n], sample.iloc[:, 0])), None)
        if renamed:
            return draft.grown(
                id_columns=(renamed,), reason=f"{renamed} holds the ids of the sample submission under another name"
            )
        doubt = None if _counts(sample.iloc[:, 0]) else f"the rows of test are taken to be in the order of {draft.sample.path}"
        return draft.grown(id_columns=(), reason="the test file has no ids: rows are answered in their order", doubt=doubt)
    named = [name for name in test.columns if looks_like_id(name) and test[name].is_unique]
    if named:
        return draft.grown(
            id_columns=(named[0],), reason=f"{named[0]} is called as ids are, and no value occurs twice in the test file"
        )
    return draft.grown(id_columns=(), doubt="the test file has no ids: the row number is used (--id COLUMN names one)")


def _only_in(train: pd.DataFrame, test: pd.DataFrame, sample: pd.DataFrame) -> set[str]:
    """Columns of the sample that the test file has too, empty or not, yet are answers: the last one where all are shared."""
    shared = [name for name in sample.columns if name in test.columns]
    return {shared[-1]} if len(shared) == len(sample.columns) > 1 and shared[-1] in train.columns else set()


def _counts(values: pd.Series[Any]) -> bool:
    """Whether values are whole numbers that go up by one from row to row."""
    return types.is_integer_dtype(values) and bool((values.diff().dropna() == 1).all())


def _same_values(first: pd.Series[Any], second: pd.Series[Any]) -> bool:
    return first.is_unique and set(first.astype(str)) == set(second.astype(str))
