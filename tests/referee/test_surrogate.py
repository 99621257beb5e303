"""The surrogate: it tells programs apart by what they predict, whatever the decision will mend, where the metric cannot."""

from __future__ import annotations

import numpy as np
import pytest

from agentk.competitions.metrics import metric_named
from agentk.referee.apply import softmax
from agentk.referee.judge import Judge
from agentk.referee.rules import Rules
from agentk.referee.surrogate import losses
from agentk.types.competition import Label, TaskKind


def judge(metric: str, task: TaskKind, classes: tuple[Label, ...], truth: np.ndarray) -> Judge:
    return Judge(metric_named(metric), task, classes, truth, np.arange(len(truth)) % 5)


def rare(noise: float, rows: int = 1500, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of a class that is true one time in twelve, seen through noise of their own."""
    rng = np.random.default_rng(seed)
    lean = rng.normal(-3.4, 1.8, rows)
    truth = (rng.random(rows) < 1 / (1 + np.exp(-lean))).astype(float)
    seen = lean + noise * np.random.default_rng(seed + 1000).normal(size=rows)
    p = 1 / (1 + np.exp(-seen))
    return np.column_stack([1 - p, p]), truth


def merit(metric: str, predictions: np.ndarray, truth: np.ndarray) -> float:
    return judge(metric, TaskKind.BINARY, (0, 1), truth).judge(predictions, np.ones(len(truth), bool)).merit


@pytest.mark.parametrize("metric", ["f1", "mcc", "balanced_accuracy"])
def test_what_the_decision_mends_costs_nothing(metric: str) -> None:
    predictions, truth = rare(0.5)
    logits = np.log(predictions)
    weighted = softmax(logits + np.array([0.0, 3.0]))  # as a program that weighs the rare class says it
    timid = softmax(0.3 * logits)
    own = merit(metric, predictions, truth)
    assert merit(metric, weighted, truth) == pytest.approx(own, rel=0.01)
    assert merit(metric, timid, truth) == pytest.approx(own, rel=0.01)
    assert merit(metric, rare(2.0)[0], truth) < own


def test_it_prefers_the_better_of_two_programs_more_often_than_the_metric_does() -> None:
    by_score = by_merit = 0
    for seed in range(16):
        better, truth = rare(0.7, seed=seed)
        worse, _ = rare(1.0, seed=seed)
        referee = judge("f1", TaskKind.BINARY, (0, 1), truth)
        one, other = (referee.judge(predictions, np.ones(len(truth), bool)) for predictions in (better, worse))
        by_score += one.score > other.score
        by_merit += one.merit > other.merit
    assert by_merit > by_score
    assert by_merit >= 13


def test_predictions_that_know_nothing_are_all_alike_and_certain_errors_stay_finite() -> None:
    truth = rare(0.0)[1]
    rng = np.random.default_rng(3)
    blind = [np.column_stack([1 - p, p]) for p in (np.full(len(truth), 0.5), rng.random(len(truth)))]
    share = truth.mean()
    for predictions in blind:
        assert merit("f1", predictions, truth) == pytest.approx(-2 * share * (1 - share), rel=0.01)
    wrong = np.column_stack([truth, 1 - truth])
    assert np.isfinite(merit("f1", wrong, truth))


def test_of_several_labels_and_of_grades_it_is_a_squared_error_too() -> None:
    rng = np.random.default_rng(0)
    p = rng.random((800, 3))
    truth = (rng.random(p.shape) < p).astype(float)
    tags = Rules.of(metric_named("f1_samples"), TaskKind.MULTILABEL, (), truth)
    sharp, blunt = losses(tags, p, truth), losses(tags, np.clip(p + rng.normal(0, 0.3, p.shape), 0, 1), truth)
    assert sharp is not None and blunt is not None and sharp.shape == (800,) and sharp.mean() < blunt.mean()
    grades = rng.integers(0, 5, (800, 1)).astype(float)
    rules = Rules.of(metric_named("qwk"), TaskKind.ORDINAL, (0, 1, 2, 3, 4), grades)
    seen = grades + rng.normal(0, 1, grades.shape)
    plain, shrunk = losses(rules, seen, grades), losses(rules, 2 + 0.2 * (seen - 2), grades)
    assert plain is not None and shrunk is not None and plain.mean() == pytest.approx(shrunk.mean())


@pytest.mark.parametrize(("metric", "sign"), [("auc", 1.0), ("log_loss", -1.0)])
def test_a_metric_that_sees_predictions_is_its_own(metric: str, sign: float) -> None:
    predictions, truth = rare(0.5)
    found = judge(metric, TaskKind.BINARY, (0, 1), truth).judge(predictions, np.ones(len(truth), bool))
    assert found.merit == sign * found.score
    assert found.fold_merits == tuple(sign * score for score in found.fold_scores)


def test_the_merit_of_a_fold_does_not_change_with_later_folds() -> None:
    predictions, truth = rare(0.5)
    referee = judge("f1", TaskKind.BINARY, (0, 1), truth)
    first = referee.assignment == 0
    later = np.where((referee.assignment > 1)[:, None], np.nan, predictions)
    shown = referee.fold_merit(1, predictions, first, 0.0)
    assert shown == referee.fold_merit(1, later, first, 0.0)
    assert shown == pytest.approx(referee.judge(predictions, np.ones(len(truth), bool)).fold_merits[1], rel=0.05)
