"""Training rows below each other, one for each of a few questions about a thing: made one row a thing, a target a question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pandas.api import types
from pydantic import JsonValue

from agentk.competitions.columns.kinds import called_time, is_date
from agentk.competitions.columns.spelling import with_options
from agentk.competitions.draft import Draft
from agentk.competitions.files.tables import parts_of, several, table
from agentk.competitions.pictures.named import named_files
from agentk.types.competition import Cells, TableFile

_MOST = 60  # questions about a thing
_LOOKED_AT = 1000  # rows whose ids are cut before those of all
_WHOLE = 0.9  # share of the questions that a thing is asked on average
_THING, _ASKED = "agentk_thing", "agentk_asked"  # columns that ids are cut into
_MOST_GRADES = 30  # different numbers that may be classes
_MOST_PARTS = 4  # of the name of a thing within an id
_SIGNS = (r"__", r"_", r"-", r"\|", r":", r" ", r"\.")


@dataclass(frozen=True)
class _Grid:
    """Which columns name things and questions, and the cut of the ids that makes them, where one does."""

    entity: str
    question: str
    cut: dict[str, JsonValue] | None = None

    def of(self, file: TableFile) -> TableFile:
        return with_options(file, cut=self.cut) if self.cut else file


def set_side_by_side(draft: Draft) -> Draft:
    """Fills cells, ids and targets where train and test have a row for each of the same questions about things of their own.

    Only where nothing but the id and the answer differs between a thing's rows, and the answers are yes and no, or amounts.
    """
    if draft.sample is None or draft.train is None or draft.test is None:
        return draft
    train, test = (_plain(part) for part in parts_of(draft))
    sample = table(draft.folder, draft.sample)
    key, value = str(sample.columns[0]), str(sample.columns[-1])
    if sample.shape[1] != 2 or key not in test or value not in train or not _are_amounts(train[value]):
        return draft
    if key in train and named_files(draft.folder, train[key]):
        return draft  # each row has a picture of its own
    for grid in _grids(train, test, key):
        parts = [_cut(part, grid) for part in (train, test)]
        if not _is_grid(parts[0], parts[1], grid, key, value):
            continue
        questions = sorted(map(str, parts[0][grid.question].unique()))
        drop: tuple[list[JsonValue], ...] = tuple([key] if key in part and grid.entity != key else [] for part in (train, test))
        wide: dict[str, JsonValue] = {"on": grid.entity, "name": grid.question}
        cells = Cells(table=draft.test, entity=grid.entity, target=grid.question)
        if grid.cut is not None:
            cut = with_options(draft.sample, cut={**grid.cut, "into": [_THING, _ASKED]})
            cells = Cells(table=cut, entity=_THING, target=_ASKED)
        return draft.grown(
            train=with_options(grid.of(draft.train), pivot={**wide, "value": value, "drop": drop[0]}),
            test=with_options(grid.of(draft.test), pivot={**wide, "value": None, "drop": drop[1]}),
            cells=cells,
            id_columns=(grid.entity,),
            targets=tuple(questions),
            reason=f"rows ask {several(questions)} of each {grid.entity}: one row each, with as many targets",
        )
    return draft


def _are_amounts(values: pd.Series[Any]) -> bool:
    """Whether values are 0 and 1, or numbers that are no grades."""
    if not types.is_numeric_dtype(values) and not types.is_bool_dtype(values.dropna()):
        return False
    known = values.dropna()
    return known.nunique() > _MOST_GRADES or bool(known.isin((0, 1)).all())


def _grids(train: pd.DataFrame, test: pd.DataFrame, key: str) -> Iterator[_Grid]:
    """What may name things and questions: two columns, or the parts of the id."""
    shared = [str(name) for name in train.columns if name in test.columns and name != key]
    things = [name for name in shared if not called_time(name) and not is_date(train[name])]  # what is asked day by day is none
    words = [name for name in shared if types.is_string_dtype(train[name]) and 2 <= train[name].nunique() <= _MOST]
    rows, counts = (len(train), len(test)), {name: (train[name].nunique(), test[name].nunique()) for name in things}
    for question in words:
        asked = train[question].nunique()
        fitting = (name for name in things if name != question and all(map(_fits, rows, counts[name], (asked, asked))))
        yield from (_Grid(entity, question) for entity in fitting)
    if key in train and types.is_string_dtype(train[key]):
        head = train[[key]].head(_LOOKED_AT)
        for sign in _SIGNS:
            first = [rf"^((?:.+?{sign}){{{count}}}.+?){sign}(.+)$" for count in range(_MOST_PARTS)]
            for pattern in (rf"^(.+){sign}(.+?)$", *first):
                grid = _Grid(key, _ASKED, {"name": key, "pattern": pattern, "into": [key, _ASKED]})
                if train[key].head(20).str.fullmatch(pattern).all() and _cut(head, grid)[_ASKED].nunique() <= _MOST:
                    yield grid


def _plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Lists and objects of JSON as text, so that they can be told apart."""
    nested = [name for name in rows.columns if rows[name].dtype == "object" and isinstance(rows[name].iloc[0], list | dict)]
    return rows.assign(**{str(name): rows[name].astype("str") for name in nested})


def _cut(rows: pd.DataFrame, grid: _Grid) -> pd.DataFrame:
    if grid.cut is None:
        return rows
    parts = rows[grid.entity].astype("str").str.extract(str(grid.cut["pattern"]))
    return rows.assign(**{grid.entity: parts[0], grid.question: parts[1]})


def _fits(rows: int, things: int, questions: int) -> bool:
    """Whether so many rows may ask each question of nearly every thing, and none twice."""
    return things > 1 and _WHOLE * things * questions <= rows <= things * questions


def _is_grid(train: pd.DataFrame, test: pd.DataFrame, grid: _Grid, key: str, value: str) -> bool:
    """Whether the same questions are asked of nearly every thing, once, of other things in test, and nothing else differs."""
    entity, question = grid.entity, grid.question
    asked = [set(part[question].dropna().unique()) for part in (train, test)]
    if asked[0] != asked[1] or not 2 <= len(asked[0]) <= _MOST or asked[0] & set(train.columns):
        return False
    for part in (train, test):
        whole = _fits(len(part), part[entity].nunique(), len(asked[0])) and not part.duplicated([entity, question]).any()
        if not whole or part[[entity, question]].isna().any(axis=None):
            return False
    if set(train[entity]) & set(test[entity]):
        return False
    others = [name for name in train.columns if name in test.columns and name not in (entity, question, key, value)]
    return all(bool((part.groupby(entity)[name].nunique(dropna=False) <= 1).all()) for part in (train, test) for name in others)
