"""The leak audit: what tells the target more than it honestly could, and what is done about it: used, reported or left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from pandas.api import types

from agentk.competitions.files.tables import rows_of, several
from agentk.competitions.scoring.truth import encode_truth, plain_values
from agentk.errors import CompetitionError
from agentk.types.competition import Column, ColumnKind, Competition
from agentk.types.metric import Array

Codes: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

_ROWS = 10_000  # looked at, of train and of test; fewer where each has several targets
_FEWEST_ROWS = 2_000
_COLUMNS = 400  # looked at
_TARGETS = 24  # of many that are looked at
_BINS = 50
_GIVES_AWAY = 0.95  # share of the target's variance that one column may explain alone
_ORDER = 0.1  # the same of ids and row order
_PURE = 0.98
_SAY = "--leaks drop leaves such columns out, --leaks use has nothing said"


class LeakError(CompetitionError):
    """A person wants to be asked about columns that give the target away, and there are some."""


@dataclass(frozen=True)
class Leak:
    """One thing found; `column`: which may be left out."""

    text: str
    column: str | None = None


def audited(competition: Competition, what: Literal["use", "report", "drop", "ask"]) -> Competition:
    """The contract with what was found.

    use     it stands among the findings, and every column stays
    report  it is a doubt as well, so that the person decides
    drop    columns that give the target away are left out of all rows, and a doubt says so; nothing is left out that is the last
            column to learn from, or that folds are made by
    ask     LeakError is raised with the question, where there is such a column
    """
    train, test = rows_of(competition)
    found = leaks(competition, train, test)
    texts = tuple(leak.text for leak in found)
    told = [leak for leak in found if leak.column]
    if what == "use" or not told:
        return competition.model_copy(update={"findings": texts})
    names = tuple(str(leak.column) for leak in told)
    if what == "ask":
        raise LeakError(
            f"{competition.folder}: {'; '.join(leak.text for leak in told)}. Say --leaks drop to leave that out, "
            "--leaks use to learn from it, --leaks report to go on with a doubt"
        )
    left = [c for c in competition.columns if c.name not in names and c.kind not in (ColumnKind.CONSTANT, ColumnKind.IDENTIFIER)]
    if what == "report" or not left:
        doubts = tuple(f"{leak.text} ({_SAY})" for leak in told)
        return competition.model_copy(update={"findings": texts, "doubts": (*competition.doubts, *doubts)})
    columns = tuple(column for column in competition.columns if column.name not in names)
    doubts = tuple(f"{leak.text}: it is left out (--leaks report keeps it)" for leak in told)
    update = {"findings": texts, "doubts": (*competition.doubts, *doubts), "columns": columns, "dropped": names}
    return competition.model_copy(update=update)


def leaks(competition: Competition, train: pd.DataFrame, test: pd.DataFrame) -> tuple[Leak, ...]:
    """Columns, ids, row order or repeated rows that tell the target more than they honestly could.

    Deterministic, and bounded by looking at a sample of rows and columns.
    """
    places = _places(len(train), max(_ROWS // len(competition.targets), _FEWEST_ROWS))
    some = train.iloc[places]
    target = _target(competition, some)
    found: list[Leak] = []
    untold = (ColumnKind.CONSTANT, ColumnKind.IMAGE, ColumnKind.PIXEL)
    features = [c for c in competition.columns if c.kind not in untold][:_COLUMNS]
    plain = [c for c in features if c.kind is not ColumnKind.TEXT and c.kind is not ColumnKind.LIST]
    for column in plain:
        if column.name in (*competition.id_columns, competition.validation.column) or _names_series(column, competition, test):
            continue
        told = _explained(_codes(some[column.name]), target)
        if told > _GIVES_AWAY:
            found.append(Leak(f"{column.name} alone explains {told:.0%} of the target: it may give it away", column.name))
        elif pure := _pure_part(some[column.name], target, competition):
            found.append(Leak(f"{column.name} {pure}", column.name))
    found += map(Leak, _order_tells(competition, some, places, target))
    others = (*_repeated_rows(competition, train, test), *_repeated_ids(competition, train))
    return (*found, *map(Leak, others))


def _names_series(column: Column, competition: Competition, test: pd.DataFrame) -> bool:
    """Whether it tells the series of a forecast apart: what was sold where says much of what will be, honestly."""
    if (
        competition.validation.scheme != "rolling"
        or column.kind is not ColumnKind.CATEGORICAL
        or not competition.validation.column
    ):
        return False
    return not test.duplicated([column.name, competition.validation.column]).any()


def _places(rows: int, most: int) -> Codes:
    """Row numbers, evenly spread and in order."""
    return np.unique(np.linspace(0, rows - 1, min(rows, most)).astype(np.int64))


def _target(competition: Competition, rows: pd.DataFrame) -> Array:
    """(N, C) one column a class, or (N, T) ranks of values, which no outlier rules."""
    truth = encode_truth(competition, rows)
    if competition.task.classifies:
        return np.asarray(np.eye(len(competition.classes))[truth.astype(int)])
    ranks = pd.DataFrame(plain_values(competition, truth)[:, :_TARGETS]).rank(pct=True)
    return ranks.fillna(ranks.mean()).to_numpy()


def _codes(values: pd.Series[Any]) -> Codes:
    """Bins of numbers and dates, numbers of categories, 0 for what is missing."""
    if not types.is_numeric_dtype(values) and not types.is_bool_dtype(values):
        return pd.factorize(values.astype(str))[0].astype(np.int64) + 1
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    known = np.isfinite(numbers)
    codes = np.zeros(len(numbers), dtype=np.int64)
    if known.any():
        edges = np.unique(np.quantile(numbers[known], np.linspace(0, 1, _BINS + 1)[1:-1]))
        codes[known] = 1 + np.searchsorted(edges, numbers[known], side="right")
    return codes


def _explained(codes: Codes, target: Array) -> float:
    """The share of the target's variance that means by code, taken from one half of the rows, explain in the other."""
    first = np.random.default_rng(0).random(len(codes)) < 0.5
    left = spread = 0.0
    size = int(codes.max()) + 1
    for own, other in ((first, ~first), (~first, first)):
        if not own.any() or not other.any():
            return 0.0
        counts = np.bincount(codes[own], minlength=size)
        overall = target[own].mean(axis=0)
        sums = np.stack([np.bincount(codes[own], weights=column, minlength=size) for column in target[own].T], axis=1)
        means = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], overall)
        left += float(((target[other] - means[codes[other]]) ** 2).sum())
        spread += float(((target[other] - overall) ** 2).sum())
    return 1 - left / spread if spread else 0.0


def _pure_part(values: pd.Series[Any], target: Array, competition: Competition) -> str | None:
    """In words, when the rows in which a mostly empty column says something nearly all have one class."""
    if not competition.task.classifies:
        return None
    missing = values.isna().to_numpy()
    if not missing.any():
        codes, distinct = pd.factorize(values if values.dtype.kind in "biufM" else values.astype(str), sort=True)
        if len(distinct) == len(values):
            return None
        missing = codes == np.bincount(codes).argmax()
    known = ~missing
    if not 20 <= known.sum() <= 0.5 * len(known):
        return None
    share, base = target[known].mean(axis=0), target.mean(axis=0)
    top = int(share.argmax())
    if share[top] < _PURE or base[top] > 0.9:
        return None
    return (
        f"says something on {known.mean():.0%} of the rows only, and {share[top]:.0%} of these are "
        f"{competition.classes[top]} (of all rows {base[top]:.0%}): it may have been filled in afterwards"
    )


def _order_tells(competition: Competition, some: pd.DataFrame, places: Codes, target: Array) -> list[str]:
    """Whether row order or ids tell the target, where no time order explains it."""
    if competition.validation.scheme in ("rolling", "blocked") or len(some) < 200:
        return []
    found = []
    told = _explained(_codes(pd.Series(places)), target)
    if told > _ORDER:
        found.append(f"the order of the training rows explains {told:.0%} of the target")
    for name in competition.id_columns:
        if name in some and types.is_numeric_dtype(some[name]):
            by_id = _explained(_codes(some[name]), target)
            if by_id > _ORDER and by_id > told + 0.02:
                found.append(f"{name} explains {by_id:.0%} of the target: ids should tell nothing")
    return found


def _repeated_rows(competition: Competition, train: pd.DataFrame, test: pd.DataFrame) -> list[str]:
    names = [c.name for c in competition.columns if c.name not in competition.id_columns]
    names = [n for n in names if not any(c.name == n for c in competition.file_columns)]
    kinds = {c.name: c.kind for c in competition.columns}
    if not names or len(names) > _COLUMNS or (len(names) < 3 and not any(kinds[n] is ColumnKind.TEXT for n in names)):
        return []  # few short columns repeat by chance
    known, asked = (_hashed(frame[names]) for frame in (train, test))
    both, within = float(asked.isin(known.unique()).mean()), float(known.duplicated(keep=False).mean())
    if both < 0.005 or both < 1.5 * within:
        return []  # rows that repeat within train repeat in test by nature
    return [f"{round(both * len(test))} of {len(test)} test rows ({both:.1%}) are in train word for word"]


def _hashed(frame: pd.DataFrame) -> pd.Series[Any]:
    words = {n: frame[n].astype(str) for n in frame.columns if frame[n].dtype == "object"}
    return pd.util.hash_pandas_object(frame.assign(**words), index=False)


def _repeated_ids(competition: Competition, train: pd.DataFrame) -> list[str]:
    keys = [name for name in competition.id_columns if name in train]
    if not keys:
        return []
    repeated = int(train.duplicated(keys).sum())
    return [f"{repeated} training rows repeat an id ({several(keys)})"] if repeated else []
