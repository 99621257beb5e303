"""The selection rule: paired differences with a resampling-corrected error; ties go to the average, then to the simpler."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from agentk.referee.differences import Rows, difference
from agentk.referee.evaluation import Evaluation
from agentk.referee.judge import Judge
from agentk.types.metric import Array

TIE = 0.5
"""Within this many corrected standard errors two answers count as equally good."""


@dataclass(frozen=True)
class Verdict:
    """Whether the challenger replaces the incumbent. `difference` is positive where it scores better, in the metric's units."""

    prefer: bool
    difference: float
    error: float
    reason: str


def prefers(challenger: Evaluation, incumbent: Evaluation, *, judge: Judge, average: bool, simpler: bool) -> Verdict:
    """Compares two scored evaluations on the rows that both cover, their decisions cross-fitted.

    average: the challenger is an average of programs and the incumbent is not, or of fewer; simpler: it is the simpler one.
    The error is the paired one, its variance corrected for training sets that overlap (Nadeau & Bengio 2003, section 3).
    """
    if challenger.mask is None or incumbent.mask is None:
        raise ValueError("only scored evaluations can be compared")
    both = challenger.mask & incumbent.mask
    if not both.any():
        prefer = bool(challenger.mask.sum() > incumbent.mask.sum())
        return Verdict(prefer, 0.0, math.inf, "they share no scored row; the one that covers more rows is kept")
    found, error = corrected(judge, np.flatnonzero(both), judge.answers(challenger)[both], judge.answers(incumbent)[both])
    facts = f"the paired difference is {found:+.5g} ± {error:.2g} {judge.metric.name}"
    if found > TIE * error:
        return Verdict(True, found, error, f"better: {facts}, a tie would be within half of that")
    if found < -TIE * error:
        return Verdict(False, found, error, f"worse: {facts}, a tie would be within half of that")
    if average:
        return Verdict(True, found, error, f"a tie ({facts}), which goes to the average")
    return Verdict(
        simpler, found, error, f"a tie ({facts}), which goes to the {'simpler challenger' if simpler else 'incumbent'}"
    )


def corrected(judge: Judge, rows: Rows, one: Array, other: Array) -> tuple[float, float]:
    """By how much the answers `one` to some rows beat `other`, with its error, corrected for training sets that overlap."""
    found, error = difference(judge.rules, judge.truth[rows], one, other, judge.weighing(rows))
    folds = max(len(np.unique(judge.assignment[rows])), 2)
    return found, error * math.sqrt(1 + folds / (folds - 1))
