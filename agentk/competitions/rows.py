"""Reads a competition's tables alike everywhere: in setup, at the referee and, copied whole, in an exported program.

This file stands alone: pandas and the standard library, nothing of agentk.
"""

from __future__ import annotations

import gzip
import io
import json
import math
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import pandas as pd


def read_table(
    path: str | Path,
    *,
    member: str | None = None,
    encoding: str = "utf-8-sig",
    separator: str = ",",
    decimal: str = ".",
    dtypes: dict[str, str] | None = None,
    literal: Sequence[str] = (),
) -> pd.DataFrame:
    """The table in a csv, tsv, json, jsonl or parquet file, plain, .gz or .zip.

    member    the file inside a zip archive; the first one where it is left out
    encoding  of text; "mixed" reads each line as UTF-8 where it is, as Windows-1252 where it is not
    dtypes    of columns by name: "int64", "float64", "bool", "str", "object"; others are inferred
    literal   columns in which "NA" or "None" is a word and only an empty field is missing

    Infinite numbers are read as missing. Raises OSError, UnicodeDecodeError, or ValueError when it holds no table.
    """
    path = Path(path)
    dtypes = dtypes or {}
    with _opened(path, member) as file:
        form = _form(member or path.name, path)
        if form == "parquet":
            frame = pd.read_parquet(io.BytesIO(file.read()))
        elif form == "json":
            frame = _from_json(_text(file.read(), encoding))
        else:
            source: Any = io.StringIO(_text(file.read(), encoding)) if encoding == "mixed" else file
            frame = pd.read_csv(
                source,
                sep=separator,
                decimal=decimal,
                encoding=None if encoding == "mixed" else encoding,
                dtype={name: "str" for name, dtype in dtypes.items() if dtype == "str" and name not in literal},
                converters={name: str for name in literal},
                low_memory=False,
            )
    for name in literal:
        if name in frame:
            frame[name] = frame[name].astype("str").where(frame[name].astype("str") != "")
    return _finite(_cast(frame, dtypes))


def load_rows(folder: str | Path, plan: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of train (with targets, rows without them left out) and of test (without targets), as solutions see them.

    `plan` is a literal: {"train": {"path", "options"}, "test": {...}, "targets": [...],
    "file_columns": [{"name", "id_column", "train", "test"}]}. Raises as `read_table` does.
    """
    folder = Path(folder)
    train = read_table(folder / plan["train"]["path"], **plan["train"]["options"])
    test = read_table(folder / plan["test"]["path"], **plan["test"]["options"])
    return finish_rows(train, plan, "train"), finish_rows(test, plan, "test")


def finish_rows(frame: pd.DataFrame, plan: dict[str, Any], part: str) -> pd.DataFrame:
    """A table as read, made into the rows that solutions see: `part` is "train" or "test"."""
    if part == "train":
        labelled = frame[plan["targets"]].notna().all(axis=1)
        frame = frame if labelled.all() else frame[labelled].reset_index(drop=True)
    else:
        frame = frame.drop(columns=plan["targets"], errors="ignore")
    paths = {c["name"]: [c[part].replace("{}", str(key)) for key in frame[c["id_column"]]] for c in plan["file_columns"]}
    return frame.assign(**paths)


def _opened(path: Path, member: str | None) -> IO[bytes]:
    name = path.name.lower()
    if name.endswith(".zip"):
        archive = zipfile.ZipFile(path)
        return archive.open(member or tables_within(archive)[0])
    if name.endswith(".gz"):
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def tables_within(archive: zipfile.ZipFile) -> list[str]:
    """The files of an archive that may be tables. Raises ValueError when there is none."""
    endings = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet")
    names = [n for n in archive.namelist() if n.lower().endswith(endings) and not n.startswith("__MACOSX")]
    if not names:
        raise ValueError(f"the archive holds no table: {archive.filename}")
    return names


def _form(name: str, path: Path) -> str:
    if name.lower().endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            name = tables_within(archive)[0]
    ending = name.lower().removesuffix(".gz").rpartition(".")[2]
    if ending in ("parquet", "pq"):
        return "parquet"
    return "json" if ending in ("json", "jsonl", "ndjson") else "csv"


def _text(data: bytes, encoding: str) -> str:
    if encoding != "mixed":
        return data.decode(encoding)
    return "".join(_line(line) for line in data.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True))


def _line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _from_json(text: str) -> pd.DataFrame:
    """Records, one array, one object a line, columns of an object, or the one table inside an object."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError:
        content = [json.loads(line) for line in text.splitlines() if line.strip()]
    if isinstance(content, dict):
        inner = [value for value in content.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
        if len(inner) == 1:
            content = inner[0]
        elif content and all(isinstance(value, dict | list) for value in content.values()):
            return pd.DataFrame(content).reset_index(drop=True)
        else:
            content = [content]
    if not all(isinstance(record, dict) for record in content):
        raise ValueError("the JSON file is no list of objects")
    nested = any(isinstance(value, dict) for record in content for value in record.values())
    return pd.json_normalize(content) if nested else pd.DataFrame(content)


def _cast(frame: pd.DataFrame, dtypes: dict[str, str]) -> pd.DataFrame:
    changed = {
        name: _as(frame[name], dtype) for name, dtype in dtypes.items() if name in frame and str(frame[name].dtype) != dtype
    }
    for name, column in changed.items():
        frame[name] = column
    return frame


def _as(column: pd.Series[Any], dtype: str) -> pd.Series[Any]:
    """`column` as `dtype`, or as the nearest that can hold a missing value."""
    if dtype in ("int64", "float64"):
        numbers = pd.to_numeric(column, errors="coerce")
        return numbers if numbers.isna().any() and dtype == "int64" else numbers.astype(dtype)  # type: ignore[call-overload,no-any-return]
    if dtype in ("bool", "object"):
        return column.astype("object" if dtype == "object" or column.isna().any() else "bool")
    if dtype == "str":
        return column.astype("str")
    return column


def _finite(frame: pd.DataFrame) -> pd.DataFrame:
    floats = frame.select_dtypes("number")
    infinite = floats.columns[floats.isin([math.inf, -math.inf]).any()]
    for name in infinite:
        frame[name] = frame[name].replace([math.inf, -math.inf], math.nan)
    return frame
