"""Metrics of labels against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as theirs

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
        ("column_accuracy", SETS, GUESS_SETS, 5 / 6),
        ("error_rate", BINARY, GUESS, 2 / 8),
        ("precision_macro", THREE, GUESS3, (1 / 2 + 2 / 3 + 1) / 3),
        ("precision_micro", SETS, GUESS_SETS, 3 / 4),
        ("precision_weighted", BINARY, GUESS, (3 * 2 / 3 + 5 * 4 / 5) / 8),
        ("recall_micro", SETS, GUESS_SETS, 1.0),
        ("recall_weighted", THREE, GUESS3, 4 / 6),
        ("specificity", BINARY, GUESS, 4 / 5),
        ("specificity", THREE, GUESS3, (3 / 4 + 3 / 4 + 1) / 3),
        ("g_mean", BINARY, GUESS, math.sqrt(2 / 3 * 4 / 5)),
        ("g_mean", THREE, GUESS3, (1 / 2 * 1 * 1 / 2) ** (1 / 3)),
        ("jaccard_macro", THREE, GUESS3, (1 / 3 + 2 / 3 + 1 / 2) / 3),
        ("jaccard_samples", SETS, GUESS_SETS, (2 / 3 + 1) / 2),
        ("jaccard_samples", THREE, GUESS3, 4 / 6),
        ("linear_kappa", GRADES, GUESS_GRADES, 1 - 2 / 3.5),  # distances: 1 + 1 seen, (2 + 8 + 4) / 4 by chance
    ],
)
def test_a_value_worked_out_by_hand(name: str, truth, answer, expected: float) -> None:
    assert metric_named(name).score(truth, answer) == pytest.approx(expected)


def test_kappa_counts_by_the_distance_of_grades_also_where_one_is_never_given() -> None:
    truth, answer = np.array([1, 2, 5, 5.0]), np.array([1, 5, 5, 2.0])
    chance = (1 * 1 + 2 * 16 + 1 * 1 + 2 * 9 + 2 * 16 + 2 * 9) / 4
    assert metric_named("qwk").score(truth, answer) == pytest.approx(1 - (9 + 9) / chance)


def test_kappa_of_a_single_grade() -> None:
    qwk = metric_named("qwk")
    assert qwk.score(np.full((4, 1), 5.0), np.full((4, 1), 5.0)) == 1
    assert qwk.score(GRADES, np.full((4, 1), 5.0)) == 0


@pytest.mark.parametrize(
    ("name", "score"),
    [
        ("precision_macro", lambda t, a: theirs.precision_score(t, a, average="macro")),
        ("precision_weighted", lambda t, a: theirs.precision_score(t, a, average="weighted")),
        ("recall_weighted", lambda t, a: theirs.recall_score(t, a, average="weighted")),
        ("balanced_accuracy", theirs.balanced_accuracy_score),
        ("jaccard_macro", lambda t, a: theirs.jaccard_score(t, a, average="macro")),
        ("mcc", theirs.matthews_corrcoef),
        ("error_rate", theirs.zero_one_loss),
        ("qwk", lambda t, a: theirs.cohen_kappa_score(t, a, weights="quadratic")),
        ("linear_kappa", lambda t, a: theirs.cohen_kappa_score(t, a, weights="linear")),
    ],
)
def test_as_scikit_learn(name: str, score) -> None:
    generator = np.random.default_rng(0)
    truth, answer = generator.integers(0, 4, 100).astype(float), generator.integers(0, 4, 100).astype(float)
    assert metric_named(name).score(truth, answer) == pytest.approx(score(truth, answer))


def test_sets_as_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    truth, answer = generator.integers(0, 2, (100, 3)), generator.integers(0, 2, (100, 3))  # some are empty in both
    jaccard = theirs.jaccard_score(truth, answer, average="samples", zero_division=1)
    assert metric_named("jaccard_samples").score(truth, answer) == pytest.approx(jaccard)
    assert metric_named("column_accuracy").score(truth, answer) == pytest.approx(1 - theirs.hamming_loss(truth, answer))


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "hamming", "error_rate", "column_accuracy", "jaccard_samples"])
def test_losses_order_as_the_score_does(name: str) -> None:
    metric = metric_named(name)
    losses = metric.losses(THREE, GUESS3)
    assert losses is not None and losses.shape == (6,)
    score = metric.score(THREE, GUESS3)
    assert losses.mean() == pytest.approx(1 - score if metric.direction == "maximize" else score)


def test_what_is_no_mean_over_rows_has_no_losses() -> None:
    assert metric_named("f1").losses(BINARY, GUESS) is None
