"""Deviances against numbers worked out by hand and against scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as theirs

from agentk.competitions.metrics import metric_named

TRUTH = np.array([[1.0], [2.0], [4.0]])
ANSWER = np.array([[1.0], [4.0], [3.0]])


def test_values_worked_out_by_hand() -> None:
    poisson = 2 * ((2 * math.log(1 / 2) + 2) + (4 * math.log(4 / 3) - 1)) / 3
    gamma = 2 * ((math.log(2) + 2 / 4 - 1) + (math.log(3 / 4) + 4 / 3 - 1)) / 3
    half = 4 * ((math.sqrt(2) - 2) ** 2 / 2 + (2 - math.sqrt(3)) ** 2 / math.sqrt(3)) / 3  # 4 (sqrt t - sqrt a)^2 / sqrt a
    assert metric_named("poisson_deviance").score(TRUTH, ANSWER) == pytest.approx(poisson)
    assert metric_named("gamma_deviance").score(TRUTH, ANSWER) == pytest.approx(gamma)
    assert metric_named("tweedie@1.5").score(TRUTH, ANSWER) == pytest.approx(half)


@pytest.mark.parametrize("power", [1, 1.1, 1.5, 1.9, 2])
def test_as_scikit_learn(power: float) -> None:
    generator = np.random.default_rng(0)
    truth, answer = generator.gamma(2, 3, 50), generator.gamma(2, 3, 50)
    score = metric_named(f"tweedie@{power}").score(truth[:, None], answer[:, None])
    assert score == pytest.approx(theirs.mean_tweedie_deviance(truth, answer, power=power))


def test_nothing_may_be_true_and_negative_answers_are_lifted() -> None:
    assert metric_named("tweedie@1.5").score(np.array([[0.0]]), np.array([[4.0]])) == pytest.approx(2 * 4**0.5 / 0.5)
    assert math.isfinite(metric_named("poisson_deviance").score(np.array([[0.0], [3.0]]), np.array([[-1.0], [-2.0]])))
