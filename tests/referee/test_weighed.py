"""Rows that count differently: scores, choices, decisions, blends and expectations heed it."""

from __future__ import annotations

import numpy as np
import pytest

from agentk.competitions.metrics import metric_named
from agentk.referee.blend import Task
from agentk.referee.deciding import fit
from agentk.referee.decision import Argmax
from agentk.referee.differences import difference
from agentk.referee.evaluation import Evaluation
from agentk.referee.interval import expected_score
from agentk.referee.judge import Judge
from agentk.referee.rules import Rules
from agentk.types.competition import TaskKind
from agentk.types.metric import Array
from agentk.types.outcome import Outcome, Status

RNG = np.random.default_rng(2)
N = 400
TRUTH = RNG.normal(100, 20, (N, 1))
WEIGHTS = np.where(np.arange(N) % 4 == 0, 9.0, 1.0)
EVERYTHING = np.ones(N, dtype=bool)


def judge(metric: str, weights: Array | None = WEIGHTS) -> Judge:
    return Judge(metric_named(metric), TaskKind.REGRESSION, (), TRUTH, RNG.permutation(N) % 5, weights)


def heavy(right: bool) -> Array:
    """Predictions that are good on the rows that count, or on the others."""
    noise = np.where((WEIGHTS > 1) == right, 1.0, 15.0)[:, None]
    return np.asarray(TRUTH + RNG.normal(0, 1, (N, 1)) * noise)


def scored(key: str, oof: Array, by: Judge) -> Evaluation:
    found = by.judge(oof, EVERYTHING)
    done = Outcome(status=Status.SCORED)
    return Evaluation(key, done, fold_scores=found.fold_scores, score=found.score, std=found.std, oof=oof, mask=EVERYTHING)


@pytest.mark.parametrize("metric", ["mae", "rmse", "r2"])
def test_the_score_is_the_weighted_one(metric: str) -> None:
    found = judge(metric).judge(heavy(right=True), EVERYTHING)
    wanted = metric_named(metric).score(TRUTH, found.answers, WEIGHTS)
    assert found.score == pytest.approx(wanted, rel=1e-12)
    assert found.score != pytest.approx(metric_named(metric).score(TRUTH, found.answers), rel=1e-3)
    assert all(np.isfinite(found.fold_scores))


@pytest.mark.parametrize("metric", ["mae", "rmse", "pearson"])
def test_who_is_right_where_it_counts_is_preferred(metric: str) -> None:
    by = judge(metric)
    rules, good, bad = by.rules, heavy(right=True), heavy(right=False)
    found, error = difference(rules, TRUTH, good, bad, WEIGHTS)
    assert found > 3 * error > 0
    assert difference(rules, TRUTH, good, bad)[0] < 0, "without weights the other one is"


def test_a_class_that_counts_more_is_answered_sooner() -> None:
    truth = RNG.integers(0, 2, 3000).astype(float)
    likely = np.clip(0.5 + 0.15 * (2 * truth - 1) + RNG.normal(0, 0.2, 3000), 0.01, 0.99)
    predictions = np.column_stack([1 - likely, likely])
    rules = Rules.of(metric_named("accuracy"), TaskKind.BINARY, (0, 1), truth)
    decision = fit(rules, predictions, truth, np.where(truth == 1, 8.0, 1.0))
    assert isinstance(decision, Argmax)
    assert decision.weights[1] > 2 * decision.weights[0]


def test_a_shift_serves_the_rows_that_count() -> None:
    """Predictions are right but for the heavy rows, which lie 10 above them."""
    predictions = TRUTH - np.where(WEIGHTS > 1, 10.0, 0.0)[:, None] + RNG.normal(0, 0.1, (N, 1))
    rules = judge("mae").rules
    shifted = fit(rules, predictions, TRUTH, WEIGHTS)
    assert shifted.kind == "adjust" and shifted.shift == pytest.approx(10, abs=0.5)
    plain = fit(rules, predictions, TRUTH)
    assert plain.kind != "adjust" or plain.shift < 5


def test_members_are_chosen_where_it_counts() -> None:
    by = judge("mae")
    members = [heavy(right=False), heavy(right=True)]
    assert Task(by, TRUTH, members, WEIGHTS).order(EVERYTHING).tolist() == [1, 0]
    assert Task(by, TRUTH, members).order(EVERYTHING).tolist() == [0, 1]


def test_the_expected_score_is_a_weighted_one() -> None:
    by = judge("mae")
    found = expected_score(by, [scored("a", heavy(right=True), by), scored("b", heavy(right=False), by)], 200)
    assert found.low < by.judge(heavy(right=True), EVERYTHING).score < found.high
