"""Metrics of labels against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from agentk.competitions.metrics import metric_named

BINARY = np.array([1, 1, 1, 0, 0, 0, 0, 0.0])  # 2 hits, 1 miss, 1 false alarm, 4 right refusals
GUESS = np.array([1, 1, 0, 1, 0, 0, 0, 0.0])
THREE = np.array([0, 0, 1, 1, 2, 2.0])
GUESS3 = np.array([0, 1, 1, 1, 2, 0.0])
GRADES = np.array([[3.0], [4.0], [5.0], [5.0]])
GUESS_GRADES = np.array([[3.0], [5.0], [5.0], [4.0]])
SETS = np.array([[1, 0, 1], [0, 1, 0.0]])
GUESS_SETS = np.array([[1, 1, 1], [0, 1, 0.0]])


@pytest.mark.parametrize(
    ("name", "truth", "answer", "expected"),
    [
        ("accuracy", BINARY, GUESS, 6 / 8),
        ("accuracy", SETS, GUESS_SETS, 1 / 2),  # a set counts when it is right altogether
        ("balanced_accuracy", BINARY, GUESS, (2 / 3 + 4 / 5) / 2),
        ("balanced_accuracy", THREE, GUESS3, (1 / 2 + 1 + 1 / 2) / 3),
        ("f1", BINARY, GUESS, 2 / 3),
        ("f1", THREE, GUESS3, (1 / 2 + 4 / 5 + 2 / 3) / 3),  # macro where there are more than two
        ("f1_macro", BINARY, GUESS, (2 / 3 + 4 / 5) / 2),
        ("f1_micro", THREE, GUESS3, 4 / 6),
        ("f1_weighted", BINARY, GUESS, (3 * 2 / 3 + 5 * 4 / 5) / 8),
        ("f1_samples", SETS, GUESS_SETS, (4 / 5 + 1) / 2),
        ("f1_samples", THREE, GUESS3, 4 / 6),
        ("f2", BINARY, GUESS, 2 / 3),
        ("f0.5", np.array([1, 1, 0.0]), np.array([1, 0, 0.0]), 1.25 * 1 * 0.5 / (0.25 * 1 + 0.5)),
        ("precision", BINARY, GUESS, 2 / 3),
        ("recall", BINARY, GUESS, 2 / 3),
        ("jaccard", BINARY, GUESS, 2 / 4),
        ("mcc", BINARY, GUESS, (2 * 4 - 1 * 1) / math.sqrt(3 * 3 * 5 * 5)),
        ("kappa", BINARY, GUESS, (6 / 8 - 34 / 64) / (1 - 34 / 64)),
        ("qwk", GRADES, GUESS_GRADES, 1 - 2 / 5.5),  # squared distances: 1 + 1 seen, 4 rows * 2 * variance 11/16 by chance
        ("hamming", SETS, GUESS_SETS, 1 / 6),
    ],
)
def test_a_value_worked_out_by_hand(name: str, truth, answer, expected: float) -> None:
    assert metric_named(name).score(truth, answer) == pytest.approx(expected)


def test_kappa_of_a_single_grade() -> None:
    qwk = metric_named("qwk")
    assert qwk.score(np.full((4, 1), 5.0), np.full((4, 1), 5.0)) == 1
    assert qwk.score(GRADES, np.full((4, 1), 5.0)) == 0


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "hamming"])
def test_losses_order_as_the_score_does(name: str) -> None:
    metric = metric_named(name)
    losses = metric.losses(THREE, GUESS3)
    assert losses is not None and losses.shape == (6,)
    score = metric.score(THREE, GUESS3)
    assert losses.mean() == pytest.approx(1 - score if metric.direction == "maximize" else score)


def test_what_is_no_mean_over_rows_has_no_losses() -> None:
    assert metric_named("f1").losses(BINARY, GUESS) is None
