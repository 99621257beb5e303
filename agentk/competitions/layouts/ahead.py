"""A column for each next step: series in columns (d_1, d_2, … or dates), and a sample that asks for the next of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pandas.api import types
from pydantic import JsonValue

from agentk.competitions.columns.kinds import called_time, dates
from agentk.competitions.columns.spelling import with_options
from agentk.competitions.files.tables import table
from agentk.competitions.layouts.steps import Series, most_of, series_of
from agentk.types.competition import TableFile

_FEWEST = 8  # columns in a row, for a table to be one of series
_KNOWN = 0.3  # share of the rows asked for whose series train must know
_NUMBERED = re.compile(r"(.*?)(\d+)")


@dataclass(frozen=True)
class Ahead:
    """Train and test with a row for each thing at a time; test a block of things for each step asked for."""

    train: TableFile
    test: TableFile
    value: str  # the column to be predicted
    told: str
    doubt: str | None = None


def steps_ahead(folder: Path, train: TableFile, sample: TableFile, others: Iterable[TableFile]) -> Ahead | None:
    """What the sample asks for, where it has a column for each of the next steps of series of train; None where it has not.

    others: tables beside; one that names the steps and more, such as a calendar, says what their column is called.
    """
    rows, asked = table(folder, train), table(folder, sample)
    key, *answers = map(str, asked.columns)
    if len(answers) < 2 or key not in rows or not rows[key].is_unique or set(answers) & set(rows.columns):
        return None
    known = asked[key].isin(rows[key])
    series = series_of(rows) or numbered(rows)
    if series is None or key not in series.keys or known.mean() < _KNOWN:
        return None
    past, future = series.dates, _continued(series.dates, answers)
    if future is None:
        return None
    name, before, behind = _times(past, future, rows, (table(folder, other) for other in others))
    value = next(own for own in ("value", "agentk_value") if own not in rows)
    kept = list(series.keys)
    path = Path(os.path.relpath(train.path, Path(sample.path).parent)).as_posix()
    facts: JsonValue = [{"path": path, "on": [key], "options": {**train.options, "columns": [*kept]}, "known": True}]
    told = (
        f"{train.path} has a column for each of {len(past)} steps, {sample.path} for each of the next {len(future)}: "
        f"a row for each {key} and {name}"
    )
    lost = asked.loc[~known, key]
    doubt = (
        f"{len(lost)} of {len(asked)} rows of {sample.path}, such as {lost.iloc[0]}, are of no series in {train.path}: they stay "
        "as they are there (--train FILE names another table)"
        if len(lost)
        else None
    )
    return Ahead(
        with_options(train, columns=[*kept, *past], melted=_melted(kept, name, value, before)),
        with_options(sample, columns=[key, *answers], melted=_melted([key], name, None, behind), beside=facts),
        value,
        told,
        doubt,
    )


def _times(
    past: Sequence[str], future: Sequence[str], rows: pd.DataFrame, others: Iterable[pd.DataFrame]
) -> tuple[str, Sequence[str | int], Sequence[str | int]]:
    """What the column of the steps is called, and the steps that are known and asked for as it holds them."""
    free = [name for name in ("date", "step", "moment", "agentk_step") if name not in rows]
    if _dated(past):
        days = [[f"{day:%Y-%m-%d}" for day in dates(pd.Series(part).str.extract(r"(\d.*)")[0])] for part in (past, future)]
        return free[0], days[0], days[1]
    called = next((own for facts in others if (own := _naming(facts, {*past, *future}, rows))), None)
    if called is not None:
        return called, past, future
    prefix = _split(past[0])[0].strip(" _-.")
    name = prefix if called_time(prefix) and prefix not in rows else next(name for name in free if name != "date")
    return name, [_split(own)[1] for own in past], [_split(own)[1] for own in future]


def longest(tables: Sequence[tuple[str, pd.DataFrame]]) -> str | None:
    """Of tables of the same series in columns, the one that has the steps of all others and more."""
    for name, rows in tables:
        series = series_of(rows) or numbered(rows)
        if series is None:
            continue
        others = [set(map(str, other.columns)) for own, other in tables if own != name]
        if all(columns < set(map(str, rows.columns)) for columns in others):
            return name
    return None


def numbered(rows: pd.DataFrame) -> Series | None:
    """The series, where most columns are numbers called alike and counted: d_1, d_2, …"""
    named = [str(name) for name, dtype in zip(rows.columns, rows.dtypes, strict=True) if dtype.kind in "iuf"]
    runs: dict[str, list[str]] = {}
    for name in named:
        if match := _NUMBERED.fullmatch(name):
            runs.setdefault(match[1], []).append(name)
    for prefix, names in runs.items():
        numbers = [_split(name)[1] for name in names]
        counted = numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        if counted and len(names) >= _FEWEST and len(names) > 0.5 * rows.shape[1] and prefix:
            kept = tuple(str(name) for name in rows.columns if str(name) not in set(names))
            return Series(kept, tuple(names[-most_of(len(rows)) :]))
    return None


def _continued(past: Sequence[str], answers: Sequence[str]) -> list[str] | None:
    """The next steps as columns of the past would be called, one for each of the answers; None where they are no next steps."""
    if _dated(past):
        if _dated(answers):
            return list(answers) if dates(pd.Series(answers)).min() > dates(pd.Series(past)).max() else None
        return _later(past, len(answers)) if _counts(answers, 1) else None
    prefix, last = _split(past[-1])
    if _counts(answers, last + 1) and _split(answers[0])[0] == prefix:
        return list(answers)
    return [f"{prefix}{last + at}" for at in range(1, len(answers) + 1)] if _counts(answers, 1) else None


def _counts(names: Sequence[str], first: int) -> bool:
    """Whether names are alike but for numbers that count up from the first."""
    parts = [_split(name) for name in names if _NUMBERED.fullmatch(name)]
    return len({prefix for prefix, _ in parts}) == 1 and [at for _, at in parts] == list(range(first, first + len(names)))


def _later(past: Sequence[str], count: int) -> list[str] | None:
    """The dates after the last, as far from one another as those before, spelled alike; None where these are uneven."""
    times = dates(pd.Series(past).str.extract(r"(\d.*)")[0])
    months, days = (12 * times.dt.year + times.dt.month).diff().dropna(), times.diff().dropna()
    if times.dt.day.nunique() == 1 and months.nunique() == 1 and months.iloc[0] > 0:
        after = [times.iloc[-1] + pd.DateOffset(months=int(months.iloc[0]) * at) for at in range(1, count + 1)]
    elif days.nunique() == 1 and days.iloc[0] > pd.Timedelta(0):
        after = [times.iloc[-1] + at * days.iloc[0] for at in range(1, count + 1)]
    else:
        return None
    form = "%Y-%m-%d" if len(re.findall(r"\d+", past[0])) > 2 else "%Y-%m"
    return [f"{day:{form}}" for day in after]


def _dated(names: Sequence[str]) -> bool:
    return all(re.fullmatch(r"\D{0,3}\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?", name) for name in names)


def _split(name: str) -> tuple[str, int]:
    match = _NUMBERED.fullmatch(name)
    return (match[1], int(match[2])) if match else (name, -1)


def _naming(facts: pd.DataFrame, steps: set[str], rows: pd.DataFrame) -> str | None:
    """The column of a table that names all these steps, each once."""
    worded = [str(name) for name in facts.columns if types.is_string_dtype(facts[name]) and name not in rows]
    return next((name for name in worded if facts[name].is_unique and steps <= set(facts[name])), None)


def _melted(keep: list[str], name: str, value: str | None, names: Sequence[str | int]) -> dict[str, JsonValue]:
    spelled: list[JsonValue] = [*names]
    return {"keep": [*keep], "name": name, "value": value, "names": spelled}
