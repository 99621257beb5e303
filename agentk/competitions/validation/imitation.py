"""Which way of holding rows out imitates test: each candidate's relation to its folds is compared with test's to train."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from pandas.api import types

from agentk.competitions.columns.kinds import moments
from agentk.competitions.draft import Draft
from agentk.competitions.validation.relation import Marks, Mask, Relation, cut, marks_of, relation
from agentk.types.competition import ColumnKind, Validation
from agentk.types.metric import Array

_ROWS = 20_000  # looked at
_NEARER = (
    0.15  # by so much a scheme of time or groups may be farther from test than random folds: it is found by a rule of its own
)
_FLATTERS = 0.3  # beyond this distance random folds are said to flatter
_UNLIKE = 0.5  # beyond this the best folds are said to be unlike test


def imitating(
    draft: Draft, found: Sequence[Validation], plain: Validation, train: pd.DataFrame, test: pd.DataFrame
) -> Validation:
    """Of `found` and `plain` the scheme whose rows relate to their folds most as test relates to train, with the figures.

    `plain` is but compared where it is known not to hold. Deterministic; looks at a sample of the rows.
    """
    known, asked, long = _marks(draft, found, _some(train), _some(test))
    aim = relation(known, asked)
    unit = _unit(known)
    relations = [_held_out_relation(scheme, known) for scheme in (*found, plain)]
    apart = [aim.distance(own, unit) for own in relations]
    refused = plain.scheme in draft.refused("split")
    best = int(np.argmin([*(own - _NEARER for own in apart[:-1]), np.inf if refused else apart[-1]]))
    chosen = (*found, plain)[best]
    figures = [f"test rows are {aim.words(long)}"]
    figures += [
        f"held out by {scheme.scheme} folds: {own.words(long)} (distance to test {away:.2f})"
        for scheme, own, away in zip((*found, plain), relations, apart, strict=True)
    ]
    if chosen is not plain and apart[-1] > _FLATTERS:
        figures.insert(0, f"{plain.scheme} folds would flatter: their rows are nearer to what is learned from than test rows are")
    if apart[best] > _UNLIKE:
        figures.append("no scheme imitates test well: expect the score on test to differ from that on folds")
    return chosen.model_copy(update={"reasons": (*chosen.reasons, *figures)})


def _marks(
    draft: Draft, found: Sequence[Validation], train: pd.DataFrame, test: pd.DataFrame
) -> tuple[Marks, Marks, Callable[[float], str]]:
    """What is compared of train and of test, and how a span of time is written."""
    times = next((scheme.column for scheme in found if scheme.scheme in ("rolling", "blocked")), None)
    groups = next((scheme for scheme in found if scheme.scheme == "grouped"), None)
    compared = (ColumnKind.NUMERIC, ColumnKind.BOOLEAN, ColumnKind.CATEGORICAL)
    left = {*draft.id_columns, *(scheme.column for scheme in found)}
    names = [c.name for c in draft.columns if c.kind in compared and c.name not in left and c.name in train and c.name in test]
    first, second, worded = marks_of(train, test, names)
    own = theirs = None
    if groups is not None and groups.column is not None:
        both = pd.concat([train[groups.column], test[groups.column]], ignore_index=True).astype(str)
        keys = both.str.extract(groups.pattern, expand=False).fillna(both) if groups.pattern else both
        codes = np.asarray(pd.factorize(keys)[0], float)
        own, theirs = codes[: len(train)], codes[len(train) :]
    past, asked = (None if times is None else moments(part[times]) for part in (train, test))
    dated = times is not None and not types.is_numeric_dtype(train[times])
    return Marks(past, own, first, worded), Marks(asked, theirs, second, worded), lambda span: spell_span(span, dated)


def _held_out_relation(scheme: Validation, known: Marks) -> Relation:
    held_out, learned = one_fold(scheme, known)
    return relation(cut(known, learned), cut(known, held_out))


def one_fold(scheme: Validation, known: Marks) -> tuple[Mask, Mask]:
    """One fold as the scheme makes it: the rows held out, and those learned from."""
    generator = np.random.default_rng(20_260)  # of its own: rows were perhaps made, or cut, by the first numbers of seed 0
    rows = len(known.values)
    if scheme.scheme == "grouped" and known.group is not None:
        groups = np.unique(known.group)
        held_out = np.isin(known.group, generator.choice(groups, max(1, len(groups) // scheme.folds), replace=False))
        return held_out, ~held_out
    if scheme.scheme in ("rolling", "blocked") and known.time is not None:
        time = np.nan_to_num(known.time, nan=float(np.nanmin(known.time)))
        lasts = float(np.ptp(time))
        last = float(time.max())
        if scheme.scheme == "rolling":
            window = min(scheme.span or lasts, lasts / (2 * scheme.folds))
            past = time <= last - max(window, _step(time) / 2)
            waits = scheme.gap * min(1.0, window / scheme.span) if scheme.span else 0.0
            return time >= last - window + waits if waits else ~past, past
        block = np.floor((last - time) / (scheme.span or lasts / scheme.folds)).astype(np.int64)
        held_out = block % scheme.folds == 1 if block.max() > 1 else block == 0
        return held_out, ~held_out
    held_out = generator.random(rows) < 1 / scheme.folds
    return held_out, ~held_out


def spell_span(span: float, dated: bool) -> str:
    """A span in words: days and hours of dates, else the number."""
    if not dated:
        return f"{span:.3g}"
    return (
        f"{span / 86400:.1f} days" if span >= 2 * 86400 else f"{span / 3600:.1f} hours" if span >= 3600 else f"{span:.0f} seconds"
    )


def _unit(known: Marks) -> float:
    return 1.0 if known.time is None else max(_step(known.time), 1e-9)


def _step(time: Array) -> float:
    distinct = np.unique(time[np.isfinite(time)])
    return float(np.median(np.diff(distinct))) if len(distinct) > 1 else 1.0


def _some(frame: pd.DataFrame) -> pd.DataFrame:
    return frame if len(frame) <= _ROWS else frame.sample(_ROWS, random_state=0).sort_index()
