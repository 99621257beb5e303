"""What a person should know before the first fit: leaks, and differences between train and test. Shown, never acted on."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from pandas.api import types

from agentk.competitions.relation import as_numbers, told_apart
from agentk.competitions.tables import several
from agentk.competitions.truth import encode_truth
from agentk.types.competition import ColumnKind, Competition
from agentk.types.metric import Array

Codes: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

_ROWS = 10_000  # looked at, of train and of test
_SHIFT_ROWS = 3_000  # of each, for telling them apart
_COLUMNS = 400  # looked at
_SHIFT_COLUMNS = 100
_BINS = 50
_GIVES_AWAY = 0.95  # share of the target's variance that one column may explain alone
_ORDER = 0.1  # the same of ids and row order
_PURE = 0.98


def scan(competition: Competition, train: pd.DataFrame, test: pd.DataFrame) -> tuple[str, ...]:
    """Short sentences with numbers; empty when nothing is conspicuous. `train` and `test` as `rows.load_rows` gives them.

    Deterministic, and bounded by looking at a sample of rows and columns.
    """
    return (*leaks(competition, train, test), *shift(competition, train, test))


def leaks(competition: Competition, train: pd.DataFrame, test: pd.DataFrame) -> tuple[str, ...]:
    """Columns, ids, row order or repeated rows that tell the target more than they honestly could."""
    places = _places(len(train), _ROWS)
    some = train.iloc[places]
    target = _target(competition, some)
    found: list[str] = []
    features = [c for c in competition.columns if c.kind not in (ColumnKind.CONSTANT, ColumnKind.IMAGE)][:_COLUMNS]
    plain = [c for c in features if c.kind is not ColumnKind.TEXT and c.kind is not ColumnKind.LIST]
    for column in plain:
        if column.name in (*competition.id_columns, competition.validation.column):
            continue
        told = _explained(_codes(some[column.name]), target)
        if told > _GIVES_AWAY:
            found.append(f"{column.name} alone explains {told:.0%} of the target: it may give it away")
        elif pure := _pure_part(some[column.name], target, competition):
            found.append(f"{column.name} {pure}")
    found += _order_tells(competition, some, places, target)
    return (*found, *_repeated_rows(competition, train, test), *_repeated_ids(competition, train))


def shift(competition: Competition, train: pd.DataFrame, test: pd.DataFrame) -> tuple[str, ...]:
    """How well a fixed model tells test rows from training rows, by which columns, and what test has that train has not."""
    ignored = (ColumnKind.CONSTANT, ColumnKind.IDENTIFIER, ColumnKind.IMAGE)
    names = [c.name for c in competition.columns if c.kind not in ignored and c.name not in competition.id_columns]
    names = [name for name in names if name != competition.validation.column][:_SHIFT_COLUMNS]
    if not names or min(len(train), len(test)) < 50:
        return ()
    first, second = train[names].iloc[_places(len(train), _SHIFT_ROWS)], test[names].iloc[_places(len(test), _SHIFT_ROWS)]
    both = as_numbers(pd.concat([first, second], ignore_index=True))
    auc, importance = told_apart(both[: len(first)], both[len(first) :])
    found = list(_unseen(train[names].iloc[_places(len(train), 10 * _ROWS)], second))
    if auc > 0.6:
        strongest = [names[at] for at in np.argsort(-importance)[:3] if importance[at] > 0.05]
        found.insert(
            0, f"train and test differ: a model tells their rows apart with AUC {auc:.2f}, mostly by {several(strongest)}"
        )
    return tuple(found)


def _places(rows: int, most: int) -> Codes:
    """Row numbers, evenly spread and in order."""
    return np.unique(np.linspace(0, rows - 1, min(rows, most)).astype(np.int64))


def _target(competition: Competition, rows: pd.DataFrame) -> Array:
    """(N, C) one column a class, or (N, T) ranks of values, which no outlier rules."""
    truth = encode_truth(competition, rows)
    if competition.task.classifies:
        return np.asarray(np.eye(len(competition.classes))[truth.astype(int)])
    return pd.DataFrame(truth).rank(pct=True).to_numpy()


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
        most = values.astype(str).mode()
        missing = (values.astype(str) == most.iloc[0]).to_numpy()
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


def _unseen(train: pd.DataFrame, test: pd.DataFrame) -> list[str]:
    """Columns in which many test rows hold what train does not."""
    found = []
    for name in test.columns:
        known, asked = train[name].dropna(), test[name].dropna()
        if known.empty or len(asked) < 50 or known.dtype == "object":
            continue
        if types.is_numeric_dtype(known) and not types.is_bool_dtype(known):
            outside = float(((asked < known.min()) | (asked > known.max())).mean())
            if outside > 0.05:
                found.append(f"{outside:.0%} of the test rows have a {name} outside the range of train")
        elif known.nunique() < 0.2 * len(known):
            outside = float((~asked.isin(known.unique())).mean())
            if outside > 0.05:
                found.append(f"{outside:.0%} of the test rows have a {name} that train does not know")
    return found
