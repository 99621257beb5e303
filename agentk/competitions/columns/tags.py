"""Several labels in one cell, "agriculture road water": each becomes a target of its own, true or false."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import combinations

import pandas as pd
from pandas.api import types

from agentk.competitions.columns.spelling import with_options
from agentk.competitions.columns.task import wanted_metric
from agentk.competitions.draft import Draft
from agentk.competitions.files.tables import parts_of, several, table
from agentk.competitions.metrics import metric_named
from agentk.types.competition import Tags, TaskKind

_FEWEST_CELLS = 10  # different ones
_MOST = 200  # labels that become targets
_RARE = 5  # rows that a label must have
_OFTEN = 0.1  # share of the rows that have several
_OF_SETS = re.compile(r".*_(samples|micro)|hamming")
_OF_SETS_ALONE = re.compile(r".*_samples|hamming")  # what says nothing where every row has one label


@dataclass(frozen=True)
class _Parts:
    separator: str
    counts: Counter[str]


def part_tags(draft: Draft) -> Draft:
    """Has a target whose cells name several labels read as a target for each of them.

    Labels are told from words of one name by what no name does: cells hold different numbers of them, none twice, in many
    combinations, and most of them stand alone somewhere. Where the metric compares sets, none has to.
    """
    said = draft.overrides.task
    if len(draft.targets) != 1 or said not in (None, TaskKind.MULTILABEL):
        return draft
    train, test = parts_of(draft)
    name = draft.targets[0]
    known = train[name].dropna()
    if types.is_numeric_dtype(known) or known.empty or not isinstance(known.iloc[0], str):
        return draft
    metric = wanted_metric(draft)
    lone = not (metric and _OF_SETS_ALONE.fullmatch(metric))
    found = _parts(known, sure=said is TaskKind.MULTILABEL, lone=lone)
    if found is None or (metric and metric_named(metric).places):
        return draft
    common = [label for label, count in found.counts.most_common(_MOST) if count >= min(_RARE, len(known) / 20)]
    targets = [f"{name}_{label}" for label in common]
    if len(common) < 2 or set(targets) & {*train.columns, *test.columns}:
        return draft
    left = len(found.counts) - len(common)
    tags = Tags(column=name, separator=found.separator, names=tuple(common), always=not train[name].isna().any())
    assert draft.train
    file = with_options(draft.train, tags={"name": name, "separator": found.separator, "of": [*common]})
    doubt = None
    if said is None and not (_OF_SETS.fullmatch(metric or "") or _sample_has_several(draft, found)):
        told = f"cells of {name} hold several labels at once: each is predicted for itself"
        doubt = f"{told} (--task multiclass takes each cell as one class)"
    rare = f"; {left} labels of few rows are left out" if left else ""
    return draft.grown(
        train=file,
        targets=tuple(targets),
        tags=tags,
        reason=f"cells of {name} hold several labels at once: {several(common)} are a target each{rare}",
        doubt=doubt,
    )


def _parts(known: pd.Series[str], sure: bool, lone: bool) -> _Parts | None:
    """The labels in cells, and what stands between them; None where cells are one label each.

    lone: most labels have to stand alone somewhere.
    """
    times = known.str.strip().value_counts()
    cells = [str(cell) for cell in times.index]
    for sign in ("|", ";", ",", " "):
        rows = [tuple(part.strip() for part in cell.split(sign)) if sign != " " else tuple(cell.split()) for cell in cells]
        if not any(len(row) > 1 for row in rows):
            continue
        counts: Counter[str] = Counter()
        for row, count in zip(rows, times, strict=True):
            counts.update(dict.fromkeys(row, int(count)))
        often = sum(int(count) for row, count in zip(rows, times, strict=True) if len(row) > 1) / len(known)
        between = f"{sign} " if sign != " " and any(f"{sign} " in cell for cell in cells[:50]) else sign
        if sure or _are_sets(set(rows), set(counts), often, lone):
            return _Parts(between, counts)
    return None


def _are_sets(rows: set[tuple[str, ...]], labels: set[str], often: float, lone: bool) -> bool:
    """often: the share of rows with several labels."""
    alone = {row[0] for row in rows if len(row) == 1}
    pairs = {frozenset(pair) for row in rows for pair in combinations(row, 2)}
    return (
        len(rows) >= _FEWEST_CELLS
        and len({len(row) for row in rows}) > 1
        and often >= _OFTEN
        and all(len(set(row)) == len(row) for row in rows)
        and len(labels) <= 0.5 * len(rows)
        and (not lone or len(alone) >= 0.5 * len(labels) - 1)
        and len(pairs) >= len(labels)
    )


def _sample_has_several(draft: Draft, found: _Parts) -> bool:
    if draft.sample is None:
        return False
    cells = table(draft.folder, draft.sample).iloc[:, -1].dropna().astype("str").head(20)
    return any(len(cell.split(found.separator)) > 1 for cell in cells)
