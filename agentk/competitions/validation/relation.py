"""How some rows relate to those that are learned from: in time, in groups, in what values they hold, and to a model's eye."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from pandas.api import types

from agentk.competitions.columns.kinds import dates, is_date
from agentk.types.metric import Array

Mask: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]

_ROWS = 1_500  # of each part that a model tells apart
_COLUMNS = 60
_FARTHEST = 3.0  # gaps that differ by more than this factor's logarithm differ altogether


@dataclass(frozen=True)
class Relation:
    """Of rows asked for to rows known. Shares and areas between 0 and 1; None where there is no such column."""

    gap: float | None  # typical distance to the nearest known row, in the time column's unit
    ahead: float | None  # share of the rows that come after all known ones
    known: float | None  # share of the rows whose group is known
    foreign: float  # mean share of values out of the known range or categories
    told_apart: float  # area under the ROC of a small forest that tells the two parts apart

    def distance(self, other: Relation, unit: float) -> float:
        """0 where two relations are alike; `unit`: a time difference that is nothing."""
        apart = [abs(self.foreign - other.foreign), 2 * abs(self.told_apart - other.told_apart)]
        if self.gap is not None and other.gap is not None:
            apart.append(min(abs(np.log((self.gap + unit) / (other.gap + unit))), _FARTHEST) / _FARTHEST)
        apart += [
            abs(own - theirs)
            for own, theirs in ((self.ahead, other.ahead), (self.known, other.known))
            if own is not None and theirs is not None
        ]
        return float(sum(apart))

    def words(self, long: Callable[[float], str]) -> str:
        """In one line, spans of time as `long` writes them."""
        parts = [] if self.gap is None else [f"{long(self.gap)} from the nearest known row"]
        parts += [f"{self.ahead:.0%} after all of them"] if self.ahead else []
        parts += [] if self.known is None else [f"{self.known:.0%} of groups known"]
        return ", ".join([*parts, f"{self.foreign:.1%} of values unseen", f"told apart with AUC {self.told_apart:.2f}"])


@dataclass(frozen=True)
class Marks:
    """What of the rows is compared: their time and group, missing ones included, and columns a model may look at."""

    time: Array | None
    group: Array | None  # codes
    values: Array  # (N, F)
    worded: Mask  # (F,) columns whose numbers are codes of categories


def relation(known: Marks, asked: Marks) -> Relation:
    """How `asked` relates to `known`. Deterministic; looks at a sample."""
    gap = ahead = shared = None
    if known.time is not None and asked.time is not None:
        past, times = (part[np.isfinite(part)] for part in (known.time, asked.time))
        if len(past) and len(times):
            gap, ahead = nearest(np.unique(past), times), float((times > past.max()).mean())
    if known.group is not None and asked.group is not None:
        shared = float(np.isin(asked.group, np.unique(known.group)).mean())
    return Relation(gap, ahead, shared, _foreign(known, asked), told_apart(_some(known.values), _some(asked.values))[0])


def cut(marks: Marks, rows: Mask) -> Marks:
    """Those of some rows alone."""
    time, group = (None if part is None else part[rows] for part in (marks.time, marks.group))
    return Marks(time, group, marks.values[rows], marks.worded)


def nearest(past: Array, asked: Array) -> float:
    """The median distance to the nearest of the sorted `past`."""
    at = np.searchsorted(past, asked)
    before = np.abs(asked - past[np.clip(at - 1, 0, len(past) - 1)])
    after = np.abs(past[np.clip(at, 0, len(past) - 1)] - asked)
    return float(np.median(np.minimum(before, after)))


def as_numbers(both: pd.DataFrame) -> Array:
    """(N, F): dates by moment, texts by length, categories by the alphabet, -1e9 for what is missing."""
    return np.column_stack([_as_numbers(both[name]) for name in both.columns]) if both.shape[1] else np.zeros((len(both), 0))


def told_apart(first: Array, second: Array) -> tuple[float, Array]:
    """AUC on rows held out, and each column's importance, of a small forest that tells the rows of two tables apart."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score

    importance = np.zeros(first.shape[1])
    if not first.shape[1] or min(len(first), len(second)) < 20:
        return 0.5, importance
    X, y = np.concatenate([first, second]), np.r_[np.zeros(len(first)), np.ones(len(second))]
    order = np.random.default_rng(0).permutation(len(y))
    X, y = X[order], y[order]
    half = len(y) // 2
    forest = RandomForestClassifier(30, max_depth=6, min_samples_leaf=10, class_weight="balanced", n_jobs=1, random_state=0)
    scored = np.zeros(len(y))
    for own, other in ((slice(0, half), slice(half, None)), (slice(half, None), slice(0, half))):
        forest.fit(X[own], y[own])
        scored[other] = forest.predict_proba(X[other])[:, 1]
        importance += forest.feature_importances_ / 2
    return float(roc_auc_score(y, scored)), importance


def marks_of(train: pd.DataFrame, test: pd.DataFrame, names: Sequence[str]) -> tuple[Array, Array, Mask]:
    """The columns `names` of both tables as numbers, and which of them are codes of words."""
    names = list(names)[:_COLUMNS]
    both = as_numbers(pd.concat([train[names], test[names]], ignore_index=True))
    worded = np.array([not (types.is_numeric_dtype(train[name]) or is_date(train[name])) for name in names], dtype=bool)
    return both[: len(train)], both[len(train) :], worded


def _some(values: Array) -> Array:
    return values[np.unique(np.linspace(0, len(values) - 1, min(len(values), _ROWS)).astype(np.int64))]


def _foreign(known: Marks, asked: Marks) -> float:
    """The mean share, over columns, of values that the known rows do not reach, or do not have."""
    shares = []
    for at, worded in enumerate(known.worded):
        own, theirs = known.values[:, at], asked.values[:, at]
        out = ~np.isin(theirs, np.unique(own)) if worded else (theirs < own.min()) | (theirs > own.max())
        shares.append(float(out.mean()))
    return float(np.mean(shares)) if shares else 0.0


def _as_numbers(values: pd.Series[Any]) -> Array:
    if types.is_numeric_dtype(values) or types.is_bool_dtype(values):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
    elif is_date(values):
        numbers = dates(values).astype("int64").to_numpy(dtype=float)
    else:
        words = values.astype(str)
        many = words.nunique() > 0.5 * len(words)
        numbers = np.asarray(words.str.len() if many else pd.factorize(words, sort=True)[0], dtype=float)
    return np.asarray(np.nan_to_num(numbers, nan=-1e9))
