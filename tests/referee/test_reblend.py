"""Blending over again: what the choice of members and weights flatters is taken back, a real gain stays, nothing is learned of
the rows asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from agentk.competitions.metrics import metric_named
from agentk.referee.apply import decide
from agentk.referee.blend import blend
from agentk.referee.evaluation import Evaluation
from agentk.referee.interval import expected_score
from agentk.referee.judge import Judge
from agentk.referee.layout import Layout
from agentk.referee.reblend import Reblending
from agentk.referee.referee import Referee
from agentk.types.competition import Label, TaskKind
from agentk.types.outcome import Outcome, Status

N = 1200
CLASSES: tuple[Label, ...] = (0, 1)


def judge_of(metric: str, truth: np.ndarray) -> Judge:
    values = truth.ndim == 2
    task = TaskKind.REGRESSION if values else TaskKind.BINARY
    return Judge(metric_named(metric), task, () if values else CLASSES, truth, np.arange(len(truth)) % 5)


def scored(judge: Judge, oof: np.ndarray) -> Evaluation:
    everything = np.ones(len(oof), bool)
    found = judge.judge(oof, everything)
    plain = Evaluation("key", Outcome(status=Status.SCORED), oof=oof, mask=everything, complete=True)
    return replace(plain, score=found.score, answers=found.answers, decision=found.decision)


def chances(rng: np.random.Generator, truth: np.ndarray, errors: list[float]) -> list[np.ndarray]:
    """Probabilities whose log odds are those of the truth with errors of their own."""
    sure = [1 / (1 + np.exp(-(2 * truth - 1 + rng.normal(0, error, len(truth))))) for error in errors]
    return [np.column_stack([1 - p, p]) for p in sure]


def test_a_mixture_of_what_knows_nothing_is_expected_to_know_nothing() -> None:
    """30 columns of noise: weights fitted to them gain on the rows that they were fitted to, and nowhere else."""
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 1, (150, 1))
    judge = judge_of("r2", truth)
    noise = [scored(judge, rng.normal(0, 0.5, truth.shape)) for _ in range(30)]
    found = expected_score(judge, noise, 2000, blends=[])
    matrix = np.column_stack([one.oof for one in noise if one.oof is not None])
    fitted = matrix @ np.linalg.lstsq(matrix, truth)[0]
    flattered = judge.metric.score(truth, fitted)
    assert flattered > 0.1
    assert found.score < 0.0


@pytest.mark.parametrize("metric", ["rmse", "mae"])
def test_what_mixing_gains_is_kept(metric: str) -> None:
    """Members whose errors have nothing to do with one another: of four equal ones the mean errs half as much."""
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 3, (N, 1))
    judge = judge_of(metric, truth)
    programs = [scored(judge, truth + rng.normal(0, 1, truth.shape)) for _ in range(4)]
    alone, mixed = (expected_score(judge, programs, 600, blends=blends) for blends in (None, []))
    new = rng.normal(0, 3, (50_000, 1))
    true = judge.metric.score(new, np.mean([new + rng.normal(0, 1, new.shape) for _ in range(4)], axis=0))
    assert alone.low > 1.5 * true
    assert mixed.low < true < mixed.high
    assert mixed.score == pytest.approx(true, rel=0.04)


@pytest.mark.parametrize("metric", ["log_loss", "auc", "f1"])
def test_every_kind_of_metric_of_classes_gains_by_mixing(metric: str) -> None:
    rng = np.random.default_rng(0)
    truth = (rng.random(N) < 0.3).astype(float)
    judge = judge_of(metric, truth)
    programs = [scored(judge, one) for one in chances(rng, truth, [1.5, 1.5, 1.6, 1.8, 5.0])]
    alone, mixed = (expected_score(judge, programs, 600, blends=blends) for blends in (None, []))
    gain = mixed.score - alone.score
    assert (gain if judge.metric.direction == "maximize" else -gain) > 0.02


def test_a_mixture_that_loses_leaves_the_best_program() -> None:
    """One member is right, of the others the weights are worth nothing: choosing again keeps what one program would have had."""
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 1, (N, 1))
    judge = judge_of("rmse", truth)
    programs = [scored(judge, truth + rng.normal(0, error, truth.shape)) for error in (0.1, 3.0, 3.0)]
    alone, mixed = (expected_score(judge, programs, 600, blends=blends) for blends in (None, []))
    assert mixed.score == pytest.approx(alone.score, rel=0.01)


@pytest.mark.parametrize("metric", ["log_loss", "auc", "f1"])
def test_the_labels_of_the_rows_asked_for_teach_nothing(metric: str) -> None:
    rng = np.random.default_rng(1)
    truth = (rng.random(N) < 0.4).astype(float)
    judge = judge_of(metric, truth)
    ranked = [scored(judge, one) for one in chances(rng, truth, [1.0, 1.1, 1.2])]
    best = judge.answers(ranked[0])
    asked = rng.random(N) < 0.4
    turned = replace(judge, truth=np.where(asked, 1 - truth, truth))
    said = []
    for knowing in (judge, turned):
        reblending = Reblending.of(judge, ranked)
        assert reblending is not None
        found = replace(reblending, judge=knowing).instead_of(best, np.flatnonzero(~asked), np.flatnonzero(asked))
        assert found is not None
        said.append(found)
    assert np.array_equal(*said)


def test_a_slow_metric_takes_the_blend_as_it_stands() -> None:
    rng = np.random.default_rng(0)
    truth = (rng.random(300) < 0.4).astype(float)
    judge = judge_of("average_precision", truth)
    made = chances(rng, truth, [1.0, 1.0])
    programs, blend = [scored(judge, one) for one in made], scored(judge, np.mean(made, axis=0))
    assert Reblending.of(judge, programs) is None
    assert expected_score(judge, programs, 200, blends=[blend]) == expected_score(judge, [*programs, blend], 200)


def test_where_nothing_was_blended_the_best_program_is_expected() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 3, (N, 1))
    judge = judge_of("rmse", truth)
    programs = [scored(judge, truth + rng.normal(0, 1, truth.shape)) for _ in range(4)]
    assert expected_score(judge, programs, 600).score == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("metric", ["rmse", "rmsle"])
def test_programs_that_answer_nothing_but_zero_to_a_few_rows_are_no_accident(metric: str) -> None:
    truth = np.arange(9.0).reshape(9, 1)
    judge = judge_of(metric, truth)
    programs = [replace(scored(judge, truth + 1), oof=np.zeros((9, 1))) for _ in range(3)]
    found = expected_score(judge, programs, 5, blends=[])
    assert 0 < found.low <= found.score <= found.high


@pytest.mark.slow
def test_it_covers_what_a_real_blend_scores_on_new_rows_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(40):
        truth = rng.normal(0, 2, (600, 1))
        common = rng.normal(0, 0.5, truth.shape)
        members = [truth + common + rng.normal(0, error, truth.shape) for error in rng.uniform(0.7, 1.3, 6)]
        judge = judge_of("rmse", truth[:300])
        programs = [scored(judge, member[:300]) for member in members]
        referee = Referee.__new__(Referee)
        referee.layout, referee.metric, referee.columns = Layout(judge.assignment, 5, "random", 0), judge.metric, ["a"]
        referee.judge = judge
        whole = {at: replace(one, test=member[300:]) for at, (one, member) in enumerate(zip(programs, members, strict=True))}
        mixed = blend(whole, referee=referee, key="blend").evaluation
        assert mixed.test is not None and mixed.decision is not None
        new = judge.metric.score(truth[300:], decide(mixed.decision.model_dump(), mixed.test))
        found = expected_score(judge, programs, 300, blends=[mixed])
        covered += found.low <= new <= found.high
    assert 0.8 <= covered / 40 < 1.0
