"""Pictures that belong to rows: files whose name holds the row's id, one or several a row, in every row or in some."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from agentk.competitions.columns.kinds import PICTURES, looks_like_id
from agentk.competitions.files.folders import folders_within
from agentk.competitions.files.tables import several
from agentk.types.competition import Column, ColumnKind, FileColumn

_LOOKED_AT = 200  # rows whose file must be there
_FEWEST = 0.2  # share of the ids that must have a picture, for them to be their pictures
_RARE = 0.05  # a file that fewer ids have is no column
_MOST_AN_ID = 4  # pictures of an id that are looked at


@dataclass(frozen=True)
class Pictures:
    """What was found: columns to add, and in words where they lead."""

    file_columns: tuple[FileColumn, ...] = ()
    columns: tuple[Column, ...] = ()
    reason: str | None = None


def file_columns(folder: Path, columns: Sequence[Column], train: pd.DataFrame, test: pd.DataFrame) -> Pictures:
    """Columns of picture paths for the columns of train and test whose values name files below `folder`.

    Where none does for every row: those of an id that has several files (17_1.jpg, 17_left.jpg, 17/1.jpg), or none in some rows.
    """
    folders = picture_folders(folder)
    if not folders:
        return Pictures()
    likely = (ColumnKind.IDENTIFIER, ColumnKind.IMAGE, ColumnKind.CATEGORICAL, ColumnKind.NUMERIC)
    named = sorted((c for c in columns if c.kind in likely and c.unique > 1), key=lambda c: likely.index(c.kind))
    found: list[_Found] = []
    known: list[list[str]] = []  # the first paths of each: two columns may name the same files
    for column in named:
        patterns = [_pattern(folders, values[column.name], part) for part, values in (("train", train), ("test", test))]
        if not (patterns[0] and patterns[1]) or (found and column.kind is ColumnKind.NUMERIC):
            continue
        if (paths := _first_paths(train[column.name], patterns[0])) not in known:
            known.append(paths)
            found.append(_Found(column, patterns[0], patterns[1]))
    for column in named if not found else ():
        if column.kind is not ColumnKind.NUMERIC or looks_like_id(column.name):
            found = found or _several_an_id(folder, folders, column, train[column.name], test[column.name])
    name = next(n for n in ("image", "image_path", "agentk_image") if n not in train.columns)
    names = [name if len(found) == 1 else f"{name}_{at}" for at in range(1, len(found) + 1)]
    pairs = list(zip(names, found, strict=True))
    told = [f"{f.train} and {f.test}{f', which {f.missing:.0%} of the rows lack' if f.missing else ''}" for f in found]
    return Pictures(
        tuple(
            FileColumn(name=name, id_column=f.column.name, train=f.train, test=f.test, partial=f.missing > 0) for name, f in pairs
        ),
        tuple(Column(name=name, kind=ColumnKind.IMAGE, missing=f.missing, unique=f.column.unique) for name, f in pairs),
        f"pictures by {several(dict.fromkeys(f.column.name for f in found))}: {'; '.join(told)}" if found else None,
    )


def _first_paths(values: pd.Series[Any], pattern: str) -> list[str]:
    return [pattern.replace("{}", str(value)) for value in values.iloc[:_LOOKED_AT]]


@dataclass(frozen=True)
class _Found:
    """The patterns under which the pictures of a column lie, and the share of training rows that have none."""

    column: Column
    train: str
    test: str
    missing: float = 0.0


def _several_an_id(
    folder: Path, folders: dict[str, set[str]], column: Column, train: pd.Series[Any], test: pd.Series[Any]
) -> list[_Found]:
    """Each file that an id may have, the most frequent ones in the order of their names; none where most ids have none."""
    known, asked = (_endings(folder, folders, values, part) for part, values in (("train", train), ("test", test)))
    both = [ending for ending in sorted(known, key=lambda e: -known[e][1]) if ending in asked and known[ending][1] >= _RARE]
    if not both or min(known[both[0]][1], asked[both[0]][1]) < _FEWEST:
        return []
    kept = sorted(both[:_MOST_AN_ID], key=lambda ending: (len(ending), ending))
    whole = {ending: min(known[ending][1], asked[ending][1]) == 1 for ending in kept}
    return [
        _Found(column, known[e][0], asked[e][0], 0.0 if whole[e] else max(1 - known[e][1], 1 / (len(train) + 1))) for e in kept
    ]


def _endings(folder: Path, folders: dict[str, set[str]], values: pd.Series[Any], part: str) -> dict[str, tuple[str, float]]:
    """What follows an id in the names of its files, with the whole pattern and the share of ids that have such a file."""
    ids = set(values.dropna().astype("str"))
    some = sorted(ids)[:_LOOKED_AT]
    beside = {path.relative_to(folder).as_posix() for path in folders_within(folder, depth=1)} - ids
    for where in sorted(beside | set(folders), key=lambda name: (part not in name.lower(), name)):
        if any((folder / where / key).is_dir() for key in some):  # a folder an id
            names = [(key, f"{key}/{name}") for key in ids for name in _names(folder / where / key)]
        else:
            names = [(key, name) for name in folders.get(where, ()) if (key := _id_within(name, ids))]
        counts = Counter(name.removeprefix(key) for key, name in names)
        if counts:
            prefix = "" if where == "." else f"{where}/"
            return {ending: (f"{prefix}{{}}{ending}", count / len(ids)) for ending, count in counts.items()}
    return {}


def _id_within(name: str, ids: set[str]) -> str | None:
    """The id with which a file's name begins, up to a sign that parts it from the rest: the longest there is."""
    cuts = [match.start() for match in re.finditer(r"[_\-. ]", name)]
    return next((name[:at] for at in reversed(cuts) if name[:at] in ids), None)


def _names(folder: Path) -> list[str]:
    """The pictures in a folder, none where there is no such folder."""
    return [entry.name for entry in os.scandir(folder) if entry.name.lower().endswith(PICTURES)] if folder.is_dir() else []


def named_files(folder: Path, values: pd.Series[Any]) -> bool:
    """Whether each of some values names a picture below `folder`."""
    return _pattern(picture_folders(folder), values.astype("str"), "") is not None


def picture_folders(folder: Path) -> dict[str, set[str]]:
    """Folders that hold pictures, relative, each with its file names; two levels deep."""
    found: dict[str, set[str]] = {}
    for path in folders_within(folder):
        names = {entry.name for entry in os.scandir(path) if entry.name.lower().endswith(PICTURES)}
        if names:
            found[path.relative_to(folder).as_posix()] = names
    return found


def _pattern(folders: dict[str, set[str]], values: pd.Series[Any], part: str) -> str | None:
    """The pattern under which the files of these ids lie, a folder named after the part first."""
    ids = [str(value) for value in values.iloc[:: max(1, len(values) // _LOOKED_AT)]]
    for where in sorted(folders, key=lambda name: (part not in name.lower(), name)):
        names = folders[where]
        prefix = "" if where == "." else f"{where}/"
        for shape in ("{}", *(f"{{}}{ending}" for ending in sorted({Path(name).suffix for name in names}))):
            fits = sum(shape.replace("{}", value) in names for value in ids)
            if fits >= 0.98 * len(ids):
                return prefix + shape
        if all(value.startswith(prefix) and value.removeprefix(prefix) in names for value in ids):
            return "{}"
    return None
