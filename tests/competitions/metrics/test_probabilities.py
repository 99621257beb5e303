"""Metrics of probabilities against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from agentk.competitions.metrics import metric_named

TRUTH = np.array([0, 0, 1, 1.0])
GIVEN = np.array([0.1, 0.4, 0.35, 0.8])  # one of four pairs in the wrong order
TWO = np.column_stack([1 - GIVEN, GIVEN])
THREE_TRUTH = np.array([0, 1, 2.0])
THREE = np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.2, 0.6, 0.2]])
SETS = np.column_stack([TRUTH, 1 - TRUTH])
SETS_GIVEN = np.column_stack([GIVEN, GIVEN])


@pytest.mark.parametrize(
    ("name", "truth", "answer", "expected"),
    [
        ("auc", TRUTH, TWO, 3 / 4),
        ("auc", THREE_TRUTH, THREE, (1 + 1 / 2 + 1 / 2) / 3),
        ("auc", SETS, SETS_GIVEN, (3 / 4 + 1 / 4) / 2),
        ("gini", TRUTH, TWO, 1 / 2),
        ("average_precision", TRUTH, TWO, 1 / 2 * 1 + 1 / 2 * 2 / 3),
        ("log_loss", TRUTH, TWO, -(math.log(0.9) + math.log(0.6) + math.log(0.35) + math.log(0.8)) / 4),
        ("log_loss", THREE_TRUTH, THREE, -(math.log(0.7) + math.log(0.4) + math.log(0.2)) / 3),
        ("log_loss", SETS[:1], np.array([[0.1, 0.8]]), -(math.log(0.9) + math.log(0.8)) / 2),
        ("brier", TRUTH, TWO, (0.01 + 0.16 + 0.4225 + 0.04) / 4),
        ("brier", THREE_TRUTH, THREE, (0.14 + 0.54 + 1.04) / 3),
        ("map@2", THREE_TRUTH, THREE, (1 + 1 + 0) / 3),
        ("map@3", THREE_TRUTH, THREE, (1 + 1 + 1 / 3) / 3),
    ],
)
def test_a_value_worked_out_by_hand(name: str, truth, answer, expected: float) -> None:
    assert metric_named(name).score(truth, answer) == pytest.approx(expected)


def test_rows_are_rescaled_before_they_are_clipped() -> None:
    log_loss = metric_named("log_loss")
    assert log_loss.score(THREE_TRUTH, THREE * 5) == pytest.approx(log_loss.score(THREE_TRUTH, THREE))
    assert log_loss.score(np.array([0.0]), np.array([[0.0, 1.0]])) == pytest.approx(-math.log(1e-15))


def test_a_question_without_both_answers_is_left_out_of_the_auc() -> None:
    sets = np.column_stack([TRUTH, np.zeros(4)])
    assert metric_named("auc").score(sets, SETS_GIVEN) == pytest.approx(3 / 4)
    assert metric_named("auc").score(np.zeros(4), TWO) == 0.5


@pytest.mark.parametrize("name", ["log_loss", "brier", "map@3"])
def test_losses_order_as_the_score_does(name: str) -> None:
    metric = metric_named(name)
    losses = metric.losses(THREE_TRUTH, THREE)
    assert losses is not None
    score = metric.score(THREE_TRUTH, THREE)
    assert losses.mean() == pytest.approx(1 - score if metric.direction == "maximize" else score)
