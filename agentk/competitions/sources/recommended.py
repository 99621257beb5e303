"""Makes candidates of a history of who took what and when, where the sample asks for a list of things for each of them.

The rows of train are what people might have taken in each of the last spans of time, with what had happened before it; those of
test are what they may take in the span that follows. A span is as long as the description says, else a week.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api import types

from agentk.competitions.columns.kinds import is_date, moments
from agentk.competitions.files.folders import link
from agentk.competitions.files.listing import listed, role_of
from agentk.competitions.files.sniffing import sniffed
from agentk.competitions.files.tables import table
from agentk.errors import CompetitionError
from agentk.types.competition import TableFile

_SPANS = 4  # of time that training rows are made of
_WEEK, _MOST_DAYS = 7.0, 100.0
_SPAN = re.compile(
    r"\b(?P<before>\d{1,3})[ -]days?\b(?= (period|span|window)|[^.\n]{0,30} (after|following))|"
    r"\b(next|following|coming|first) (?P<behind>\d{1,3}) days\b",
    re.IGNORECASE,
)
_OWN_SPANS, _MOST_OWN, _MOST_POPULAR = 12, 20, 20  # how far back own things reach, how many of them, and of those of all
_MOST_ROWS = 20_000_000
_TARGET = "taken"


@dataclass(frozen=True)
class History:
    """Which table tells who took what and when, and its columns."""

    name: str
    file: TableFile
    key: str
    item: str
    time: str


def history_in(folder: Path) -> History | None:
    """The history of what the sample asks for, where there is no table to predict for; None where something else is asked."""
    tables = listed(folder)
    roles = {name: role_of(name) for name in tables}
    samples = [name for name, role in roles.items() if role == "sample"]
    if len(samples) != 1 or "test" in roles.values():
        return None
    asked = table(folder, sniffed(folder, *tables[samples[0]]))
    if asked.shape[1] != 2 or not types.is_string_dtype(asked.iloc[:, 1]) or not asked.iloc[:, 0].is_unique:
        return None
    lists = [cell.split() for cell in asked.iloc[:50, 1].dropna()]
    words = {word for row in lists for word in row}
    if sum(map(len, lists)) < 2 * max(len(lists), 1):
        return None
    key = str(asked.columns[0])
    for name in (name for name in tables if roles[name] != "sample"):
        file = sniffed(folder, *tables[name])
        rows = table(folder, file)
        if key not in rows or rows[key].is_unique or not rows[key].isin(asked[key]).any():
            continue
        others = [str(other) for other in rows.columns if other != key and not types.is_float_dtype(rows[other])]
        item = next((other for other in others if words <= _spelled(folder, file, other)), None)
        time = next((other for other in others if other != item and is_date(rows[other])), None)
        if item and time:
            fixed = file.model_copy(update={"options": {**file.options, "dtypes": {item: "str"}, "columns": [key, item, time]}})
            return History(name, fixed, key, item, time)
    return None


def _spelled(folder: Path, file: TableFile, column: str) -> set[str]:
    """The values of a column as the file spells them: 0108775015 is no number."""
    plain = file.model_copy(update={"options": {**file.options, "dtypes": {column: "str"}, "columns": [column]}})
    return set(table(folder, plain)[column].dropna())


def set_out(source: Path, folder: Path, history: History) -> str:
    """Writes `folder`/train.csv, test.csv and sample_submission.csv, the other files of `source` beside; says what was done.

    Raises CompetitionError where there are too many candidates, or too little history. What has been made before stays as it is.
    """
    asked = table(source, sniffed(source, *_sample(source)))
    past = table(source, history.file)[[history.key, history.item]].set_axis(["key", "item"], axis=1)
    past = past.assign(day=moments(table(source, history.file)[history.time]) / 86400)
    span = _said_span(source)
    last, first = past["day"].max(), past["day"].min()
    spans = min(_SPANS, int((last - first) / span) - 1)
    if spans < 1:
        raise CompetitionError(
            f"{source / history.name} lasts {last - first:.0f} days: too little to learn from spans of {span:.0f}."
        )
    if len(asked) * _MOST_POPULAR > _MOST_ROWS:
        raise CompetitionError(
            f"{source} asks for lists for {len(asked)} values of {history.key}: agentk ranks {_MOST_ROWS:,} candidates at most. "
            f"Make a table of candidates for each, and name it with --test FILE."
        )
    done = (
        f"{history.name} tells which {history.item} each {history.key} took: train has what they might have taken in each of the "
        f"last {spans} spans of {span:.0f} days, test what they may take in the next (--train and --test name tables of your own)"
    )
    if (folder / "train.csv").exists():
        return done
    draft = folder.with_name(f".{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    names = {"key": history.key, "item": history.item}
    cuts = [last + 1e-9 - span * back for back in range(spans, -1, -1)]
    parts = []
    for at, cut in enumerate(cuts):
        within = past[(past["day"] >= cut) & (past["day"] < cut + span)]
        keys = within["key"].drop_duplicates() if len(within) else asked.iloc[:, 0]
        rows = _candidates(past[past["day"] < cut], keys, cut, span).assign(period=at + 1)
        took = pd.MultiIndex.from_frame(within[["key", "item"]])
        parts.append(rows.assign(**{_TARGET: pd.MultiIndex.from_frame(rows[["key", "item"]]).isin(took).astype(int)}))
    draft.mkdir(parents=True)
    pd.concat(parts[:-1]).rename(columns=names).to_csv(draft / "train.csv", index=False)
    test = parts[-1].drop(columns=_TARGET)
    test.rename(columns=names).to_csv(draft / "test.csv", index=False)
    lists = test.sort_values("popular", ascending=False, kind="stable").groupby("key")["item"].agg(" ".join)
    asked.assign(**{asked.columns[1]: lists.reindex(asked.iloc[:, 0]).to_numpy()}).to_csv(
        draft / "sample_submission.csv", index=False
    )
    for entry in source.iterdir():
        if entry.is_file() and entry.name != history.file.path and role_of(entry.name) != "sample":
            link(entry, draft / entry.name)
    draft.replace(folder)
    return done


def _candidates(past: pd.DataFrame, keys: pd.Series[Any], cut: float, span: float) -> pd.DataFrame:
    """What each of the keys may take next, with what had happened before the cut."""
    recent = past[past["day"] >= cut - span]
    popular = recent["item"].value_counts()
    own = past[(past["day"] >= cut - _OWN_SPANS * span) & past["key"].isin(keys)]
    times = own.groupby(["key", "item"])["day"].agg(["size", "max"]).reset_index()
    times = times.sort_values("max", ascending=False, kind="stable").groupby("key").head(_MOST_OWN)
    of_all = keys.to_frame("key").merge(pd.DataFrame({"item": popular.index[:_MOST_POPULAR]}), how="cross")
    rows = pd.concat([times[["key", "item"]], of_all]).drop_duplicates()
    rows = rows.merge(times.rename(columns={"size": "own_times", "max": "own_last"}), on=["key", "item"], how="left")
    before = past[past["day"] >= cut - _OWN_SPANS * span]
    by_key = before.groupby("key")["day"].agg(["size", "max"])
    return rows.assign(
        own_times=rows["own_times"].fillna(0).astype(int),
        own_last=(cut - rows["own_last"]).round(2),
        popular=rows["item"].map(popular).fillna(0).astype(int),
        popular_before=rows["item"].map(before["item"].value_counts()).fillna(0).astype(int),
        taken_before=rows["key"].map(by_key["size"]).fillna(0).astype(int),
        last_before=(cut - rows["key"].map(by_key["max"])).round(2),
    ).sort_values(["key", "popular"], ascending=[True, False], kind="stable")


def _sample(source: Path) -> tuple[str, str | None]:
    tables = listed(source)
    return next(tables[name] for name in tables if role_of(name) == "sample")


def _said_span(source: Path) -> float:
    """How many days are asked for, by the descriptions that lie there; a week where none says so."""
    texts = [
        path.read_text(encoding="utf-8", errors="replace") for path in source.iterdir() if path.suffix in (".md", ".txt", ".html")
    ]
    said = [float(match["before"] or match["behind"]) for text in texts for match in _SPAN.finditer(text)]
    return next((days for days in said if 0 < days <= _MOST_DAYS), _WEEK)
