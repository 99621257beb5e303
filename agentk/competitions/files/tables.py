"""Tables as setup meets them: each is read once and kept for the next stage; what is wrong with one is said clearly."""

from __future__ import annotations

import json
import os
import zipfile
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import JsonValue

from agentk.competitions.draft import Draft
from agentk.competitions.files.reshaped import spread_cells
from agentk.competitions.files.rows import cast, finish_rows, joined_to, read_table
from agentk.errors import CompetitionError
from agentk.types.competition import Competition, TableFile

LARGEST = 100_000_000
"""Bytes of a table beside train and test that is looked into."""
_MOST_SHOWN = 100  # rows of a sample submission that is but an example
_KEPT = 8  # tables kept in memory between the stages of one setup
_cache: OrderedDict[tuple[Any, ...], pd.DataFrame] = OrderedDict()


def typed(folder: Path, file: TableFile, dtypes: dict[str, str]) -> TableFile:
    """`file` with the types of its columns fixed; read again only where what was read has lost the spelling of a word."""
    known = table(folder, file)
    fixed = file.model_copy(update={"options": {**file.options, "dtypes": dict(dtypes)}})
    own = dtypes_of(known)
    if all(dtype != "str" or own.get(name, "str") == "str" for name, dtype in dtypes.items()):
        _keep(_key(folder / fixed.path, fixed), cast(known.copy(deep=False), dtypes))
    return fixed


def spread_out(folder: Path, file: TableFile, names: list[str]) -> TableFile:
    """`file` with a column for each number in the cells of these columns; what was read is not read again."""
    fixed = file.model_copy(update={"options": {**file.options, "spread": [*names]}})
    if not file.options.get("beside"):  # whose columns would stand behind the others
        frame = table(folder, file)
        for name in names:
            frame = spread_cells(frame, name)
        _keep(_key(folder / fixed.path, fixed), frame)
    return fixed


def table(folder: Path, file: TableFile) -> pd.DataFrame:
    """The rows of `file`; the same object on the next call, so do not write to it. Raises CompetitionError."""
    path = folder / file.path
    key = _key(path, file)
    return _cache[key] if key in _cache else _keep(key, _read(path, file))


def dtypes_of(frame: pd.DataFrame) -> dict[str, str]:
    """The types of a table's columns by name."""
    return {str(name): str(dtype) for name, dtype in zip(frame.columns, frame.dtypes, strict=True)}


def _key(path: Path, file: TableFile) -> tuple[Any, ...]:
    try:
        state = path.stat()
    except OSError:
        raise CompetitionError(f"{path} is missing: it was there when the competition was set up.") from None
    return str(path.absolute()), state.st_mtime_ns, state.st_size, json.dumps(file.options, sort_keys=True)


def _keep(key: tuple[Any, ...], frame: pd.DataFrame) -> pd.DataFrame:
    _cache[key] = frame
    while len(_cache) > _KEPT:
        _cache.popitem(last=False)
    return frame


def forget_tables() -> None:
    """Frees the memory of tables that were read for setup."""
    _cache.clear()


def parts_of(draft: Draft) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and test of a draft, as they are read so far."""
    assert draft.train and draft.test
    return table(draft.folder, draft.train), table(draft.folder, draft.test)


def sample_of(draft: Draft) -> pd.DataFrame | None:
    """The sample submission of a draft, if it has one."""
    return table(draft.folder, draft.sample) if draft.sample else None


def plan_of(competition: Competition) -> dict[str, JsonValue]:
    """The literal from which `rows.load_rows` reads the competition's rows, in agentk and in an exported program."""
    return {
        "train": {"path": competition.train.path, "options": competition.train.options},
        "test": {"path": competition.test.path, "options": competition.test.options},
        "targets": list(competition.targets),
        "dropped": list(competition.dropped),
        "file_columns": [column.model_dump() for column in competition.file_columns],
        "weights": competition.weights.model_dump() if competition.weights else None,
    }


def rows_of(competition: Competition) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of train and test as solutions see them (what `rows.load_rows` gives), from memory where setup left them."""
    plan = plan_of(competition)
    train, test = table(competition.folder, competition.train), table(competition.folder, competition.test)
    folder = competition.folder
    return finish_rows(train, plan, "train", folder), finish_rows(test, plan, "test", folder)


def spelled_keys(frame: pd.DataFrame, keys: Iterable[str]) -> pd.DataFrame:
    """Ids as text, "" where one is missing, rows numbered from 0."""
    return frame[list(keys)].astype("str").fillna("").reset_index(drop=True)


def same_rows(first: pd.DataFrame, second: pd.DataFrame, keys: Iterable[str]) -> bool:
    """Whether two tables have the same ids, each as often, in whatever order."""
    one, other = (pd.util.hash_pandas_object(spelled_keys(frame, keys), index=False) for frame in (first, second))
    return len(one) == len(other) and bool((one.sort_values().to_numpy() == other.sort_values().to_numpy()).all())


def is_excerpt(sample: pd.DataFrame, rows: int) -> bool:
    """Whether a sample submission shows but a few of the test `rows`, as an example of its form."""
    return len(sample) <= _MOST_SHOWN and len(sample) < 0.1 * rows


def several(names: Iterable[object], limit: int = 12) -> str:
    """Names in a row for a message, cut after `limit`."""
    listed = [str(name) for name in names]
    return ", ".join(listed[:limit]) + (f" … ({len(listed)} in all)" if len(listed) > limit else "")


def _read(path: Path, file: TableFile) -> pd.DataFrame:
    options: dict[str, Any] = dict(file.options)
    try:
        frame = read_table(path, **options) if "dtypes" in options else _joined(path, options)
    except UnicodeDecodeError as error:
        raise CompetitionError(
            f"{path} is not {error.encoding}: {error.reason} at byte {error.start}. Save it as UTF-8."
        ) from None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:  # pandas' and Arrow's own are ValueErrors
        reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise CompetitionError(
            f"{path} cannot be read as a table: {reason}. Mend that line or file, or download it again."
        ) from None
    if frame.empty:
        raise CompetitionError(
            f"{path} has {len(frame)} rows and {frame.shape[1]} columns: nothing to work on. Download it again."
        )
    frame.columns = frame.columns.astype(str)
    return frame


def _joined(path: Path, options: dict[str, Any]) -> pd.DataFrame:
    """As `read_table`: of what was read already, the table or one beside it, nothing is read again."""
    *others, last = options.get("beside") or [None]
    if last is None:
        return read_table(path, **options)
    alone = {name: value for name, value in options.items() if name != "beside"} | ({"beside": others} if others else {})
    other = table(Path(os.path.normpath(path.parent / last["path"])).parent, _named(last["path"], last["options"]))
    return joined_to(table(path.parent, _named(path.name, alone)), other, last)


def _named(path: str, options: dict[str, Any]) -> TableFile:
    return TableFile(path=Path(path).name, options=options)
