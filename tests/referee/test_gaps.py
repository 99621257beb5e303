"""Several targets of which single values are unknown: decided, blended and diagnosed by what is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.metrics import metric_named
from agentk.referee.blend import blend
from agentk.referee.deciding import fit
from agentk.referee.diagnosis import Diagnoser
from agentk.referee.differences import difference
from agentk.referee.evaluation import Evaluation
from agentk.referee.interval import expected_score
from agentk.referee.judge import Judge
from agentk.referee.layout import Layout
from agentk.referee.referee import Referee
from agentk.types.competition import TaskKind
from agentk.types.outcome import Outcome, Status

N, M, T = 1200, 100, 3
RNG = np.random.default_rng(0)
WHOLE = RNG.gamma(3, 2, (N, T))
TRUTH = np.where(RNG.random((N, T)) < 0.3, np.nan, WHOLE)
ERRORS = (1.0, 1.1, 2.5)
OOFS = [WHOLE + 1.5 + RNG.normal(0, error, WHOLE.shape) for error in ERRORS]  # all are too high
YES = (np.median(WHOLE) < WHOLE).astype(float)
SIDES = np.where(np.isnan(TRUTH), np.nan, YES)


def referee_of(metric: str, task: TaskKind, truth: np.ndarray, *, pooled: bool = False) -> Referee:
    """A referee with truth and folds, whose sandbox is never asked."""
    made = Referee.__new__(Referee)
    made.layout = Layout(np.arange(N) % 5, 5, "random", 0)
    made.metric, made.columns = replace(metric_named(metric), pooled=pooled), list("abc")
    made.judge = Judge(made.metric, task, (), truth, made.layout.assignment)
    return made


def evaluation(referee: Referee, oof: np.ndarray, number: int) -> Evaluation:
    return referee.evaluate(str(number), oof, oof[:M])


@pytest.mark.parametrize("metric", ["rmse", "mae", "rmsle", "wape", "euclidean"])
@pytest.mark.parametrize("pooled", [False, True])
def test_values_are_judged_blended_and_compared(metric: str, pooled: bool) -> None:
    referee = referee_of(metric, TaskKind.MULTIOUTPUT, TRUTH, pooled=pooled)
    scored = [evaluation(referee, oof, at) for at, oof in enumerate(OOFS)]
    assert all(one.outcome.status is Status.SCORED and one.score is not None for one in scored)
    assert scored[0].score < referee.metric.score(TRUTH, OOFS[0])  # the shift that all have is taken back
    mixed = blend(dict(enumerate(scored)), referee=referee, key="blend")
    assert mixed.evaluation.score < min(one.score for one in scored if one.score is not None)
    rules = referee.judge.rules
    found, error = difference(rules, TRUTH, referee.judge.answers(scored[0]), referee.judge.answers(scored[2]))
    assert found > 0 and 0 < error < found
    expected = expected_score(referee.judge, scored, N)
    assert expected.low < scored[0].score < expected.high


@pytest.mark.parametrize("metric", ["f1_macro", "auc", "log_loss"])
def test_yes_and_no_where_it_is_known(metric: str) -> None:
    referee = referee_of(metric, TaskKind.MULTILABEL, SIDES)
    chances = [np.clip(0.25 + 0.3 * YES + RNG.normal(0, spread, YES.shape), 0.01, 0.99) for spread in (0.15, 0.2)]
    scored = [evaluation(referee, chance, at) for at, chance in enumerate(chances)]
    assert scored[0].outcome.status is Status.SCORED
    merits = [referee.judge.judge(chance, np.ones(N, bool)).merit for chance in chances]
    assert np.isfinite(merits).all() and merits[0] > merits[1]
    mixed = blend(dict(enumerate(scored)), referee=referee, key="blend").evaluation
    assert mixed.score is not None and np.isfinite(mixed.score)


def test_unknown_values_teach_a_decision_nothing() -> None:
    judge = referee_of("mae", TaskKind.MULTIOUTPUT, TRUTH, pooled=True).judge
    other = np.where(np.isnan(TRUTH), OOFS[0] + 1e6, OOFS[0])  # whatever is predicted where nothing is known
    assert fit(judge.rules, OOFS[0], TRUTH) == fit(judge.rules, np.where(np.isnan(TRUTH), OOFS[0], other), TRUTH)


def test_a_diagnosis_looks_at_what_is_known() -> None:
    referee = referee_of("mae", TaskKind.MULTIOUTPUT, TRUTH)
    side = np.arange(N) % 4 == 0
    oof = np.where(side[:, None], WHOLE + 4.0, WHOLE + RNG.normal(0, 0.1, WHOLE.shape))
    diagnoser = Diagnoser(referee.judge, pd.DataFrame({"side": np.where(side, "north", "south")}), seed=0)
    residuals = diagnoser.residuals(Evaluation("one", Outcome(status=Status.SCORED), oof=oof, mask=np.ones(N, bool)))
    worst = diagnoser.slices(residuals)[0]
    assert (worst.column, worst.value) == ("side", "north") and worst.error == pytest.approx(4.0)
    assert diagnoser.alike(residuals, residuals) == pytest.approx(1.0)
