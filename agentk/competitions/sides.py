"""Tables beside train and test that belong to their rows: labels in a file of their own, facts about a shop, a day, a place."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from pydantic import JsonValue

from agentk.competitions.draft import Draft
from agentk.competitions.read import listed, role_of
from agentk.competitions.tables import encoding_of, several, sniffed, table
from agentk.types.competition import TableFile

_LARGEST = 100_000_000  # bytes of a table that is looked into
_KNOWN = 0.8  # share of rows, of train and of test, whose key a table must know


def join_sides(draft: Draft) -> Draft:
    """Adds to train and test the columns of every unused table that knows their rows by a key and repeats none of it."""
    for name, file in _candidates(draft):
        first, second = draft.train, draft.test
        assert first and second
        train, test, side = (table(draft.folder, one) for one in (first, second, file))
        labels = role_of(name) == "train"
        if labels and set(train.columns) - set(test.columns):
            continue  # train has its targets already
        key = [str(column) for column in side.columns if column in train.columns and (labels or column in test.columns)]
        if not key or len(key) == side.shape[1]:
            continue
        known = min(_share_known(rows, side, key) for rows in ((train,) if labels else (train, test)))
        if side.duplicated(key).any() or known < _KNOWN:
            draft = draft.grown(
                doubt=f"{name} is not used: it cannot be joined by {several(key)} without repeating or losing rows"
            )
            continue
        beside: dict[str, JsonValue] = {"path": file.path, "on": [*key], "options": file.options}
        draft = draft.grown(
            train=_with(first, beside),
            test=second if labels else _with(second, beside),
            unused=tuple(other for other in draft.unused if other != name),
            reason=f"{name} is joined by {several(key)}",
        )
    return draft


def _candidates(draft: Draft) -> list[tuple[str, TableFile]]:
    """Unused plain tables, those of labels first."""
    tables = listed(draft.folder)
    found = []
    for name in sorted(draft.unused, key=lambda name: (role_of(name) != "train", name)):
        path, member = tables[name]
        small = (draft.folder / path).stat().st_size <= _LARGEST
        if small and role_of(name) in ("", "train") and _same_folder(draft, path):
            found.append((name, encoding_of(draft.folder, sniffed(draft.folder, path, member))))
    return found


def _same_folder(draft: Draft, path: str) -> bool:
    assert draft.train
    return Path(path).parent == Path(draft.train.path).parent


def _share_known(rows: pd.DataFrame, side: pd.DataFrame, key: list[str]) -> float:
    if [str(dtype) for dtype in rows[key].dtypes] != [str(dtype) for dtype in side[key].dtypes]:
        return 0.0
    return float(rows[key].merge(side[key], on=key, how="left", indicator=True)["_merge"].eq("both").mean())


def _with(file: TableFile, beside: JsonValue) -> TableFile:
    already = file.options.get("beside", [])
    assert isinstance(already, list)
    return TableFile.model_validate({"path": file.path, "options": {**file.options, "beside": [*already, beside]}})
