"""Tables beside train and test that belong to their rows: labels in a file of their own, facts about a shop, a history."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pandas.api import types
from pydantic import JsonValue

from agentk.competitions.columns.kinds import is_date
from agentk.competitions.columns.spelling import with_options
from agentk.competitions.draft import Draft
from agentk.competitions.files.listing import listed, role_of, without_role
from agentk.competitions.files.sniffing import encoding_of, sniffed
from agentk.competitions.files.tables import LARGEST, parts_of, several, table
from agentk.types.competition import TableFile

_KNOWN = 0.8  # share of the rows, of train and of test, whose key a table of facts must know
_MET = 0.3  # the same, where a table has many rows a key: not everyone has a history


@dataclass(frozen=True)
class _Side:
    """What may be joined to train and to test: the same table, two of a pair, or labels, which only train has."""

    names: tuple[str, ...]
    train: TableFile
    test: TableFile | None

    @property
    def paired(self) -> bool:
        return len(self.names) == 2


def join_sides(draft: Draft) -> Draft:
    """Adds to train and test the columns of every unused table that knows their rows by a key and repeats none of it.

    One table may bring the key of another: a house its town, the town its weather.
    """
    waiting = _sides(draft)
    while True:
        left = []
        for side in waiting:
            joined = _joined(draft, side)
            if joined is None:
                left.append(side)
            draft = joined or draft
        if len(left) == len(waiting):
            break
        waiting = left
    for side in waiting:
        if key := _key(draft, side):
            doubt = f"{several(side.names)} is not used: joined by {several(key)} it would repeat or lose rows"
            draft = draft.grown(doubt=doubt)
        elif side.paired and not _share_columns(draft, side):
            draft = draft.grown(doubt=f"{several(side.names)} are not used: no column says which rows they are about")
    return draft


def _joined(draft: Draft, side: _Side) -> Draft | None:
    """The draft with the side's columns, None where they cannot be joined, or not yet."""
    first, second = draft.train, draft.test
    key = _key(draft, side)
    if not key:
        return None
    assert first and second
    rows = [table(draft.folder, first), table(draft.folder, second)]
    facts = [table(draft.folder, file) for file in (side.train, side.test) if file]
    name, how = None, ""
    days = [column for column in key if is_date(facts[0][column])]
    if not _joins(rows, facts, key, 0.0 if side.paired or days else _KNOWN):
        if told := _by_one(side, rows, facts, key):
            return _joined(draft, told)
        owner = (_owner(rows, facts, key) or _calendar(rows, facts, days)) if side.test else None
        if owner is None:
            return None
        key, name, how = [owner], without_role(side.names[0]) or "side", ", what its many rows a key come to"
    return draft.grown(
        train=_with(first, side.train, key, name),
        test=_with(second, side.test, key, name) if side.test else second,
        unused=tuple(name for name in draft.unused if name not in side.names),
        reason=f"{several(side.names)} is joined by {several(key)}{how}",
    )


def _share_columns(draft: Draft, side: _Side) -> bool:
    return bool(set(table(draft.folder, side.train).columns) & set(parts_of(draft)[0].columns))


def _by_one(side: _Side, rows: list[pd.DataFrame], facts: list[pd.DataFrame], key: list[str]) -> _Side | None:
    """The side with the other columns that it shares called after it, where one of them alone is its key."""
    one = next((name for name in key if len(key) > 1 and _joins(rows, facts, [name], _KNOWN)), None)
    if one is None or side.test is None or side.paired:
        return None
    stem = without_role(side.names[0]) or "side"
    file = with_options(side.train, renamed={name: f"{stem}_{name}" for name in key if name != one})
    return _Side(side.names, file, file)


def _owner(rows: list[pd.DataFrame], facts: list[pd.DataFrame], key: list[str]) -> str | None:
    """The column that tells the rows of train and of test apart, of which the facts have many rows each, and know enough."""
    for name in key:
        told_apart = all(part[name].is_unique for part in rows)
        if told_apart and all(_share_met(part, fact, name) > _MET for part, fact in zip(rows, facts, strict=True)):
            return name
    return None


def _calendar(rows: list[pd.DataFrame], facts: list[pd.DataFrame], days: list[str]) -> str | None:
    """The column of days of a table that tells of some days, perhaps several things of one: holidays, events."""
    short = len(facts[0]) < len(rows[0])
    return days[0] if len(days) == 1 and short and all(_share_met(part, facts[0], days[0]) > 0 for part in rows) else None


def _share_met(rows: pd.DataFrame, fact: pd.DataFrame, name: str) -> float:
    alike = name in fact and str(rows[name].dtype) == str(fact[name].dtype)
    return float(rows[name].isin(fact[name]).mean()) if alike else 0.0


def _key(draft: Draft, side: _Side) -> list[str]:
    """The columns by which a side's rows are found; none where it has nothing to add, as labels have where train has its own."""
    train, test = parts_of(draft)
    if side.test is None and set(train.columns) - set(test.columns):
        return []
    columns = table(draft.folder, side.train).columns
    key = [str(c) for c in columns if c in train.columns and (side.test is None or c in test.columns)]
    return key if len(key) < len(columns) else []


def _sides(draft: Draft) -> list[_Side]:
    """Unused tables: labels first, those first that the sample submission asks for, then pairs, then facts about both."""
    tables = listed(draft.folder, below=True)
    files = {name: file for name in draft.unused if (file := _file(draft.folder, *tables[name]))}
    roles = {name: role_of(name) for name in files}
    found = []
    for name in (name for name in files if roles[name] == "train"):
        twins = [other for other in files if roles[other] == "test" and without_role(other) == without_role(name)]
        found.append(_Side((name, twins[0]), files[name], files[twins[0]]) if twins else _Side((name,), files[name], None))
    plain = {name: _by_own_id(draft, files[name]) for name in files if not roles[name]}
    found += [_Side((name,), file, file) for name, file in plain.items()]
    asked = list(table(draft.folder, draft.sample).columns) if draft.sample else []

    def rank(side: _Side) -> tuple[bool, bool, int, tuple[str, ...]]:
        labels = 0 if side.test else len(table(draft.folder, side.train).columns.intersection(asked))
        return side.test is not None, not side.paired, -labels, side.names

    return sorted(found, key=rank)


def _by_own_id(draft: Draft, file: TableFile) -> TableFile:
    """The table with its column of ids called as train and test call theirs, where it calls them otherwise and shares no name."""
    train, test = parts_of(draft)
    facts = table(draft.folder, file)
    if draft.sample is None or set(facts.columns) & set(train.columns) & set(test.columns):
        return file
    key = str(table(draft.folder, draft.sample).columns[0])
    if key not in train or key not in test or not all(types.is_string_dtype(part[key]) for part in (train, test)):
        return file
    ids = {*train[key], *test[key]}
    for name in (str(name) for name in facts.columns if types.is_string_dtype(facts[name])):
        if facts[name].isin(ids).mean() > _KNOWN:
            return with_options(file, renamed={name: key})
    return file


def _file(folder: Path, path: str, member: str | None) -> TableFile | None:
    if (folder / path).stat().st_size > LARGEST:
        return None
    return encoding_of(folder, sniffed(folder, path, member))


def _joins(rows: list[pd.DataFrame], facts: list[pd.DataFrame], key: list[str], known: float) -> bool:
    """Whether facts repeat no key and know enough of the rows they are joined to."""
    if any(set(key) - set(fact.columns) or fact.duplicated(key).any() for fact in facts):
        return False
    return all(_share_known(part, fact, key) > known for part, fact in zip(rows, facts, strict=False))


def _share_known(rows: pd.DataFrame, fact: pd.DataFrame, key: list[str]) -> float:
    if [str(dtype) for dtype in rows[key].dtypes] != [str(dtype) for dtype in fact[key].dtypes]:
        return 0.0
    return float(rows[key].merge(fact[key], on=key, how="left", indicator=True)["_merge"].eq("both").mean())


def _with(file: TableFile, side: TableFile, key: list[str], name: str | None) -> TableFile:
    """`file` with the side's columns; with a `name`, with what its many rows a key come to."""
    already = file.options.get("beside", [])
    assert isinstance(already, list)
    path = Path(os.path.relpath(side.path, Path(file.path).parent)).as_posix()
    joined: dict[str, JsonValue] = {"path": path, "on": [*key], "options": side.options}
    beside: JsonValue = [*already, joined | ({"name": name} if name else {})]
    return file.model_copy(update={"options": {**file.options, "beside": beside}})
