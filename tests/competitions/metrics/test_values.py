"""Metrics of values against numbers worked out by hand, and against scikit-learn where it has them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from agentk.competitions.metrics import metric_named

TRUTH = np.array([[1.0], [2.0], [4.0]])
ANSWER = np.array([[1.0], [4.0], [3.0]])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mse", 5 / 3),
        ("rmse", math.sqrt(5 / 3)),
        ("mae", 1.0),
        ("medae", 1.0),
        ("rmsle", math.sqrt((math.log(5 / 3) ** 2 + math.log(4 / 5) ** 2) / 3)),
        ("msle", (math.log(5 / 3) ** 2 + math.log(4 / 5) ** 2) / 3),
        ("rmse_log", math.sqrt((math.log(2) ** 2 + math.log(3 / 4) ** 2) / 3)),
        ("male", (math.log(5 / 3) + math.log(5 / 4)) / 3),
        ("mape", (1 + 1 / 4) / 3),
        ("smape", 100 * (2 / 3 + 2 / 7) / 3),
        ("rmspe", math.sqrt((1 + 1 / 16) / 3)),
        ("r2", 1 - 5 / (14 / 3)),
        ("pearson", (20 / 9 - 4 / 9 + 5 / 9) / (42 / 9)),  # deviations (-4, -1, 5) / 3 and (-5, 4, 1) / 3
        ("spearman", 0.5),
        ("pinball@0.9", (0.1 * 2 + 0.9 * 1) / 3),
        ("poisson_deviance", 2 * ((2 * math.log(1 / 2) + 2) + (4 * math.log(4 / 3) - 1)) / 3),
    ],
)
def test_a_value_worked_out_by_hand(name: str, expected: float) -> None:
    assert metric_named(name).score(TRUTH, ANSWER) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("mse", sklearn_metrics.mean_squared_error),
        ("rmse", sklearn_metrics.root_mean_squared_error),
        ("mae", sklearn_metrics.mean_absolute_error),
        ("medae", sklearn_metrics.median_absolute_error),
        ("rmsle", sklearn_metrics.root_mean_squared_log_error),
        ("mape", sklearn_metrics.mean_absolute_percentage_error),
        ("r2", sklearn_metrics.r2_score),
        ("pinball@0.3", lambda t, a: sklearn_metrics.mean_pinball_loss(t, a, alpha=0.3)),
    ],
)
def test_several_targets_as_scikit_learn(name: str, theirs) -> None:
    generator = np.random.default_rng(0)
    truth, answer = generator.gamma(2, 3, (50, 3)), generator.gamma(2, 3, (50, 3))
    assert metric_named(name).score(truth, answer) == pytest.approx(theirs(truth, answer))


def test_gini_of_values_is_that_of_the_order() -> None:
    truth = np.array([[0.0], [1.0], [3.0]])
    gini = metric_named("gini_values")
    assert gini.score(truth, truth * 10 - 4) == pytest.approx(1)
    assert gini.score(truth, -truth) == pytest.approx(-1)


def test_what_has_no_logarithm_is_lifted_to_zero() -> None:
    assert metric_named("rmsle").score(np.array([[0.0]]), np.array([[-5.0]])) == 0


def test_a_constant_goes_along_with_nothing() -> None:
    assert metric_named("pearson").score(TRUTH, np.ones((3, 1))) == 0 == metric_named("spearman").score(TRUTH, np.ones((3, 1)))


def test_rows_whose_truth_is_zero_do_not_count_in_rmspe() -> None:
    assert metric_named("rmspe").score(np.array([[0.0], [2.0]]), np.array([[9.0], [1.0]])) == pytest.approx(0.5)


def test_other_widths_are_refused() -> None:
    with pytest.raises(ValueError, match="1 true columns, 2 answered"):
        metric_named("mae").score(TRUTH, np.ones((3, 2)))


def test_gini_of_nothing_has_no_value_and_gives_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    assert np.isnan(metric_named("gini_values").score(np.zeros(4), np.arange(4.0)))
    assert not recwarn.list
