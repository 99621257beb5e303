"""Stage 5, split: how held-out rows are to be chosen so that they relate to their folds as test relates to train."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from agentk.competitions.columns.kinds import called_time, moments
from agentk.competitions.columns.task import sorted_labels
from agentk.competitions.draft import Draft, Stage
from agentk.competitions.files.tables import parts_of, several
from agentk.competitions.validation.imitation import imitating, spell_span
from agentk.competitions.validation.relation import nearest
from agentk.errors import CompetitionError
from agentk.types.competition import ColumnKind, TaskKind, Validation
from agentk.types.metric import Array

_FOLDS = 5
_MANY, _FOLDS_OF_MANY = 100_000, 4  # rows, and folds of more
_MILLIONS, _FOLDS_OF_MILLIONS = 200_000, 2
_CELLS, _ROWS_OF_CELLS = 20_000_000, 50_000  # rows x columns from which on rows that are so many count as millions
_HUGE, _FOLDS_OF_HUGE = 100_000_000, 3  # rows of train and test x columns: every fold takes long to hand over alone
_HELD_OUT = 100_000  # of so many rows, and more: they tell a score to about a thousandth, and the others need not be predicted
_WAITS = 2.0  # steps of time between train and test from which on folds leave a gap as well
_LATER = 0.75  # share of the test rows that come after all of train, for it to be a forecast
_ROWS = 50_000  # rows looked at
_FEWEST_GROUPS = 3
_TOGETHER = 0.3  # share of rows held out at random whose group is known, from which on groups hold rows together
_BLOCKS = 4  # blocks of time that a fold takes, where nothing says how long they are
_COARSE = 60  # moments; so few may be years or months, of which test has the last
_FEWEST_STAGES, _ROWS_A_STAGE = 5, 20
_MANY_COLUMNS = 300  # group columns are looked for among this many at most
_GROUP_PATTERNS = (r"^(.+)[_\-/][^_\-/]+$",)
_GROUP_NAME = re.compile(
    r"(?i:(^|_)(group|user|patient|subject|customer|client|person|session|author|store|shop|site|family|household|well|building|"
    r"device|machine|engine|id)s?(_|$))|[a-z](Id|ID)$"
)


@dataclass(frozen=True)
class _Pair:
    """A figure of the test rows, and the same of rows held out at random."""

    test: float
    random: float


def find_validation(draft: Draft) -> Draft:
    """Fills the validation scheme, with reasons. Raises CompetitionError when a column asked for does not exist."""
    train, test = parts_of(draft)
    if draft.overrides.validation or draft.overrides.column:
        return draft.grown(validation=_as_said(draft, train, test))
    found = [scheme for scheme in (_in_time(draft, train, test), _in_groups(draft, train, test)) if scheme]
    found = [scheme for scheme in found if scheme.scheme not in draft.refused("split")]
    plain = _at_random(draft, train)
    if not found and plain.scheme in draft.refused("split"):
        found = _allowed(draft, train)
    validation = imitating(draft, found, plain, train, test) if found else plain
    return draft.grown(validation=validation, reason=f"{validation.scheme} folds: {'; '.join(validation.reasons)}")


def _as_said(draft: Draft, train: pd.DataFrame, test: pd.DataFrame) -> Validation:
    said = draft.overrides
    column = said.column
    if column is not None and column not in train.columns:
        raise CompetitionError(f"--column {column}: the train file has no such column. It has {several(train.columns)}.")
    scheme = said.validation or "grouped"
    if scheme in ("random", "stratified"):
        return Validation(scheme=scheme, folds=_folds(draft), most=_most(draft), reasons=(f"as {draft.speaker} said",))
    if scheme == "grouped":
        if column is None:
            raise CompetitionError("--validation grouped needs the column whose values belong together: --column COLUMN.")
        said_by = (f"as {draft.speaker} said",)
        return Validation(scheme=scheme, folds=_folds(draft), column=column, most=_most(draft), reasons=said_by)
    column = column or next((name for name in _time_columns(draft) if name in train), None)
    if column is None:
        raise CompetitionError(f"--validation {scheme} needs a column that orders the rows in time: --column COLUMN.")
    span = _runs(_as_time(test[column]), _as_time(train[column])) if scheme == "blocked" and column in test else None
    return Validation(scheme=scheme, folds=_folds(draft), column=column, span=span, reasons=(f"as {draft.speaker} said",))


def _folds(draft: Draft) -> int:
    """Fewer where rows are many: what a fold more would tell is known already, and every fold costs a fit of every program."""
    folds = _FOLDS_OF_MILLIONS if _is_large(draft) else _FOLDS if draft.rows <= _MANY else _FOLDS_OF_MANY
    if (draft.rows + draft.test_rows) * len(draft.columns) > _HUGE:
        folds = min(folds, _FOLDS_OF_HUGE)
    return max(2, min(folds, draft.rows))


def _most(draft: Draft) -> int | None:
    return min(_HELD_OUT, draft.rows // 2) if _is_large(draft) else None


def _is_large(draft: Draft) -> bool:
    cells = draft.rows * len(draft.columns)
    return draft.rows > _MILLIONS or (draft.rows > _ROWS_OF_CELLS and cells > _CELLS)


def _time_columns(draft: Draft) -> list[str]:
    """Columns that may order the rows: dates first, then numbers called after time."""
    dated = [column.name for column in draft.columns if column.kind is ColumnKind.DATETIME]
    named = [
        column.name
        for column in draft.columns
        if column.kind in (ColumnKind.NUMERIC, ColumnKind.IDENTIFIER) and called_time(column.name) and column.unique > 1
    ]
    return dated + named


def _as_time(values: pd.Series[Any]) -> Array:
    """Seconds of dates, numbers as they are; missing values left out."""
    times = moments(values)
    return times[np.isfinite(times)]


def _in_time(draft: Draft, train: pd.DataFrame, test: pd.DataFrame) -> Validation | None:
    """Rolling where test lies after train, blocked where test lies in stretches that train has not."""
    for name in (*_time_columns(draft), *_stages(draft, train, test)):
        past, asked = _as_time(_some(train[name])), _as_time(_some(test[name]))
        moments_known = len(np.unique(past))
        if len(past) < 50 or len(asked) < 10 or moments_known < 3:
            continue
        long = partial(spell_span, dated=not types.is_numeric_dtype(train[name]))
        later = float((asked > past.max()).mean())
        told = draft.value is not None or np.ptp(asked) > 0.005 * np.ptp(past) or moments_known <= _COARSE
        if later > _LATER and told:
            horizon = float(asked.max() - past.max())
            reasons = (
                f"{later:.0%} of the test rows come after all of train by {name}",
                f"each fold is answered for the {long(horizon)} that follow it",
            )
            folds = min(_folds(draft), moments_known - 1)
            step, waits = float(np.median(np.diff(np.unique(past)))), float(asked.min() - past.max())
            waits = waits if _WAITS * step < waits < horizon else 0.0
            also = (f"{long(waits)} pass before the first of them, and before the rows that a fold holds out",) if waits else ()
            return Validation(scheme="rolling", folds=folds, column=name, span=horizon, gap=waits, reasons=(*reasons, *also))
        gap = _gaps(past, asked)
        if gap.test > 5 * gap.random and gap.test > 0:
            span = _runs(asked, past)
            reasons = (
                f"a typical test row is {long(gap.test)} from the nearest training row by {name}, "
                f"a row held out at random only {long(gap.random)}",
                f"test comes in stretches of about {long(span)}: folds are made of blocks as long",
            )
            return Validation(scheme="blocked", folds=_folds(draft), column=name, span=span, reasons=reasons)
    return None


def _allowed(draft: Draft, train: pd.DataFrame) -> list[Validation]:
    """What the columns allow although test does not look so: for when rows held out at random are known to mislead."""
    found = []
    for name in _time_columns(draft):
        past = _as_time(_some(train[name]))
        if len(np.unique(past)) > _BLOCKS * _folds(draft):
            span = float(np.ptp(past)) / (_BLOCKS * _folds(draft))
            reasons = (f"{name} orders the rows in time",)
            found.append(Validation(scheme="blocked", folds=_folds(draft), column=name, span=span, reasons=reasons))
            break
    for name, pattern in _group_candidates(draft, train):
        own = _keys(_some(train[name]), pattern)
        if own.nunique() > _folds(draft) and _overlap(own, own).random > _TOGETHER:
            reasons = (f"{own.nunique()} values of {name} hold rows together",)
            scheme = Validation(
                scheme="grouped", folds=_folds(draft), column=name, pattern=pattern, most=_most(draft), reasons=reasons
            )
            found.append(scheme)
            break
    return [scheme for scheme in found if scheme.scheme not in draft.refused("split")]


def _stages(draft: Draft, train: pd.DataFrame, test: pd.DataFrame) -> list[str]:
    """Columns of a few whole numbers, whatever they are called, all higher in test than in train."""
    found: list[str] = []
    for column in draft.columns:
        few = column.kind is ColumnKind.NUMERIC and _FEWEST_STAGES <= column.unique <= min(_COARSE, draft.rows // _ROWS_A_STAGE)
        if few and not _GROUP_NAME.search(column.name) and types.is_integer_dtype(train[column.name]):
            later = test[column.name].min() > train[column.name].max()
            found += [column.name] if later and not called_time(column.name) else []
    return found


def _gaps(past: Array, asked: Array) -> _Pair:
    """The typical distance to the nearest training time: of test rows, and of one row in five held out at random."""
    generator = np.random.default_rng(0)
    held_out = generator.random(len(past)) < 1 / _FOLDS
    return _Pair(nearest(np.unique(past), asked), nearest(np.unique(past[~held_out]), past[held_out]))


def _runs(asked: Array, past: Array) -> float:
    """The typical length of the stretches of test time that no training time interrupts."""
    times, known = np.unique(asked), np.unique(past)
    stretch = np.searchsorted(known, times)
    starts = np.flatnonzero(np.r_[True, np.diff(stretch) > 0])
    ends = np.r_[starts[1:] - 1, len(times) - 1]
    lengths = times[ends] - times[starts]
    return float(np.median(lengths[lengths > 0])) if (lengths > 0).any() else float(np.ptp(times))


def _in_groups(draft: Draft, train: pd.DataFrame, test: pd.DataFrame) -> Validation | None:
    """Grouped where rows belong together and test rows come with groups of their own: the widest, where groups lie in groups."""
    chosen: Validation | None = None
    inner: pd.Series[Any] | None = None
    for name, pattern in _group_candidates(draft, train):
        own, others = _keys(_some(train[name]), pattern), _keys(_some(test[name]), pattern)
        overlap = _overlap(own, others)
        sizes = own.value_counts()
        if len(sizes) < _FEWEST_GROUPS or sizes.iloc[0] > 0.5 * len(own):
            continue
        if overlap.random <= _TOGETHER or overlap.test >= 0.1 * overlap.random or (inner is not None and not _holds(own, inner)):
            continue
        key = f"the part of {name} matched by {pattern}" if pattern else name
        reason = (
            f"{overlap.test:.0%} of the test rows share {key} with a training row, "
            f"but {overlap.random:.0%} of rows held out at random would"
        )
        folds = min(_folds(draft), len(sizes))
        chosen, inner = (
            Validation(scheme="grouped", folds=folds, column=name, pattern=pattern, most=_most(draft), reasons=(reason,)),
            own,
        )
    return chosen


def _holds(outer: pd.Series[Any], inner: pd.Series[Any]) -> bool:
    """Whether every group of `inner` lies in one group of `outer`, which has fewer."""
    return outer.nunique() < inner.nunique() and bool((outer.groupby(inner).nunique() <= 1).all())


def _group_candidates(draft: Draft, train: pd.DataFrame) -> list[tuple[str, str | None]]:
    """Columns, and patterns within ids, whose values may hold rows together: those called so first."""
    held = (ColumnKind.CATEGORICAL, ColumnKind.IDENTIFIER, ColumnKind.NUMERIC, ColumnKind.TEXT)
    columns = [c for c in draft.columns if c.kind in held and c.unique > 2][:_MANY_COLUMNS]
    found: list[tuple[str, str | None]] = []
    for column in columns:
        if types.is_string_dtype(train[column.name]) and column.unique > 0.5 * draft.rows:
            looked = train[column.name].dropna().astype(str).head(2000)
            found += [(column.name, p) for p in _GROUP_PATTERNS if len(looked) and looked.str.match(p).mean() > 0.98]
        whole = not types.is_float_dtype(train[column.name]) or bool((train[column.name].dropna() % 1 == 0).all())
        if whole and column.unique < 0.7 * draft.rows and column.kind is not ColumnKind.TEXT:
            called = _GROUP_NAME.search(column.name) is not None
            if called or column.kind is ColumnKind.CATEGORICAL or column.kind is ColumnKind.IDENTIFIER:
                found.append((column.name, None))
    return sorted(found, key=lambda candidate: (candidate[1] is None, _GROUP_NAME.search(candidate[0]) is None))


def _keys(values: pd.Series[Any], pattern: str | None) -> pd.Series[Any]:
    known = values.dropna()
    return known.astype(str).str.extract(pattern, expand=False).dropna() if pattern else known


def _overlap(own: pd.Series[Any], others: pd.Series[Any]) -> _Pair:
    """The share of rows whose key also occurs in the training part: of test rows, and of one row in five held out at random."""
    held_out = np.random.default_rng(0).random(len(own)) < 1 / _FOLDS
    return _Pair(float(others.isin(own.unique()).mean()), float(own[held_out].isin(own[~held_out].unique()).mean()))


def _at_random(draft: Draft, train: pd.DataFrame) -> Validation:
    assert draft.task
    folds = _folds(draft)
    if not draft.task.classifies and draft.task is not TaskKind.ORDINAL:
        return Validation(
            scheme="random",
            folds=folds,
            most=_most(draft),
            reasons=("nothing sets the test rows apart from the training rows in group or time",),
        )
    target = train[draft.targets[0]].dropna()
    rarest = int(target.value_counts().min())
    reasons = [
        "nothing sets the test rows apart from the training rows in group or time; every fold has the classes in equal shares"
    ]
    if rarest < folds:
        reasons.append(f"the rarest of {len(sorted_labels(target))} classes has only {rarest} rows: some folds lack it")
    return Validation(scheme="stratified", folds=folds, most=_most(draft), reasons=tuple(reasons))


def _some(values: pd.Series[Any]) -> pd.Series[Any]:
    return values if len(values) <= _ROWS else values.sample(_ROWS, random_state=0)


def _column_exists(draft: Draft) -> str | None:
    validation = draft.validation
    if validation is None:
        return "no validation scheme was chosen"
    if validation.column is not None and validation.column not in {column.name for column in draft.columns} | set(
        draft.train_only
    ):
        return f"the column {validation.column} that folds are made by is not in train"
    return None


def _folds_can_be_made(draft: Draft) -> str | None:
    validation = draft.validation
    assert validation
    return f"{validation.folds} folds of {draft.rows} rows cannot be made" if not 2 <= validation.folds <= draft.rows else None


SPLIT = Stage("split", find_validation, (_column_exists, _folds_can_be_made))
