"""The blend: better than its members where they differ, honest about its score, small enough to remake."""

from __future__ import annotations

import time

import numpy as np
import pytest

from agentk.competitions.metrics import metric_named
from agentk.referee.apply import combine, softmax
from agentk.referee.blend import MOST, Blend, Task, blend
from agentk.referee.evaluation import Evaluation
from agentk.referee.judge import Judge
from agentk.referee.layout import Layout
from agentk.referee.referee import Referee
from agentk.types.competition import Label, TaskKind
from agentk.types.outcome import Outcome, Status

N, M = 1500, 500


def referee_of(metric: str, task: TaskKind, classes: tuple[Label, ...], truth: np.ndarray) -> Referee:
    """A referee with truth and folds, whose sandbox is never asked."""
    layout = Layout(np.random.default_rng(0).permutation(len(truth)) % 5, 5, "random", 0)
    made = Referee.__new__(Referee)
    made.layout, made.metric, made.columns = layout, metric_named(metric), ["a"]
    made.judge = Judge(made.metric, task, classes, truth, layout.assignment)
    return made


def blended(referee: Referee, oofs: list[np.ndarray], tests: list[np.ndarray]) -> Blend:
    members = {
        number: Evaluation(
            str(number), Outcome(status=Status.SCORED), oof=oof, test=test, mask=np.ones(len(oof), bool), complete=True
        )
        for number, (oof, test) in enumerate(zip(oofs, tests, strict=True))
    }
    return blend(members, referee=referee, key="blend")


def values(rng: np.random.Generator, errors: list[float]) -> tuple[np.ndarray, np.ndarray, list[np.ndarray], list[np.ndarray]]:
    truth, new = rng.normal(0, 3, (N, 1)), rng.normal(0, 3, (M, 1))
    oofs = [truth + rng.normal(0, error, truth.shape) for error in errors]
    return truth, new, oofs, [new + rng.normal(0, error, new.shape) for error in errors]


def binary(rng: np.random.Generator, errors: list[float]) -> tuple[np.ndarray, np.ndarray, list[np.ndarray], list[np.ndarray]]:
    truth, new = ((rng.random(rows) < 0.3).astype(float) for rows in (N, M))

    def predicted(labels: np.ndarray, error: float) -> np.ndarray:
        p = 1 / (1 + np.exp(-(2 * labels - 1.8 + rng.normal(0, error, len(labels)))))
        return np.column_stack([1 - p, p])

    return truth, new, [predicted(truth, error) for error in errors], [predicted(new, error) for error in errors]


@pytest.mark.parametrize(("metric", "level"), [("mae", 0.5), ("pinball@0.8", 0.8), ("rmse", None), ("huber@1", None)])
def test_the_quantile_that_a_metric_asks_for_is_told_by_its_losses(metric: str, level: float | None) -> None:
    truth, _, oofs, _ = values(np.random.default_rng(0), [1.0])
    judge = referee_of(metric, TaskKind.REGRESSION, (), truth).judge
    assert Task(judge, truth, oofs).level == (None if level is None else pytest.approx(level))


@pytest.mark.parametrize("metric", ["rmse", "mae", "pinball@0.8"])
def test_members_that_err_differently_make_a_better_whole(metric: str) -> None:
    truth, new, oofs, tests = values(np.random.default_rng(0), [1.0, 1.0, 1.2, 3.0])
    found = blended(referee_of(metric, TaskKind.REGRESSION, (), truth), oofs, tests)
    score = metric_named(metric).score
    assert found.evaluation.score is not None and found.evaluation.test is not None
    assert found.evaluation.score < 0.75 * score(truth, oofs[0])
    assert score(new, found.evaluation.test) < 0.8 * score(new, tests[0])
    assert found.weights.get(3, 0.0) < 0.15


@pytest.mark.parametrize("metric", ["log_loss", "auc", "f1", "accuracy"])
def test_probabilities_are_blended_for_every_kind_of_metric(metric: str) -> None:
    truth, _, oofs, tests = binary(np.random.default_rng(0), [2.0, 2.0, 2.2, 2.5, 6.0])
    referee = referee_of(metric, TaskKind.BINARY, (0, 1), truth)
    found = blended(referee, oofs, tests)
    best = min(referee.judge.judge(oof, np.ones(N, bool)).score * (-1 if metric != "log_loss" else 1) for oof in oofs)
    assert found.evaluation.score is not None
    assert (found.evaluation.score if metric == "log_loss" else -found.evaluation.score) < best - 0.005


def test_the_weights_and_the_method_remake_the_test_predictions() -> None:
    truth, _, oofs, tests = binary(np.random.default_rng(1), [2.0, 2.0, 2.2])
    found = blended(referee_of("log_loss", TaskKind.BINARY, (0, 1), truth), oofs, tests)
    remade = combine([tests[number] for number in found.weights], list(found.weights.values()), found.method)
    assert np.allclose(remade, found.evaluation.test)


def test_the_score_is_honest_where_there_is_nothing_to_find() -> None:
    """Sixty members of pure noise: the best of them looks good on the rows it was chosen on, the blend must not."""
    rng = np.random.default_rng(0)
    truth = (rng.random(400) < 0.5).astype(float)
    members = [softmax(rng.normal(0, 1, (400, 2))) for _ in range(60)]
    referee = referee_of("auc", TaskKind.BINARY, (0, 1), truth)
    best = max(referee.judge.judge(member, np.ones(400, bool)).score for member in members)
    found = blended(referee, members, members)
    assert best > 0.54 and found.evaluation.score is not None and abs(found.evaluation.score - 0.5) < 0.06


def test_folds_that_are_weighed_otherwise_are_on_one_scale() -> None:
    """Each member is the best without one of the folds, and they order alike on scales far apart: their blend loses nothing."""
    truth, _, (chances,), (test,) = binary(np.random.default_rng(3), [1.5])
    referee = referee_of("auc", TaskKind.BINARY, (0, 1), truth)
    low, high = np.array(chances), np.array(chances)
    low[:, 1], high[:, 1] = 0.1 * chances[:, 1], 0.9 + 0.1 * chances[:, 1]
    rng = np.random.default_rng(4)
    for member, spoiled in ((low, 0), (high, 1)):
        rows = referee.layout.assignment == spoiled
        member[rows, 1] = rng.permutation(member[rows, 1])
    members = [np.column_stack([1 - member[:, 1], member[:, 1]]) for member in (low, high)]
    found = blended(referee, members, [test, test]).evaluation
    assert found.score is not None and found.score > np.mean(found.fold_scores) - 0.01


def test_the_labels_of_a_fold_weigh_nothing_in_it() -> None:
    truth, _, oofs, tests = binary(np.random.default_rng(2), [2.0, 2.5, 3.0])
    one = referee_of("log_loss", TaskKind.BINARY, (0, 1), truth)
    held = one.layout.assignment == 1
    other = referee_of("log_loss", TaskKind.BINARY, (0, 1), np.where(held, 1 - truth, truth))
    found = [blended(referee, oofs, tests).evaluation.oof for referee in (one, other)]
    assert found[0] is not None and found[1] is not None
    assert np.array_equal(found[0][held], found[1][held])


def test_no_more_than_eight_members_are_kept() -> None:
    truth, _, oofs, tests = values(np.random.default_rng(0), [1.0] * 20)
    found = blended(referee_of("rmse", TaskKind.REGRESSION, (), truth), oofs, tests)
    assert 2 <= len(found.weights) <= MOST


def test_errors_that_are_even_in_the_logarithm_are_averaged_there() -> None:
    rng = np.random.default_rng(0)
    truth = rng.lognormal(2, 1, (N, 1))
    oofs = [truth * np.exp(rng.normal(0, 0.3, truth.shape)) for _ in range(4)]
    found = blended(referee_of("rmsle", TaskKind.REGRESSION, (), truth), oofs, oofs)
    assert found.evaluation.test is not None
    kept = [np.log1p(oofs[number]) * weight for number, weight in found.weights.items()]
    assert np.allclose(np.log1p(found.evaluation.test), sum(kept))


def test_one_member_alone_is_the_blend_and_none_is_an_error() -> None:
    truth, _, oofs, tests = values(np.random.default_rng(0), [1.0])
    referee = referee_of("rmse", TaskKind.REGRESSION, (), truth)
    found = blended(referee, oofs, tests)
    assert found.weights == {0: 1.0} and np.allclose(found.evaluation.test, tests[0])
    with pytest.raises(ValueError, match="no evaluation is complete"):
        blend({}, referee=referee, key="blend")


def test_rows_that_no_fold_covers_stay_uncovered() -> None:
    truth, _, oofs, tests = values(np.random.default_rng(0), [1.0, 1.0, 1.0])
    referee = referee_of("rmse", TaskKind.REGRESSION, (), truth)
    layout = Layout(np.where(np.arange(N) < 500, -1, np.arange(N) % 3), 3, "rolling", 0, forward=True)
    referee.layout, referee.judge = layout, Judge(referee.metric, TaskKind.REGRESSION, (), truth, layout.assignment)
    holed = [np.where(layout.covered[:, None], oof, np.nan) for oof in oofs]
    found = blended(referee, holed, tests).evaluation
    assert found.oof is not None and np.isnan(found.oof[:500]).all() and not np.isnan(found.oof[500:]).any() and found.complete


def test_thirty_members_of_twenty_thousand_rows_take_seconds() -> None:
    rng = np.random.default_rng(0)
    truth = (rng.random(20_000) < 0.3).astype(float)
    members = []
    for number in range(30):
        p = 1 / (1 + np.exp(-(2 * truth - 1.8 + rng.normal(0, 2 + number / 30, 20_000))))
        members.append(np.column_stack([1 - p, p]))
    referee = referee_of("log_loss", TaskKind.BINARY, (0, 1), truth)
    blended(referee, members[:2], members[:2])
    began = time.process_time()
    blended(referee, members, members)
    assert time.process_time() - began < 3
