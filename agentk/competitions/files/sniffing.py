"""How a table's file is to be read, found out from its bytes: encoding, separator, decimal sign; and whether it is one at all."""

from __future__ import annotations

import csv
import gzip
import re
import zipfile
from pathlib import Path

from pydantic import JsonValue

from agentk.competitions.files.rows import tables_within
from agentk.errors import CompetitionError
from agentk.types.competition import TableFile

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
_HEAD = 1 << 16  # bytes looked at to find the separator


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


def encoding_of(folder: Path, file: TableFile) -> TableFile:
    """`file` with the encoding its bytes are in, where that is not UTF-8."""
    if file.path.lower().endswith((".parquet", ".pq")) or "encoding" in file.options:
        return file
    member = file.options.get("member")
    data = _bytes(folder / file.path, member if isinstance(member, str) else None)
    encoding = _encoding(data)
    return file if encoding is None else file.model_copy(update={"options": {**file.options, "encoding": encoding}})


def _must_be_text(file: Path, head: bytes) -> None:
    """Raises CompetitionError, with what it is where that shows, for a file whose bytes are no text."""
    for beginning, (what, remedy) in BEGINNINGS.items():
        if head.startswith(beginning):
            raise CompetitionError(f"{file} is {what}, whatever its name says: {remedy}.")
    if head.count(b"\0") * 1000 > len(head) and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CompetitionError(f"{file} is no text: it holds bytes that no table has. Save it as CSV, or download it again.")


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
