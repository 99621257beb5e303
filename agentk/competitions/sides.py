"""Tables beside train and test that belong to their rows: labels in a file of their own, facts about a shop, a day, a place."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from pydantic import JsonValue

from agentk.competitions.draft import Draft
from agentk.competitions.read import listed, role_of, without_role
from agentk.competitions.tables import encoding_of, several, sniffed, table
from agentk.types.competition import TableFile

_LARGEST = 100_000_000  # bytes of a table that is looked into
_KNOWN = 0.8  # share of the rows, of train and of test, whose key a table of facts must know


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
    """Adds to train and test the columns of every unused table that knows their rows by a key and repeats none of it."""
    for side in _sides(draft):
        first, second = draft.train, draft.test
        assert first and second
        train, test = table(draft.folder, first), table(draft.folder, second)
        if side.test is None and set(train.columns) - set(test.columns):
            continue  # train has its targets already
        facts = [table(draft.folder, file) for file in (side.train, side.test) if file]
        key = [str(c) for c in facts[0].columns if c in train.columns and (side.test is None or c in test.columns)]
        if not key or len(key) == facts[0].shape[1]:
            continue
        if not _joins([train, test], facts, key, 0.0 if side.paired else _KNOWN):
            doubt = f"{several(side.names)} is not used: joined by {several(key)} it would repeat or lose rows"
            draft = draft.grown(doubt=doubt)
            continue
        draft = draft.grown(
            train=_with(first, side.train, key),
            test=_with(second, side.test, key) if side.test else second,
            unused=tuple(name for name in draft.unused if name not in side.names),
            reason=f"{several(side.names)} is joined by {several(key)}",
        )
    return draft


def _sides(draft: Draft) -> list[_Side]:
    """Unused tables: labels first, then pairs, then facts about both."""
    files = {name: file for name in draft.unused if (file := _file(draft, name))}
    roles = {name: role_of(name) for name in files}
    found = []
    for name in (name for name in files if roles[name] == "train"):
        twins = [other for other in files if roles[other] == "test" and without_role(other) == without_role(name)]
        found.append(_Side((name, twins[0]), files[name], files[twins[0]]) if twins else _Side((name,), files[name], None))
    found += [_Side((name,), files[name], files[name]) for name in files if not roles[name]]
    return sorted(found, key=lambda side: (side.test is not None, not side.paired, side.names))


def _file(draft: Draft, name: str) -> TableFile | None:
    path, member = listed(draft.folder)[name]
    if (draft.folder / path).stat().st_size > _LARGEST:
        return None
    return encoding_of(draft.folder, sniffed(draft.folder, path, member))


def _joins(rows: list[pd.DataFrame], facts: list[pd.DataFrame], key: list[str], known: float) -> bool:
    """Whether facts repeat no key and know enough of the rows they are joined to."""
    if any(set(key) - set(fact.columns) or fact.duplicated(key).any() for fact in facts):
        return False
    return all(_share_known(part, fact, key) > known for part, fact in zip(rows, facts, strict=False))


def _share_known(rows: pd.DataFrame, fact: pd.DataFrame, key: list[str]) -> float:
    if [str(dtype) for dtype in rows[key].dtypes] != [str(dtype) for dtype in fact[key].dtypes]:
        return 0.0
    return float(rows[key].merge(fact[key], on=key, how="left", indicator=True)["_merge"].eq("both").mean())


def _with(file: TableFile, side: TableFile, key: list[str]) -> TableFile:
    already = file.options.get("beside", [])
    assert isinstance(already, list)
    beside: JsonValue = [*already, {"path": side.path, "on": [*key], "options": side.options}]
    return file.model_copy(update={"options": {**file.options, "beside": beside}})
