"""Folders with a file of measurements for each row: gathered into one table beside the others, a row a file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pandas as pd

from agentk.competitions.files.folders import link
from agentk.competitions.files.listing import MOST_BELOW, listed, role_of, roles_of, without_role
from agentk.competitions.files.reshaped import summed
from agentk.competitions.files.rows import read_table
from agentk.competitions.files.sniffing import encoding_of, is_table, sniffed
from agentk.competitions.files.tables import table
from agentk.errors import CompetitionError

_KNOWN = 0.8  # share of the files that have to be called after a row
_AT_ONCE = 200  # files that are summed up together


@dataclass(frozen=True)
class Measured:
    """A file for each of many rows: the column whose values they are called after, and the file of each value."""

    name: str  # of the table that is made of them
    key: str
    files: dict[str, Path]  # by value, as the tables spell it
    folders: tuple[Path, ...]


def measured(folder: Path) -> list[Measured]:
    """The folders whose files are called after the rows of a competition's tables; files of train and of test go together."""
    full = [
        inner
        for inner in sorted(folder.iterdir())
        if inner.is_dir() and len(list(islice(_tables(inner), MOST_BELOW + 1))) > MOST_BELOW
    ]
    ids = _ids(folder) if full else {}
    groups: dict[str, list[Path]] = {}
    for inner in full:
        groups.setdefault(without_role(inner.name) or "measured" if role_of(inner.name) else inner.name, []).append(inner)
    found = []
    for name, places in groups.items():
        files = {path.name.split(".")[0]: path for place in places for path in _tables(place)}
        for key, values in ids.items():
            called = {value: files[stem] for value, stem in values.items() if stem in files}
            if len(called) > _KNOWN * len(files) and _says_something(next(iter(called.values()))):
                found.append(Measured(name, key, called, tuple(places)))
                break
    return found


def _says_something(path: Path) -> bool:
    """Whether a file is a table with numbers; JSON may hold anything."""
    try:
        rows = table(path.parent, encoding_of(path.parent, sniffed(path.parent, path.name)))
    except CompetitionError:
        return False
    return any(dtype.kind in "iuf" for dtype in rows.dtypes)


def gather(source: Path, found: list[Measured], folder: Path) -> None:
    """Makes `folder`: the files of `source`, and for each of `found` one table with what the rows of each file come to.

    What has been made before is left as it is. Raises CompetitionError for a file that is no table.
    """
    if folder.exists():
        return
    draft = folder.with_name(f".{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    taken = {inner for one in found for inner in one.folders}
    for entry in source.rglob("*"):
        if entry.is_file() and not taken.intersection(entry.parents):
            link(entry, draft / entry.relative_to(source))
    for one in found:
        pd.concat(list(_summed(one)), ignore_index=True).to_csv(draft / f"{one.name}.csv", index=False)
    draft.replace(folder)


def _summed(one: Measured) -> Iterator[pd.DataFrame]:
    files = iter(one.files.items())
    first = next(iter(one.files.values()))
    options = encoding_of(first.parent, sniffed(first.parent, first.name)).options
    while some := list(islice(files, _AT_ONCE)):
        parts = []
        for value, path in some:
            try:
                rows = read_table(path, **options)  # type: ignore[arg-type]
            except (ValueError, OSError) as error:
                raise CompetitionError(f"{path} is no table like the others beside it: {error}") from None
            parts.append(rows.drop(columns=one.key, errors="ignore").assign(**{one.key: value}))
        yield summed(pd.concat(parts, ignore_index=True), [one.key], one.name)


def _tables(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if is_table(path) and path.is_file() and not path.name.startswith("."))


def _ids(folder: Path) -> dict[str, dict[str, str]]:
    """Columns of train and test by which files may be called: each value as the tables spell it, and as files would."""
    files = listed(folder)
    roles = roles_of(files)
    frames = [
        table(folder, encoding_of(folder, sniffed(folder, *files[name]))) for name in files if roles[name] in ("train", "test")
    ]
    found: dict[str, dict[str, str]] = {}
    for name in dict.fromkeys(str(column) for frame in frames for column in frame.columns):
        values = {str(value) for frame in frames if name in frame for value in frame[name].dropna().unique()}
        found[name] = {value: value.rpartition("/")[2].split(".")[0] for value in values}
    return found
