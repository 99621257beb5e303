"""New rows in a person's own spelling (semicolons, decimal commas, Windows' letters), written as the test file is spelled."""

from __future__ import annotations

import re
from pathlib import Path

from agentk.competitions.files.rows import read_table
from agentk.competitions.files.sniffing import encoding_of, sniffed
from agentk.competitions.files.tables import table
from agentk.types.competition import TableFile

_SPELLING = ("separator", "decimal", "encoding")
_COMMA = re.compile(r"\s*([+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+)\s*[€$£¥%]?\s*")
_POINT = re.compile(r"\s*([+-]?(?:\d+|\d{1,3}(?:,\d{3})+)\.\d+)\s*")
_TO_POINT, _TO_COMMA = str.maketrans({".": "", ",": "."}), str.maketrans({",": "", ".": ","})


def respelled(rows: Path, like: TableFile, place: Path) -> Path:
    """`rows` itself where it is spelled as `like`, or no text; else a file in `place` with the same cells, spelled so.

    Raises CompetitionError when it is empty or no table.
    """
    file = encoding_of(rows.parent, sniffed(rows.parent, rows.name))
    mine, wanted = (tuple(one.options.get(name) for name in _SPELLING) for one in (file, like))
    if mine == wanted or not rows.name.lower().removesuffix(".gz").removesuffix(".zip").endswith((".csv", ".tsv", ".txt")):
        return rows
    names = [str(name) for name in table(rows.parent, file).columns]
    told = {name: value for name, value in file.options.items() if name in ("separator", "encoding")}
    frame = read_table(rows, dtypes=dict.fromkeys(names, "str"), literal=names, **told)  # type: ignore[arg-type]
    separator, decimal, encoding = wanted
    if mine[1] != decimal:
        found, swapped = (_POINT, _TO_COMMA) if decimal == "," else (_COMMA, _TO_POINT)
        frame = frame.map(lambda cell: _swapped(cell, found, swapped), na_action="ignore")
    made = place / "rows.csv"
    coding = str(encoding) if encoding not in (None, "mixed") else "utf-8"
    frame.to_csv(made, index=False, sep=str(separator or ","), encoding=coding)
    return made


def _swapped(cell: object, found: re.Pattern[str], swapped: dict[int, str]) -> object:
    match = found.fullmatch(str(cell))
    return match[1].translate(swapped) if match else cell
