"""Metrics of probabilities against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as theirs

from agentk.competitions.metrics import metric_named

TRUTH = np.array([0, 0, 1, 1.0])
GIVEN = np.array([0.1, 0.4, 0.35, 0.8])  # one of four pairs in the wrong order
TWO = np.column_stack([1 - GIVEN, GIVEN])
THREE_TRUTH = np.array([0, 1, 2.0])
THREE = np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.2, 0.6, 0.2]])
SETS = np.column_stack([TRUTH, 1 - TRUTH])
SETS_GIVEN = np.column_stack([GIVEN, GIVEN])

MORE_TRUTH = np.array([0, 0, 1, 2.0])
MORE = np.array([[0.8, 0.1, 0.1], [0.7, 0.1, 0.2], [0.2, 0.3, 0.5], [0.3, 0.4, 0.3]])
BALANCE = np.array([0, 0, 0, 1.0])
BALANCE_GIVEN = np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.7, 0.3]])
LABELS = np.array([[1, 0, 1], [0, 1, 0.0]])
LABELS_GIVEN = np.array([[0.9, 0.5, 0.1], [0.6, 0.5, 0.1]])  # true labels come 1st and 3rd, and 2nd


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
        ("auc_weighted", MORE_TRUTH, MORE, (2 * 1 + 1 * 2 / 3 + 1 * 2 / 3) / 4),
        ("auc_micro", SETS, SETS_GIVEN, 1 / 2),  # each probability once with a yes and once with a no
        ("auc_ovo", MORE_TRUTH, MORE, (1 + 1 + 0) / 3),
        ("average_precision_micro", SETS, SETS_GIVEN, 1 / 2),
        ("balanced_log_loss", BALANCE, BALANCE_GIVEN, -((math.log(0.9) + math.log(0.8) + math.log(0.6)) / 3 + math.log(0.3)) / 2),
        ("lrap", LABELS, LABELS_GIVEN, ((1 + 2 / 3) / 2 + 1 / 2) / 2),
        ("lwlrap", LABELS, LABELS_GIVEN, (1 + 2 / 3 + 1 / 2) / 3),
        ("capped_deviance", TRUTH[:2], np.array([[1.0, 0.0], [0.4, 0.6]]), -(math.log10(0.99) + math.log10(0.4)) / 2),
        ("ks", TRUTH, TWO, 1 / 2),
        ("pauc@0.5", TRUTH, TWO, 1 / 4),  # above a rate of 0.5 the curve runs from (0.5, 1)
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


@pytest.mark.parametrize("name", ["log_loss", "brier", "balanced_log_loss"])
def test_losses_order_as_the_score_does(name: str) -> None:
    metric = metric_named(name)
    losses = metric.losses(THREE_TRUTH, THREE)
    assert losses is not None
    score = metric.score(THREE_TRUTH, THREE)
    assert losses.mean() == pytest.approx(1 - score if metric.direction == "maximize" else score)


def _one_hot(truth):
    return np.eye(4)[truth.astype(int)]


@pytest.mark.parametrize(
    ("name", "score"),
    [
        ("auc", lambda t, p: theirs.roc_auc_score(t, p, multi_class="ovr")),
        ("auc_weighted", lambda t, p: theirs.roc_auc_score(t, p, multi_class="ovr", average="weighted")),
        ("auc_micro", lambda t, p: theirs.roc_auc_score(_one_hot(t), p, average="micro")),
        ("auc_ovo", lambda t, p: theirs.roc_auc_score(t, p, multi_class="ovo")),
        ("average_precision", lambda t, p: theirs.average_precision_score(_one_hot(t), p)),
        ("average_precision_micro", lambda t, p: theirs.average_precision_score(_one_hot(t), p, average="micro")),
        ("log_loss", theirs.log_loss),
        ("balanced_log_loss", lambda t, p: theirs.log_loss(t, p, sample_weight=1 / np.bincount(t.astype(int))[t.astype(int)])),
        ("lrap", lambda t, p: theirs.label_ranking_average_precision_score(_one_hot(t), p)),
    ],
)
def test_as_scikit_learn(name: str, score) -> None:
    generator = np.random.default_rng(0)
    truth, given = (
        np.sort(generator.integers(0, 4, 200) * generator.integers(0, 2, 200)).astype(float),
        generator.dirichlet(np.ones(4), 200),
    )
    assert metric_named(name).score(truth, given) == pytest.approx(score(truth, given))


def test_weighted_auc_of_several_targets_as_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    truth, given = (generator.random((200, 3)) < [0.1, 0.5, 0.8]) * 1.0, generator.random((200, 3))
    assert metric_named("auc_weighted").score(truth, given) == pytest.approx(
        theirs.roc_auc_score(truth, given, average="weighted")
    )


@pytest.mark.parametrize("rate", [0.2, 0.8])
def test_partial_auc_is_the_area_above_the_rate(rate: float) -> None:
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 2, 500).astype(float)
    given = generator.random(500) + 0.3 * truth
    false, found, _ = theirs.roc_curve(truth, given, drop_intermediate=False)
    grid = np.linspace(0, 1, 200_001)
    area = np.mean(np.maximum(np.interp(grid, false, found) - rate, 0))
    metric = metric_named(f"pauc@{rate}")
    assert metric.score(truth, np.column_stack([1 - given, given])) == pytest.approx(area, abs=1e-4)
    assert metric.score(truth, np.full((500, 2), 0.5)) == pytest.approx((1 - rate) ** 2 / 2)
