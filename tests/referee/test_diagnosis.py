"""A diagnosis says where a program errs and whether it errs as another one does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.metrics import metric_named
from agentk.referee.diagnosis import Diagnoser
from agentk.referee.evaluation import Evaluation
from agentk.referee.judge import Judge
from agentk.referee.referee import Referee
from agentk.types.competition import TaskKind
from agentk.types.outcome import Outcome, Status

from .conftest import Rows


def predicted(chance: np.ndarray) -> Evaluation:
    oof = np.column_stack([1 - chance, chance])
    return Evaluation("one", Outcome(status=Status.SCORED), oof=oof, mask=np.ones(len(oof), dtype=bool))


def test_the_part_of_the_rows_that_it_gets_wrong_is_found(referee: Referee, cancer: Rows) -> None:
    features = cancer.train[["f0", "f1"]].assign(site=np.where(np.arange(300) % 4 == 0, "north", "south"))
    chance = np.where(cancer.truth == 1, 0.9, 0.1)
    wrong = (features["site"] == "north").to_numpy()
    chance[wrong] = 1 - chance[wrong]
    diagnoser = Diagnoser(referee.judge, features, seed=0)
    worst = diagnoser.slices(diagnoser.residuals(predicted(chance)))[0]
    assert (worst.column, worst.value, worst.rows) == ("site", "north", 75)
    assert worst.error == pytest.approx(0.9) and worst.elsewhere == pytest.approx(0.1)


def test_even_errors_have_no_slices(referee: Referee, cancer: Rows) -> None:
    diagnoser = Diagnoser(referee.judge, cancer.train[["f0", "f1"]], seed=0)
    assert diagnoser.slices(diagnoser.residuals(predicted(np.where(cancer.truth == 1, 0.9, 0.1)))) == ()


def test_numbers_are_told_in_quarters_and_blanks_as_missing(referee: Referee, cancer: Rows) -> None:
    value = np.arange(300.0)
    value[::5] = np.nan
    chance = np.where(cancer.truth == 1, 0.95, 0.05)
    chance[np.isnan(value)] = 0.5
    diagnoser = Diagnoser(referee.judge, cancer.train[[]].assign(size=value), seed=0)
    assert diagnoser.slices(diagnoser.residuals(predicted(chance)))[0].value == "missing"
    chance = np.where(cancer.truth == 1, 0.95, 0.05)
    chance[:70] = 0.5
    assert diagnoser.slices(diagnoser.residuals(predicted(chance)))[0].value.startswith("1 to ")


def test_slices_that_hold_the_same_rows_are_told_as_one(referee: Referee, cancer: Rows) -> None:
    local = np.arange(300.0)
    chance = np.where(cancer.truth == 1, 0.95, 0.05)
    chance[:70] = 0.5
    features = cancer.train[[]].assign(local=local, utc=local - 3600.0, other=np.where(local % 150 < 40, "a", "b"))
    diagnoser = Diagnoser(referee.judge, features, seed=0)
    told = [(one.column, one.value) for one in diagnoser.slices(diagnoser.residuals(predicted(chance)))]
    assert told[0] == ("local", "0 to 74.75") and "utc" not in dict(told)


def test_likeness_is_the_correlation_of_errors() -> None:
    truth = np.zeros(200)
    judge = Judge(metric_named("rmse"), TaskKind.REGRESSION, (), truth, np.arange(200) % 5)
    diagnoser = Diagnoser(judge, pd.DataFrame(index=range(200)), seed=0)
    one = np.random.default_rng(0).normal(size=(200, 2))
    other = np.random.default_rng(1).normal(size=(200, 2))
    assert diagnoser.alike(one, 2 * one) == pytest.approx(1.0) and diagnoser.alike(one, -one) == pytest.approx(-1.0)
    assert abs(diagnoser.alike(one, other) or 1.0) < 0.2
    one[:, :] = 0.0
    assert diagnoser.alike(one, other) is None, "a constant error is like none"


def test_classes_that_nobody_can_foresee_make_no_likeness(referee: Referee, cancer: Rows) -> None:
    diagnoser = Diagnoser(referee.judge, cancer.train[["f0"]], seed=0)
    rng = np.random.default_rng(0)
    one, other = (diagnoser.residuals(predicted(0.4 + 0.05 * rng.normal(size=300))) for _ in range(2))
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.95, "both miss the same labels"
    assert abs(diagnoser.alike(one, other) or 1.0) < 0.2 and diagnoser.alike(one, one) == pytest.approx(1.0)
    assert diagnoser.alike(one, diagnoser.residuals(predicted(np.full(300, 0.4)))) is None
