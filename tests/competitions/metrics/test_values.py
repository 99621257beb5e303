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
        ("mspe", (1 + 1 / 16) / 3),
        ("medape", 1 / 4),
        ("wape", 3 / 7),
        ("max_error", 2.0),
        ("log_cosh", (math.log(math.cosh(2)) + math.log(math.cosh(1))) / 3),
        ("huber@1", ((2 - 1 / 2) + 1 / 2) / 3),
        ("huber@3", (4 / 2 + 1 / 2) / 3),
        ("euclidean", 1.0),
        ("rmse_pooled", math.sqrt(5 / 3)),
        ("pinball@0.9", (0.1 * 2 + 0.9 * 1) / 3),
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
        ("pinball@0.3", lambda t, a: sklearn_metrics.mean_pinball_loss(t, a, alpha=0.3)),
    ],
)
def test_several_targets_as_scikit_learn(name: str, theirs) -> None:
    generator = np.random.default_rng(0)
    truth, answer = generator.gamma(2, 3, (50, 3)), generator.gamma(2, 3, (50, 3))
    assert metric_named(name).score(truth, answer) == pytest.approx(theirs(truth, answer))


def test_what_has_no_logarithm_is_lifted_to_zero() -> None:
    assert metric_named("rmsle").score(np.array([[0.0]]), np.array([[-5.0]])) == 0


def test_rows_whose_truth_is_zero_do_not_count_in_rmspe() -> None:
    assert metric_named("rmspe").score(np.array([[0.0], [2.0]]), np.array([[9.0], [1.0]])) == pytest.approx(0.5)


def test_other_widths_are_refused() -> None:
    with pytest.raises(ValueError, match="1 true columns, 2 answered"):
        metric_named("mae").score(TRUTH, np.ones((3, 2)))


def test_several_targets_as_points_and_as_one_pool() -> None:
    truth, answer = np.zeros((2, 2)), np.array([[3.0, 4.0], [0.0, 0.0]])
    assert metric_named("euclidean").score(truth, answer) == pytest.approx(5 / 2)
    assert metric_named("rmse_pooled").score(truth, answer) == pytest.approx(math.sqrt(25 / 4))
    assert metric_named("mcrmse").score(truth, answer) == pytest.approx((3 / math.sqrt(2) + 4 / math.sqrt(2)) / 2)


def test_log_cosh_of_large_errors_does_not_overflow() -> None:
    assert metric_named("log_cosh").score(np.array([[0.0]]), np.array([[1e4]])) == pytest.approx(1e4 - math.log(2))
