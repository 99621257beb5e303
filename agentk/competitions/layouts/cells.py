"""Submissions with a row for every answer instead of one for every test row: which target of which row each row asks for.

A table beside the sample may tell it, two columns of the sample, or its ids, composed of both: 17_humidity.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api import types
from pydantic import JsonValue

from agentk.competitions.columns.spelling import with_options
from agentk.competitions.draft import Draft
from agentk.competitions.files.listing import listed
from agentk.competitions.files.rows import cells_asked
from agentk.competitions.files.sniffing import encoding_of, sniffed
from agentk.competitions.files.tables import LARGEST, is_excerpt, parts_of, table
from agentk.types.competition import Cells, Competition, TableFile

_LOOKED_AT = 2000  # rows of the sample, before all of them are
_PARTS = ("agentk_row", "agentk_target")  # what the parts of an id are called


def find_cells(draft: Draft) -> Draft:
    """Fills cells, ids and targets where the sample submission asks for several answers of a test row below each other."""
    if draft.sample is None or draft.cells is not None:
        return draft
    train, test = parts_of(draft)
    sample = table(draft.folder, draft.sample)
    alone = [str(name) for name in train.columns if name not in test.columns]
    if len(alone) < 2 or len(sample) < 2 or sample.shape[1] < 2 or is_excerpt(sample, len(test)):
        return draft
    for name, file in _lookups(draft, sample, len(test)):
        found = _told(draft, file, sample, test, alone)
        if found is None:
            continue
        cells, ids, targets = found
        if not all(types.is_numeric_dtype(train[target]) or types.is_bool_dtype(train[target].dropna()) for target in targets):
            longer = _below_each_other(draft, name, cells, ids, targets)
            if longer is None:
                continue
            return longer
        if cells.target == _PARTS[1] and sample.shape[1] > 2:
            continue  # several answers of each are asked for, which numbers do not have
        asked = f"{len(sample)} answers, of {len(targets)} targets of {len(test)} test rows"
        said = draft.overrides
        if (said.target and set(said.target) != set(targets)) or (said.id and said.id != (ids,)):
            continue
        return draft.grown(
            cells=cells,
            id_columns=(ids,),
            targets=tuple(targets),
            unused=tuple(other for other in draft.unused if other != name),
            reason=f"{name} asks for {asked}, one below the other, each named by its row ({ids}) and its target",
        )
    return draft


def asked_of(contract: Draft | Competition, test: pd.DataFrame) -> tuple[Any, Any]:
    """(R,) places among the test rows and (R,) among the targets of each row of the submission; -1 where one is unknown."""
    assert contract.cells and contract.sample
    sample, lookup = (table(contract.folder, file) for file in (contract.sample, contract.cells.table))
    keys = [name for name in sample.columns[:-1] if name in lookup.columns]
    ids = test[contract.id_columns[0]]
    return cells_asked(sample, lookup, keys, contract.cells.model_dump(), ids, contract.targets)


def _lookups(draft: Draft, sample: pd.DataFrame, asked: int) -> Iterator[tuple[str, TableFile]]:
    """The sample, and, where it has more rows than test, unused tables with all its ids."""
    assert draft.sample
    yield draft.sample.path, draft.sample
    if len(sample) <= asked:
        return
    key, tables = str(sample.columns[0]), listed(draft.folder, below=True)
    for name in draft.unused:
        if (draft.folder / tables[name][0]).stat().st_size > LARGEST:
            continue
        file = encoding_of(draft.folder, sniffed(draft.folder, *tables[name]))
        rows = table(draft.folder, file)
        if key in rows and rows.shape[1] > 2 and set(sample[key].astype(str)) <= set(rows[key].astype(str)):
            yield name, file


def _told(
    draft: Draft, file: TableFile, sample: pd.DataFrame, test: pd.DataFrame, alone: list[str]
) -> tuple[Cells, str, list[str]] | None:
    """Cells as this table tells them, the test column of their ids, and the targets in the order of train."""
    rows = table(draft.folder, file)
    keys = [str(name) for name in sample.columns[:-1]]
    columns = keys if file is draft.sample else [str(name) for name in rows.columns]
    by_name = {_plain(name): name for name in alone}
    for target in columns:
        values = rows[target]
        if not types.is_string_dtype(values) or not {_plain(v) for v in values.unique()} <= set(by_name):
            continue
        named = {by_name[_plain(value)] for value in values.unique()}
        for entity in (name for name in columns if name != target):
            if len(named) > 1 and (ids := _named_in(rows[entity], test)):
                fixed = with_options(file, dtypes={entity: "str", target: "str"})
                return Cells(table=fixed, entity=entity, target=target), ids, [name for name in alone if name in named]
    return _composed(file, rows, keys[0], test, by_name, alone)


def _composed(
    file: TableFile, rows: pd.DataFrame, key: str, test: pd.DataFrame, by_name: dict[str, str], alone: list[str]
) -> tuple[Cells, str, list[str]] | None:
    """The same of ids that spell both, in either order."""
    if not types.is_string_dtype(rows[key]):
        return None
    values, names = rows[key].astype("str"), sorted((re.escape(name) for name in alone), key=len, reverse=True)
    either, one = "|".join(names), r"(.+?)"
    for pattern, order in ((rf"^{one}[\W_]+({either})$", (0, 1)), (rf"^({either})[\W_]+(.+)$", (1, 0))):
        if not values.head(_LOOKED_AT).str.fullmatch(f"(?i:{pattern})").all():
            continue
        parts = values.str.extract(f"(?i:{pattern})")
        if parts.isna().any(axis=None):
            continue
        named = {by_name[_plain(value)] for value in parts[order[1]].unique()}
        ids = _named_in(parts[order[0]], test)
        if ids and len(named) > 1:
            into = [_PARTS[order.index(at)] for at in (0, 1)]
            cut = with_options(file, cut={"name": key, "pattern": f"(?i:{pattern})", "into": into}, dtypes={key: "str"})
            return Cells(table=cut, entity=_PARTS[0], target=_PARTS[1]), ids, [name for name in alone if name in named]
    return None


def _below_each_other(draft: Draft, name: str, cells: Cells, ids: str, targets: list[str]) -> Draft | None:
    """Train and test with a row for each target of a row, as words are asked for; None where the tables cannot be joined so."""
    assert draft.train and draft.test and draft.sample
    train, test = parts_of(draft)
    sample = table(draft.folder, draft.sample)
    cut: Any = cells.table.options.get("cut")
    question = "asked" if cut else cells.target
    if (not cut and cells.entity != ids) or question in train or (answer := _answer(sample, train)) is None:
        return None
    keys = [str(sample.columns[0])] if cut else list(sample.columns[:-1])
    into = cut and {**cut, "into": [ids if part == _PARTS[0] else question for part in cut["into"]]}
    path = Path(os.path.relpath(draft.test.path, Path(cells.table.path).parent)).as_posix()
    beside: list[JsonValue] = [{"path": path, "on": [ids], "options": draft.test.options}]
    dtypes = {ids: str(test[ids].dtype)}
    kept: list[JsonValue] = [str(column) for column in train.columns if column not in targets]
    melted: dict[str, JsonValue] = {"keep": kept, "name": question, "value": answer}
    return draft.grown(
        train=with_options(draft.train, melted=melted),
        test=with_options(cells.table, columns=keys, cut=into, dtypes=dtypes, beside=beside),
        unused=tuple(other for other in draft.unused if other != name),
        reason=f"{name} asks for {len(targets)} answers in words of each {ids}: a row for each, which one it is in {question}",
    )


def _answer(sample: pd.DataFrame, train: pd.DataFrame) -> str | None:
    """What the column of answers is called: as in the sample, where it has one."""
    names = (*sample.columns[1:][-1:], "answer") if sample.shape[1] <= 3 else ("answer", "agentk_answer")
    return next((str(name) for name in names if name not in train), None)


def _named_in(values: pd.Series[Any], test: pd.DataFrame) -> str | None:
    """The column of test that tells its rows apart and has all these values, called so if one is."""
    asked = set(values.astype("str").unique())
    for name in sorted(test.columns, key=lambda name: bool(name != values.name)):
        if test[name].dtype != "object" and not test[name].is_unique:
            continue
        spelled = test[name].astype("str")  # lists are told apart so, too
        if spelled.is_unique and asked <= set(spelled):
            return str(name)
    return None


def _plain(name: object) -> str:
    return str(name).strip().lower()
