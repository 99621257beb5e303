"""Pictures that belong to rows: files whose name holds the row's id."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from agentk.competitions.kinds import PICTURES
from agentk.types.competition import Column, ColumnKind, FileColumn

_LOOKED_AT = 200  # rows whose file must be there
_MOST_FOLDERS = 50


@dataclass(frozen=True)
class Pictures:
    """What was found: columns to add, and in words where they lead."""

    file_columns: tuple[FileColumn, ...] = ()
    columns: tuple[Column, ...] = ()
    reason: str | None = None


def file_columns(folder: Path, columns: Sequence[Column], train: pd.DataFrame, test: pd.DataFrame) -> Pictures:
    """A column of picture paths for the first column of train and test whose values name files below `folder`."""
    folders = picture_folders(folder)
    if not folders:
        return Pictures()
    likely = (ColumnKind.IDENTIFIER, ColumnKind.IMAGE, ColumnKind.CATEGORICAL, ColumnKind.NUMERIC)
    for column in sorted((c for c in columns if c.kind in likely and c.unique > 1), key=lambda c: likely.index(c.kind)):
        patterns = [_pattern(folders, values[column.name], part) for part, values in (("train", train), ("test", test))]
        if patterns[0] and patterns[1]:
            name = next(n for n in ("image", "image_path", "agentk_image") if n not in train.columns)
            found = FileColumn(name=name, id_column=column.name, train=patterns[0], test=patterns[1])
            added = Column(name=name, kind=ColumnKind.IMAGE, missing=0.0, unique=column.unique)
            return Pictures((found,), (added,), f"pictures by {column.name}: {found.train} and {found.test}")
    return Pictures()


def picture_folders(folder: Path) -> dict[str, set[str]]:
    """Folders that hold pictures, relative, each with its file names; two levels deep."""
    found: dict[str, set[str]] = {}
    for path in folders_within(folder):
        names = {entry.name for entry in os.scandir(path) if entry.name.lower().endswith(PICTURES)}
        if names:
            found[path.relative_to(folder).as_posix()] = names
    return found


def folders_within(folder: Path, depth: int = 2) -> list[Path]:
    """A folder, those in it, and those in these, as deep as `depth` and no more than are looked into; hidden ones are not."""
    found = level = [folder]
    for _ in range(depth):
        level = [path for parent in level[:_MOST_FOLDERS] for path in _inside(parent)]
        found = [*found, *level]
    return found[:_MOST_FOLDERS]


def _inside(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:  # says of each file what it is without asking the disk again
        return sorted(Path(entry.path) for entry in entries if entry.is_dir() and not entry.name.startswith("."))


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
