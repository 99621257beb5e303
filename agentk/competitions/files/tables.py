"""Tables as setup meets them: finds out how a file is to be read, reads it once, and says clearly what is wrong with it."""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
import zipfile
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import JsonValue

from agentk.competitions.draft import Draft
from agentk.competitions.files.reshaped import spread_cells
from agentk.competitions.files.rows import cast, finish_rows, joined_to, read_table, tables_within
from agentk.errors import CompetitionError
from agentk.types.competition import Competition, TableFile

ENDINGS = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".pq")

BEGINNINGS = {
    b"PAR1": ("a parquet file", "let its name end in .parquet"),
    b"PK\x03\x04": ("an archive, or a workbook of a spreadsheet", "let its name end in .zip, or save the sheet as CSV"),
    b"\x1f\x8b": ("compressed by gzip", "let its name end in .gz"),
    b"\xd0\xcf\x11\xe0": ("a workbook of Excel", "save the sheet as CSV"),
    b"\x89PNG": ("a picture", "give a table"),
    b"\xff\xd8\xff": ("a picture", "give a table"),
    b"%PDF": ("a PDF document", "give a table"),
}
"""How files begin that are sometimes called as tables: what they are, and what to do."""
LARGEST = 100_000_000
"""Bytes of a table beside train and test that is looked into."""
_MOST_SHOWN = 100  # rows of a sample submission that is but an example
_HEAD = 1 << 16  # bytes looked at to find the separator
_KEPT = 8  # tables kept in memory between the stages of one setup
_cache: OrderedDict[tuple[Any, ...], pd.DataFrame] = OrderedDict()


def is_table(path: Path) -> bool:
    """Whether the name is that of a table, plain or compressed."""
    name = path.name.lower()
    bare = name.removesuffix(".gz").removesuffix(".zip")
    return bare.endswith(ENDINGS) or name.endswith(".zip")


def sniffed(folder: Path, path: str, member: str | None = None) -> TableFile:
    """The table at `path`, with encoding, separator and decimal sign found out from its content.

    Raises CompetitionError when it is empty or no table.
    """
    file = folder / path
    options: dict[str, JsonValue] = {}
    try:
        head = _head(file, member)
        name = (member or path).lower()
        if name.endswith(".zip"):
            with zipfile.ZipFile(file) as archive:
                name = tables_within(archive)[0].lower()
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise CompetitionError(f"{file} cannot be read: {error}. Unpack it by hand, or download it again.") from None
    if not head.strip():
        raise CompetitionError(f"{file} is empty: download it again, or remove it.")
    if not name.removesuffix(".gz").endswith((".parquet", ".pq")):
        _must_be_text(file, head)
    if member:
        options["member"] = member
    if not name.removesuffix(".gz").endswith((".json", ".jsonl", ".ndjson", ".parquet", ".pq")):
        options |= _separation(head)
    return TableFile(path=path, options=options)


def _must_be_text(file: Path, head: bytes) -> None:
    """Raises CompetitionError, with what it is where that shows, for a file whose bytes are no text."""
    for beginning, (what, remedy) in BEGINNINGS.items():
        if head.startswith(beginning):
            raise CompetitionError(f"{file} is {what}, whatever its name says: {remedy}.")
    if head.count(b"\0") * 1000 > len(head) and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CompetitionError(f"{file} is no text: it holds bytes that no table has. Save it as CSV, or download it again.")


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


def encoding_of(folder: Path, file: TableFile) -> TableFile:
    """`file` with the encoding its bytes are in, where that is not UTF-8."""
    if file.path.lower().endswith((".parquet", ".pq")) or "encoding" in file.options:
        return file
    member = file.options.get("member")
    data = _bytes(folder / file.path, member if isinstance(member, str) else None)
    encoding = _encoding(data)
    return file if encoding is None else file.model_copy(update={"options": {**file.options, "encoding": encoding}})


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


def _head(path: Path, member: str | None) -> bytes:
    return _bytes(path, member, _HEAD)


def _bytes(path: Path, member: str | None, limit: int = -1) -> bytes:
    if path.name.lower().endswith(".zip"):
        with zipfile.ZipFile(path) as archive, archive.open(member or tables_within(archive)[0]) as file:
            return file.read(limit)
    if path.name.lower().endswith(".gz"):
        with gzip.open(path, "rb") as file:
            return file.read(limit)
    with path.open("rb") as file:
        return file.read(limit)


def _encoding(data: bytes) -> str | None:
    """None for UTF-8; "mixed" where some lines are and some are not."""
    if data.isascii():
        return None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        lines = [line for line in data.splitlines() if not line.isascii()]
        return "mixed" if any(_is_utf8(line) for line in lines) else "cp1252" if _decodes(data, "cp1252") else "latin-1"
    return None


def _is_utf8(line: bytes) -> bool:
    return _decodes(line, "utf-8")


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _separation(head: bytes) -> dict[str, JsonValue]:
    """Separator and decimal sign, where they are not comma and point; utf-16 where the bytes begin with its mark."""
    utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head[: len(head) // 2 * 2].decode("utf-16", errors="replace") if utf16 else head.decode("utf-8", errors="replace")
    lines = text.splitlines()
    lines = (lines[:-1] if len(head) == _HEAD and len(lines) > 1 else lines)[:50]
    fields = {separator: [len(row) for row in csv.reader(lines, delimiter=separator)] for separator in ",\t;|"}
    separator = max(fields, key=lambda s: _evenness(fields[s]))
    options: dict[str, JsonValue] = {"encoding": "utf-16"} if utf16 else {}
    if _evenness(fields[separator]) <= 1 or separator == ",":
        return options
    options["separator"] = separator
    cells = [cell.strip() for row in csv.reader(lines[1:], delimiter=separator) for cell in row]
    if any(_decimal_comma(cell) for cell in cells) and not any(_decimal_point(cell) for cell in cells):
        options["decimal"] = ","
    return options


def _evenness(widths: list[int]) -> float:
    """Columns of the header where nine of ten rows are as wide, else 0."""
    even = sum(width == widths[0] for width in widths) >= 0.9 * len(widths) if widths else False
    return widths[0] if even else 0


def _decimal_comma(cell: str) -> bool:
    """Whether it is a number with a decimal comma: 12,5 or 1.204,50 €."""
    return re.fullmatch(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+\s*[€$£¥%]?", cell) is not None


def _decimal_point(cell: str) -> bool:
    whole, point, part = cell.lstrip("+-").partition(".")
    return bool(point) and whole.isdigit() and part.isdigit()
