"""Candidates to be ranked: test has several rows for each id of the sample, whose cells list what these rows name, best first."""

from __future__ import annotations

import pandas as pd
from pandas.api import types

from agentk.competitions.draft import Draft
from agentk.competitions.files.tables import parts_of, sample_of, several
from agentk.competitions.metrics import metric_named
from agentk.competitions.metrics.wording import in_evaluation
from agentk.errors import CompetitionError
from agentk.types.competition import Candidates

_LOOKED_AT = 200  # cells of the sample


def find_candidates(draft: Draft) -> Draft:
    """Fills candidates, ids and targets where rows of test are candidates of which each id ranks its own.

    Raises CompetitionError where several columns may say which of them is chosen.
    """
    sample = sample_of(draft)
    train, test = parts_of(draft)
    if sample is None or sample.shape[1] != 2:
        return draft
    key, answer = map(str, sample.columns)
    if key not in train or key not in test or not sample[key].is_unique or test[key].is_unique:
        return draft
    if set(sample[key]) != set(test[key]) or (item := _item(sample, test, key, answer)) is None:
        return draft
    alone = [str(name) for name in train.columns if name not in test.columns]
    targets = [name for name in draft.overrides.target or alone if name in train and types.is_numeric_dtype(train[name])]
    if len(targets) != 1:
        raise CompetitionError(
            f"{draft.folder}: the sample ranks {item} of each {key}, and {several(alone) or 'no column'} may say which of them "
            "was right. Name it with --target COLUMN."
        )
    meant = [metric_named(mention.metric).places for mention in in_evaluation(draft.description)]
    most = next((places for places in meant if places), None)
    return draft.grown(
        id_columns=(key,),
        targets=tuple(targets),
        candidates=Candidates(key=key, item=item, most=most),
        reason=f"each {key} ranks its rows of test by how likely {targets[0]} is: the sample lists {item}, the best first",
    )


def _item(sample: pd.DataFrame, test: pd.DataFrame, key: str, answer: str) -> str | None:
    """The column of test that names what the cells of the sample list, the one called like the answer before others."""
    some = sample.head(_LOOKED_AT).set_index(key)[answer].astype("str").str.split()
    rows = test[test[key].isin(some.index)]
    for name in sorted((str(name) for name in test.columns if name != key), key=lambda name: name != answer):
        if types.is_float_dtype(test[name]) or rows.duplicated([key, name]).any():
            continue
        own = rows[name].astype("str").groupby(rows[key]).agg(set).to_dict()
        if all(set(words) <= own[at] for at, words in some.items()) and some.map(len).sum() > 0:
            return name
    return None
