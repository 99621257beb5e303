"""The selection rule: paired differences decide, ties go to the average, then to the simpler."""

from __future__ import annotations

import numpy as np
import pytest

from agentk.competitions.metrics import metric_named
from agentk.referee.choice import Verdict, prefers
from agentk.referee.evaluation import Evaluation
from agentk.referee.judge import Judge
from agentk.types.competition import TaskKind
from agentk.types.outcome import Outcome, Status

N = 1000
RNG = np.random.default_rng(0)
TRUTH = RNG.normal(0, 10, (N, 1))
NOISE = RNG.normal(0, 1, (N, 1))
JUDGE = Judge(metric_named("rmse"), TaskKind.REGRESSION, (), TRUTH, np.arange(N) % 5)


def scored(oof: np.ndarray) -> Evaluation:
    mask = ~np.isnan(oof).any(axis=1)
    return Evaluation("key", Outcome(status=Status.SCORED), oof=oof, mask=mask, answers=oof)


def verdict(challenger: np.ndarray, incumbent: np.ndarray, *, average: bool = False, simpler: bool = False) -> Verdict:
    return prefers(scored(challenger), scored(incumbent), judge=JUDGE, average=average, simpler=simpler)


def test_what_is_clearly_better_is_preferred_and_the_reason_says_by_how_much() -> None:
    found = verdict(TRUTH + 0.8 * NOISE, TRUTH + NOISE)
    assert found.prefer and found.difference == pytest.approx(0.2, rel=0.1) and found.error < 0.1
    assert found.reason.startswith("better: the paired difference is +0.")


def test_what_is_clearly_worse_is_not_however_simple() -> None:
    found = verdict(TRUTH + NOISE, TRUTH + 0.8 * NOISE, average=True, simpler=True)
    assert not found.prefer and found.difference < 0


def test_a_tie_goes_to_the_average_then_to_the_simpler() -> None:
    other = RNG.normal(0, 1, (N, 1))
    other *= np.sqrt((NOISE**2).mean() / (other**2).mean())
    assert not verdict(TRUTH + other, TRUTH + NOISE).prefer
    assert verdict(TRUTH + other, TRUTH + NOISE, simpler=True).prefer
    assert verdict(TRUTH + other, TRUTH + NOISE, average=True).prefer
    assert "tie" in verdict(TRUTH + other, TRUTH + NOISE).reason


def test_equal_answers_tie_exactly() -> None:
    found = verdict(TRUTH + NOISE, TRUTH + NOISE)
    assert (found.prefer, found.difference, found.error) == (False, 0.0, 0.0)


def test_a_small_but_steady_gain_is_seen_where_the_spread_over_folds_would_hide_it() -> None:
    hard = np.where(np.arange(N) % 5 == 0, 5.0, 1.0)[:, None]  # one fold is much harder
    found = verdict(TRUTH + 0.98 * hard * NOISE, TRUTH + hard * NOISE)
    folds = [float(np.sqrt((((hard * NOISE)[np.arange(N) % 5 == fold]) ** 2).mean())) for fold in range(5)]
    assert found.prefer and found.difference < np.std(folds) / 10


def test_only_rows_that_both_cover_are_compared() -> None:
    half = np.where(np.arange(N)[:, None] < N // 2, TRUTH + 0.5 * NOISE, np.nan)
    assert verdict(half, TRUTH + NOISE).prefer
    nothing = np.full((N, 1), np.nan)
    assert not verdict(nothing, half).prefer and verdict(half, nothing).prefer
