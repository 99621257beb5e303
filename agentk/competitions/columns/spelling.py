"""How columns are to be read, so that train, test and new rows agree whatever values each happens to hold."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api import types

from agentk.competitions.columns.kinds import is_day_first, looks_like_id
from agentk.competitions.draft import Draft
from agentk.competitions.files.tables import dtypes_of, parts_of, several, spread_out, table, typed
from agentk.types.competition import Column, ColumnKind, TableFile

_AMOUNT = r"[-+]?[$€£¥]?\s*[-+]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?\s*[%€$£¥]?"
_SIGNED = r"[$€£¥%]|\d,\d{3}"
_UNKNOWN = ("na", "n/a", "nan", "null", "none", "?", "-", "--", ".", "unknown", "missing", "")  # between numbers
_OWN_WORD = r"[^\W\d][^\d,]*"  # a word of the file's own for what is not known: k.A., not given
_DIFFERENT = 20  # numbers beside such a word: fewer may be the names of a few things
_SWAPPED = str.maketrans(",.", ".,")
_MADE = ("composed", "cut", "melted", "pivot")  # options of what is no column of the file itself
_FEWEST_NUMBERS = 16  # of a cell, for them to be columns of their own
_LONGEST = 40  # characters of an amount with its signs, on average
_ALIKE = 0.99  # share of a column's values that must be amounts
_LOOKED_AT = 1000  # values, spread over the column: none an amount, then it is no column of amounts


def read_amounts(draft: Draft) -> Draft:
    """Has numbers with signs about them, such as $1,200.50, 1.200,50 € or 12%, or "na" between them, read as numbers."""
    train, test = parts_of(draft)
    assert draft.train and draft.test
    found = amounts_in((train, test), draft.train)
    if not found:
        return draft
    first, second = (with_options(file, amounts=found) for file in (draft.train, draft.test))
    reason = f"{several(found)} hold numbers with signs about them, or words for what is not known"
    return draft.grown(train=first, test=second, reason=reason)


def spread_numbers(draft: Draft) -> Draft:
    """Has columns whose cells hold equally many numbers, such as the pixels of a picture, read as a column for each of them."""
    train, test = parts_of(draft)
    assert draft.train and draft.test
    worded = [str(name) for name in train.columns if name in test and train[name].dtype.kind not in "biufM"]
    found = [name for name in worded if (count := _numbers_a_cell(train[name])) and count == _numbers_a_cell(test[name])]
    if not found:
        return draft
    first, second = (spread_out(draft.folder, file, found) for file in (draft.train, draft.test))
    return draft.grown(
        train=first, test=second, reason=f"each cell of {several(found)} holds equally many numbers: a column each"
    )


def _numbers_a_cell(values: pd.Series[Any]) -> int:
    """How many numbers each cell holds, 0 where not each holds as many."""
    if values.isna().any():
        return 0
    if isinstance(values.iloc[0], list):
        counts = values.map(lambda cell: len(cell) if isinstance(cell, list) else 0)
        plain = all(isinstance(number, int | float) for cell in values.head(20) for number in cell)
    else:
        some = values.head(20).astype("str")
        plain = bool(some.str.fullmatch(r"\[?[-+\d.eE,\s]+\]?").all())
        sign = "," if "," in some.iloc[0] else None if re.search(r"\s\s", some.iloc[0]) else " "
        counts = pd.Series([_count(str(cell).strip("[] "), sign) for cell in values]) if plain else values
    count = int(counts.iloc[0]) if plain else 0
    return count if count >= _FEWEST_NUMBERS and bool((counts == count).all()) else 0


def _count(cell: str, sign: str | None) -> int:
    return len(cell.split()) if sign is None else cell.count(sign) + 1


def amounts_in(parts: Sequence[pd.DataFrame], file: TableFile) -> list[str]:
    """Columns of the first part that hold such numbers, in every part, spelled as in `file`."""
    comma = file.options.get("decimal") == ","
    first = parts[0]
    named = [str(n) for n in first.columns if first[n].dtype.kind not in "biufM" and not looks_like_id(str(n))]
    return [name for name in named if all(_are_amounts(part[name], comma) for part in parts if name in part)]


def _are_amounts(values: pd.Series[Any], comma: bool) -> bool:
    if types.is_numeric_dtype(values):
        return True  # those of this part need no sign
    if isinstance(values.iloc[0], list | dict):
        return False
    known = values.dropna().astype(str)
    if known.head(100).str.len().mean() > _LONGEST:
        return False
    known = known.str.strip()
    known = known.str.translate(_SWAPPED) if comma else known
    if not known.iloc[:: len(known) // _LOOKED_AT + 1].str.fullmatch(_AMOUNT).any():
        return False
    told = _told(known[~known.str.lower().isin(_UNKNOWN)])
    if told.empty or not (len(told) < len(known) or told.head(100).str.contains(_SIGNED).any()):
        return False
    return bool(told.str.fullmatch(_AMOUNT).mean() >= _ALIKE)


def _told(known: pd.Series[str]) -> pd.Series[str]:
    """What is known, without the one word that stands for what is not wherever many different numbers are expected."""
    amounts = known.str.fullmatch(_AMOUNT)
    others = known[~amounts].unique()
    own = len(others) == 1 and re.fullmatch(_OWN_WORD, others[0]) and known[amounts].nunique() >= _DIFFERENT
    return known[amounts] if own else known


def agree_on_types(draft: Draft) -> Draft:
    """Fixes each column's type, so that train, test and new rows are read alike, whatever values each happens to hold."""
    train, test = parts_of(draft)
    first, second = dtypes_of(train), dtypes_of(test)
    both = {name: _common(dtype, second[name]) for name, dtype in first.items() if name in second}
    alone = {name: dtype for name, dtype in first.items() if name not in both}
    asked = set(table(draft.folder, draft.sample).columns[:1]) if draft.sample else set()
    codes = _lists_codes(draft)
    ids = [name for name in both if looks_like_id(name) or name in asked or (codes and both[name] == "int64")]
    zeros = {name: "str" for name in set(ids) - _lent(draft) if _loses_digits(draft, name, both[name])}
    known = {"int64", "float64", "bool", "str", "object"}
    dtypes = {name: dtype for name, dtype in {**alone, **both, **zeros}.items() if dtype in known}
    assert draft.train and draft.test
    sampled = {name: dtype for name, dtype in dtypes.items() if dtype == "str"}
    return draft.grown(
        train=_typed(draft.folder, draft.train, dtypes),
        test=_typed(draft.folder, draft.test, {name: dtypes[name] for name in test.columns if name in dtypes}),
        sample=draft.sample and typed(draft.folder, draft.sample, sampled),
    )


def _lists_codes(draft: Draft) -> bool:
    """Whether the sample lists several things in a cell that are spelled as numbers with zeros before them."""
    cells = table(draft.folder, draft.sample).iloc[:50, -1].dropna() if draft.sample else pd.Series(dtype="str")
    return types.is_string_dtype(cells) and bool(cells.str.fullmatch(r"(\d+ )+\d+").all() and cells.str.contains(r"\b0\d").any())


def _typed(folder: Path, file: TableFile, dtypes: dict[str, str]) -> TableFile:
    """The table with its types fixed, and with them those of the keys of tables joined to it."""
    alike = _keys_alike(folder, file, dtypes)
    if alike is file:
        return typed(folder, file, dtypes)
    return with_options(alike, dtypes=dict(dtypes))


def _keys_alike(folder: Path, file: TableFile, dtypes: dict[str, str]) -> TableFile:
    """The table with the keys of those joined to it read as words where its own are: 0012 is no number there either."""
    sides: Any = file.options.get("beside") or []
    fixed = []
    for side in sides:
        path = os.path.normpath(Path(file.path).parent / side["path"])
        facts = table(folder, TableFile(path=Path(path).as_posix(), options=side["options"]))
        words = {name: "str" for name in side["on"] if dtypes.get(name) == "str" and types.is_numeric_dtype(facts[name])}
        own = side["options"].get("dtypes") or {}
        fixed.append({**side, "options": {**side["options"], "dtypes": {**own, **words}}} if words else side)
    return file if fixed == sides else with_options(file, beside=fixed)


def turn_dates(draft: Draft, columns: tuple[Column, ...]) -> Draft:
    """Has dates with the day first, ids aside, read as year, month, day."""
    assert draft.train and draft.test
    train, _ = parts_of(draft)
    dated = [c.name for c in columns if c.kind is ColumnKind.DATETIME and c.name not in draft.id_columns]
    turned = [name for name in dated if is_day_first(train[name])]
    if not turned:
        return draft
    first, second = (with_options(file, day_first=turned) for file in (draft.train, draft.test))
    return draft.grown(train=first, test=second, reason=f"dates of {several(turned)} have the day first")


def keep_words(draft: Draft) -> Draft:
    """Reads a target whose labels include a word such as "None" so that this word is a label, not a missing value."""
    assert draft.train
    train, _ = parts_of(draft)
    if draft.train.path.endswith((".parquet", ".pq")) or "json" in draft.train.path:
        return draft
    worded = [name for name in draft.targets if types.is_string_dtype(train[name]) and train[name].isna().any()]
    if not worded:
        return draft
    file = with_options(draft.train, literal=worded)
    literal = table(draft.folder, file)
    found = sorted({str(value) for name in worded for value in literal.loc[train[name].isna(), name].dropna().unique()})
    if found not in (["None"], ["none"], ["NA"], ["N/A"], ["null"]):
        return draft
    return draft.grown(train=file, reason=f"'{found[0]}' is a label of {several(worded)}, not a missing value")


def _common(first: str, second: str) -> str:
    if first == second:
        return first
    if {first, second} <= {"int64", "float64"}:
        return "float64"
    if "bool" in (first, second) and "object" in (first, second):
        return "object"
    return "str"


def _lent(draft: Draft) -> set[str]:
    """Columns of test that come from tables beside it."""
    assert draft.test
    sides: Any = draft.test.options.get("beside", [])
    tables = [(table(draft.folder, TableFile(path=side["path"], options=side["options"])), side["on"]) for side in sides]
    return {str(name) for facts, key in tables for name in facts.columns if name not in key}


def _loses_digits(draft: Draft, name: str, dtype: str) -> bool:
    """Whether ids such as 0012 or 1e5 were read as numbers and would be written back differently."""
    if dtype not in ("int64", "float64"):
        return False
    assert draft.test
    if draft.test.path.endswith((".parquet", ".pq")) or "json" in draft.test.path:
        return False
    cut: Any = draft.test.options.get("cut") or {"into": ()}
    if name in cut["into"]:
        return False  # spelled by the ids that they are parts of
    plain = with_options(draft.test, dtypes={name: "str"}, columns=[name], beside=[], **dict.fromkeys(_MADE, None), spread=[])
    raw = table(draft.folder, plain)[name].dropna()
    return (
        bool((raw != pd.to_numeric(raw).astype("int64").astype(str)).any())
        if dtype == "int64"
        else bool(raw.str.contains("[eE]").any())
    )


def with_options(file: TableFile, **options: Any) -> TableFile:
    """The same file, read with these options too."""
    return file.model_copy(update={"options": {**file.options, **options}})
