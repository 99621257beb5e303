"""The expected score: what choosing the best of many flatters is taken back, and the interval covers new rows."""

from __future__ import annotations

import numpy as np
import pytest

from agentk.competitions.metrics import metric_named
from agentk.referee.apply import decide
from agentk.referee.evaluation import Evaluation
from agentk.referee.interval import expected_score
from agentk.referee.judge import Judge
from agentk.types.competition import TaskKind
from agentk.types.outcome import Outcome, Status


def scored(judge: Judge, oof: np.ndarray) -> Evaluation:
    everything = np.ones(len(oof), bool)
    judgment = judge.judge(oof, everything)
    return Evaluation(
        "key",
        Outcome(status=Status.SCORED),
        oof=oof,
        mask=everything,
        score=judgment.score,
        answers=judgment.answers,
        decision=judgment.decision,
        complete=True,
    )


def test_the_best_of_many_that_know_nothing_is_expected_to_know_nothing() -> None:
    rng = np.random.default_rng(0)
    truth = (rng.random(200) < 0.5).astype(float)
    judge = Judge(metric_named("accuracy"), TaskKind.BINARY, (0, 1), truth, np.arange(200) % 5)
    tries = []
    for _ in range(40):
        p = rng.random(200)
        tries.append(scored(judge, np.column_stack([1 - p, p])))
    best = max(one.score for one in tries if one.score is not None)
    found = expected_score(judge, tries, rows=1000)
    assert best > 0.55
    assert abs(found.score - 0.5) < abs(best - 0.5) / 2
    assert found.low < 0.5 < found.high


@pytest.mark.parametrize("metric", ["rmse", "accuracy"])
def test_the_interval_covers_the_score_of_new_rows_about_as_often_as_it_says(metric: str) -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(30):
        errors = rng.uniform(0.9, 1.3, 6)
        rows = 600
        if metric == "rmse":
            truth, task, classes = rng.normal(0, 2, (rows, 1)), TaskKind.REGRESSION, ()
            members = [truth + rng.normal(0, error, (rows, 1)) for error in errors]
        else:
            truth, task, classes = (rng.random(rows) < 0.4).astype(float), TaskKind.BINARY, (0, 1)
            chances = [1 / (1 + np.exp(-(2 * truth - 1 + rng.normal(0, error, rows)))) for error in errors]
            members = [np.column_stack([1 - p, p]) for p in chances]
        judge = Judge(metric_named(metric), task, classes, truth[:400], np.arange(400) % 5)
        tries = [scored(judge, member[:400]) for member in members]
        scores = [one.score or 0.0 for one in tries]
        best = int(np.argmin(scores) if metric == "rmse" else np.argmax(scores))
        decision = tries[best].decision
        assert decision is not None
        new = judge.metric.score(truth[400:], decide(decision.model_dump(), members[best][400:]))
        found = expected_score(judge, tries, rows=200, draws=100)
        covered += found.low <= new <= found.high
    assert 0.8 <= covered / 30 < 1.0


def test_more_new_rows_make_a_narrower_interval() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 1, (500, 1))
    judge = Judge(metric_named("rmse"), TaskKind.REGRESSION, (), truth, np.arange(500) % 5)
    one = scored(judge, truth + rng.normal(0, 1, truth.shape))
    few, many = (expected_score(judge, [one], rows=rows) for rows in (50, 5000))
    assert few.high - few.low > 1.5 * (many.high - many.low)


def test_without_a_scored_evaluation_there_is_nothing_to_expect() -> None:
    judge = Judge(metric_named("rmse"), TaskKind.REGRESSION, (), np.zeros((5, 1)), np.arange(5))
    with pytest.raises(ValueError, match="no evaluation is scored"):
        expected_score(judge, [], rows=10)
