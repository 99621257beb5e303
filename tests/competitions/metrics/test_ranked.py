"""Metrics of lists against numbers worked out by hand, and against scikit-learn where it has them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as theirs

from agentk.competitions.metrics import metric_named

TRUTH = np.array([0, 1, 2.0])
GIVEN = np.array([[0.7, 0.2, 0.1], [0.3, 0.5, 0.2], [0.5, 0.4, 0.1]])  # the right class comes 1st, 1st and 3rd


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("map@2", 2 / 3),
        ("map@3", (1 + 1 + 1 / 3) / 3),
        ("ndcg@2", 2 / 3),
        ("ndcg@3", (1 + 1 + 1 / math.log2(4)) / 3),
        ("top@1", 2 / 3),
        ("top@2", 2 / 3),
        ("top@3", 1.0),
    ],
)
def test_a_value_worked_out_by_hand(name: str, expected: float) -> None:
    metric = metric_named(name)
    assert metric.score(TRUTH, GIVEN) == pytest.approx(expected)
    losses = metric.losses(TRUTH, GIVEN)
    assert losses is not None and losses.mean() == pytest.approx(1 - expected)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_as_scikit_learn(k: int) -> None:
    generator = np.random.default_rng(k)
    truth, given = generator.integers(0, 8, 200).astype(float), generator.dirichlet(np.ones(8), 200)
    assert metric_named(f"ndcg@{k}").score(truth, given) == pytest.approx(
        theirs.ndcg_score(np.eye(8)[truth.astype(int)], given, k=k)
    )
    assert metric_named(f"top@{k}").score(truth, given) == pytest.approx(
        theirs.top_k_accuracy_score(truth, given, k=k, labels=range(8))
    )


def test_of_equal_ones_the_first_class_comes_first_as_in_the_submission() -> None:
    assert metric_named("map@2").score(np.array([1.0]), np.array([[0.5, 0.5]])) == 0.5


def test_the_name_says_how_many_labels_a_row_lists() -> None:
    assert [metric_named(name).places for name in ("map@12", "NDCG@{5}", "MRR@10", "top_3_accuracy", "auc")] == [
        12,
        5,
        10,
        3,
        None,
    ]
