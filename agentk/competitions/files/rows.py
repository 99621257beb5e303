"""Reads a competition's tables alike everywhere: in setup, at the referee and, copied whole, in an exported program.

This file and `reshaped.py` stand alone: numpy, pandas and the standard library, nothing of agentk.
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

import numpy as np
import pandas as pd

from agentk.competitions.files.reshaped import as_amounts, below_each_other, labels_apart, side_by_side, spread_cells, summed


def read_table(
    path: str | Path,
    *,
    member: str | None = None,
    encoding: str = "utf-8-sig",
    separator: str = ",",
    decimal: str = ".",
    dtypes: dict[str, str] | None = None,
    literal: Sequence[str] = (),
    columns: Sequence[str] | None = None,
    beside: Sequence[dict[str, Any]] = (),
    day_first: Sequence[str] = (),
    composed: dict[str, Any] | None = None,
    cut: dict[str, Any] | None = None,
    amounts: Sequence[str] = (),
    spread: Sequence[str] = (),
    melted: dict[str, Any] | None = None,
    pivot: dict[str, Any] | None = None,
    tags: dict[str, Any] | None = None,
    chosen: dict[str, Any] | None = None,
    renamed: dict[str, str] | None = None,
    home: Path | None = None,
) -> pd.DataFrame:
    """The table in a csv, tsv, json, jsonl or parquet file, plain, .gz or .zip.

    member    the file inside a zip archive; the first one where it is left out
    encoding  of text; "mixed" reads each line as UTF-8 where it is, as Windows-1252 where it is not
    dtypes    of columns by name: "int64", "float64", "bool", "str", "object"; others are inferred
    literal   columns in which "NA" or "None" is a word and only an empty field is missing
    columns   to read, all where left out
    beside    tables whose columns are added to the rows that share their key, which none of them repeats:
              {"path" relative to this table's folder, "on": [column, ...], "options"}; one that repeats its key has a
              "name", and what `summed` says of the rows of each key is added; "known": rows that it does not know are left out
    day_first columns of dates such as 25.03.2020, which become 2020-03-25, so that no one reads them otherwise
    composed  a column to add, of others as they are spelled: {"name", "of": [column, ...], "separator"}
    cut       columns to add, the parts of one: {"name", "pattern": a regular expression, "into": a column for each group}
    amounts   columns of numbers with signs about them, such as $1,200.50 or 12%, which become numbers; 1.200,50 € where
              the decimal sign is a comma
    spread    columns whose cells hold equally many numbers, such as the pixels of a picture: 0 17 255 becomes three columns
    melted    columns of numbers to set below each other: {"keep": [column, ...], "name" of a column for the others' names,
              "value" of one for their numbers, if they are wanted, "names" that the others are called by instead, if any}
    pivot     rows to set side by side: {"on": the column whose value they share, "name" of the column that becomes the names
              of columns, "value" of that of their values, if they have any, "drop": columns that tell the rows apart}
    tags      a column whose cells hold several labels: {"name", "separator", "of": [label, ...]}; in its stead one for each of
              these, NAME_LABEL, 1 where the cell has it, else 0
    chosen    columns of which each row has one that is 1: {"name", "of": [column, ...]}; in their stead one that names it
    renamed   columns that are called otherwise here than in other tables: {own: other}
    home      the folder in which the tables beside it lie, where that is not its own

    Infinite numbers are read as missing. Raises OSError, UnicodeDecodeError, or ValueError when it holds no table.
    """
    path = Path(path)
    dtypes = dtypes or {}
    form = _form(member or path.name, path)
    if form == "csv":
        words = [name for name, dtype in dtypes.items() if dtype == "str"]
        how = {"sep": separator, "decimal": decimal, "low_memory": False}
        frame = _from_csv(path, member, encoding, usecols=columns, dtype=dict.fromkeys(words, "str"), **how)
        if kept := [name for name in literal if name in frame]:
            empty = {"keep_default_na": False, "na_values": [""]}
            frame[kept] = _from_csv(path, member, encoding, usecols=kept, dtype="str", **how, **empty)[kept]
    else:
        with _opened(path, member) as file:
            data = file.read()
        frame = pd.read_parquet(io.BytesIO(data)) if form == "parquet" else _from_json(_text(data, encoding))
    frame = frame if columns is None else frame[list(columns)]
    frame = frame.rename(columns=renamed) if renamed else frame
    if melted:
        frame = below_each_other(frame, **melted)
    if composed:
        parts = [frame[name].astype(str) for name in composed["of"]]
        frame[composed["name"]] = parts[0].str.cat(parts[1:], sep=composed["separator"])
    if cut:
        parts = frame[cut["name"]].astype("str").str.extract(cut["pattern"])
        frame[cut["into"]] = parts.to_numpy(dtype=object)
        frame = cast(frame, {name: dtypes[name] for name in cut["into"] if name in dtypes})  # they may be keys of other tables
    if pivot:
        frame = side_by_side(frame, **pivot)
    for name in (name for name in amounts if name in frame):
        frame[name] = as_amounts(frame[name], decimal)
    frame = _told_otherwise(frame, spread, tags, chosen)
    for name in day_first:
        moments = pd.to_datetime(frame[name], dayfirst=True, errors="coerce")
        frame[name] = moments.dt.strftime("%Y-%m-%d %H:%M:%S").where(moments.notna(), frame[name])
    for side in beside:
        frame = joined_to(frame, read_table((home or path.parent) / side["path"], **side["options"]), side)
    return _finite(cast(frame, dtypes))


def joined_to(frame: pd.DataFrame, other: pd.DataFrame, side: dict[str, Any]) -> pd.DataFrame:
    """The rows with the columns of another table, as `read_table` describes them under `beside`."""
    if side.get("name"):
        other = summed(other, side["on"], side["name"])
    return frame.merge(other, on=side["on"], how="inner" if side.get("known") else "left", validate="many_to_one")


def _told_otherwise(
    frame: pd.DataFrame, spread: Sequence[str], tags: dict[str, Any] | None, chosen: dict[str, Any] | None
) -> pd.DataFrame:
    """Cells of numbers and of labels as columns, columns of yes and no as the one that is meant."""
    for name in spread:
        frame = spread_cells(frame, name)
    if tags and tags["name"] in frame:
        frame = labels_apart(frame, **tags)
    if chosen and set(chosen["of"]) <= set(frame.columns):
        told = np.asarray(chosen["of"], dtype=object)[frame[chosen["of"]].to_numpy(dtype=float).argmax(axis=1)]
        frame = frame.drop(columns=chosen["of"]).assign(**{chosen["name"]: pd.Series(told, index=frame.index, dtype="str")})
    return frame


def load_rows(folder: str | Path, plan: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of train (with targets, rows without any left out) and of test (without targets), as solutions see them.

    `plan` is a literal: {"train": {"path", "options"}, "test": {...}, "targets": [...],
    "dropped": [...], "file_columns": [{"name", "id_column", "train", "test"}], "weights": None or as `weighed` takes
    them}. Raises as `read_table` does.
    """
    folder = Path(folder)
    train = read_table(folder / plan["train"]["path"], **plan["train"]["options"])
    test = read_table(folder / plan["test"]["path"], **plan["test"]["options"])
    return finish_rows(train, plan, "train", folder), finish_rows(test, plan, "test", folder)


def finish_rows(frame: pd.DataFrame, plan: dict[str, Any], part: str, folder: Path) -> pd.DataFrame:
    """A table as read, made into the rows that solutions see: `part` is "train" or "test", `folder` that of its files."""
    if part == "train":
        labelled = frame[plan["targets"]].notna().any(axis=1)  # of several targets some may be unknown
        frame = frame if labelled.all() else frame[labelled].reset_index(drop=True)
        frame = weighed(frame, plan.get("weights"))
    else:
        frame = frame.drop(columns=plan["targets"], errors="ignore")
    if plan.get("dropped"):
        frame = frame.drop(columns=plan["dropped"], errors="ignore")
    paths = {column["name"]: _paths(frame[column["id_column"]], column, part, folder) for column in plan["file_columns"]}
    return frame.assign(**paths)


def _paths(ids: pd.Series[Any], column: dict[str, Any], part: str, folder: Path) -> list[Any]:
    """The path of each row's file; none where it has none, if not every row has."""
    paths = [column[part].replace("{}", str(key)) for key in ids]
    return [path if (folder / path).is_file() else None for path in paths] if column.get("partial") else paths


def cells_asked(
    sample: pd.DataFrame,
    lookup: pd.DataFrame,
    keys: Sequence[str],
    cells: dict[str, Any],
    ids: pd.Series[Any],
    names: Sequence[str],
) -> tuple[Any, Any]:
    """(R,) places among the test rows, and (R,) among the targets, that each row of a long submission asks for; -1: unknown.

    lookup  knows the sample's `keys` and, in cells["entity"] and cells["target"], what each of its rows asks for
    ids     of the test rows; names: of the targets
    """
    keys = list(keys)
    entity, target = cells["entity"], cells["target"]
    if len(lookup) != len(sample) or not lookup[keys].astype("str").equals(sample[keys].astype("str")):
        known = lookup[[*keys, *dict.fromkeys(n for n in (entity, target) if n not in keys)]].drop_duplicates(keys)
        lookup = sample[keys].astype("str").merge(known.astype("str"), on=keys, how="left")
    rows = pd.Index(ids.astype("str")).get_indexer(pd.Index(lookup[entity].astype("str")))
    spelled = pd.Index([str(name).strip().lower() for name in names])
    return rows, spelled.get_indexer(pd.Index(lookup[target].astype("str").str.strip().str.lower()))


def weighed(frame: pd.DataFrame, weights: dict[str, Any] | None) -> pd.DataFrame:
    """The rows with how much each counts in the metric as one column more, 1 where nothing tells.

    `weights` is {"name" of that column, "column" that tells, "values": {value as spelled: weight}, "otherwise": weight of any
    other value}; without values the column holds the weights themselves.
    """
    if weights is None:
        return frame
    if weights["column"] not in frame:
        return frame.assign(**{weights["name"]: 1.0})
    told = frame[weights["column"]]
    if not weights["values"]:
        return frame.assign(**{weights["name"]: pd.to_numeric(told, errors="coerce").astype("float64").fillna(1.0)})
    by_value = {_spelling(value): float(weight) for value, weight in weights["values"].items()}
    return frame.assign(**{weights["name"]: told.map(_spelling).map(by_value).fillna(weights["otherwise"]).astype("float64")})


def _spelling(value: Any) -> str:
    """A value as text, the same for 1, 1.0 and "1"; truth values as true and false."""
    text = str(value).strip().lower()
    return text.removesuffix(".0")


def _from_csv(path: Path, member: str | None, encoding: str, **how: Any) -> pd.DataFrame:
    with _opened(path, member) as file:
        if encoding == "mixed":
            frame: pd.DataFrame = pd.read_csv(io.StringIO(_text(file.read(), encoding)), **how)
        else:
            frame = pd.read_csv(file, encoding=encoding, **how)
    return frame


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


def cast(frame: pd.DataFrame, dtypes: dict[str, str]) -> pd.DataFrame:
    """`frame` itself, its columns changed to these types, or to the nearest that can hold a missing value."""
    own = {name: str(dtype) for name, dtype in zip(frame.columns, frame.dtypes, strict=True)}
    changed = {name: _as(frame[name], dtype) for name, dtype in dtypes.items() if own.get(name, dtype) != dtype}
    for name, column in changed.items():
        frame[name] = column
    return frame


def cut(texts: Sequence[Any], places: Any) -> list[str]:
    """The part of each text from its first character to before the second; places (N, 2). A missing text is an empty one."""
    texts = [text if isinstance(text, str) else "" for text in texts]
    return [text[max(round(start), 0) : max(round(end), 0)] for text, (start, end) in zip(texts, places.tolist(), strict=True)]


def _as(column: pd.Series[Any], dtype: str) -> pd.Series[Any]:
    """`column` as `dtype`, or as the nearest that can hold a missing value."""
    if dtype in ("int64", "float64"):
        numbers = pd.to_numeric(column, errors="coerce")
        return numbers if numbers.isna().any() and dtype == "int64" else numbers.astype(dtype)  # type: ignore[call-overload]
    if dtype in ("bool", "object"):
        return column.astype("object" if dtype == "object" or column.isna().any() else "bool")
    if dtype == "str":
        return column.astype("str")
    return column


def _finite(frame: pd.DataFrame) -> pd.DataFrame:
    names = list(frame.columns[[dtype.kind == "f" for dtype in frame.dtypes]])
    for start in range(0, len(names), 64):  # a slice at a time: whole tables need not be copied
        some = names[start : start + 64]
        values = frame[some].to_numpy()
        infinite = ((values == math.inf) | (values == -math.inf)).any(axis=0)
        for name in (name for name, found in zip(some, infinite, strict=True) if found):
            frame[name] = frame[name].replace([math.inf, -math.inf], math.nan)
    return frame
