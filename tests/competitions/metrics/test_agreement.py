"""Metrics of how well values go along, against numbers worked out by hand and the libraries that have them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as theirs

from agentk.competitions.metrics import metric_named

TRUTH = np.array([[1.0], [2.0], [4.0]])
ANSWER = np.array([[1.0], [4.0], [3.0]])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("r2", 1 - 5 / (14 / 3)),
        ("explained_variance", 1 - (5 / 3 - 1 / 9) / (14 / 9)),  # errors 0, -2, 1
        ("pearson", (20 / 9 - 4 / 9 + 5 / 9) / (42 / 9)),  # deviations (-4, -1, 5) / 3 and (-5, 4, 1) / 3
        ("spearman", 0.5),
        ("kendall", 1 / 3),  # two pairs of three in order
        ("concordance", 2 / 3),
        ("ccc", 2 * (7 / 9) / (14 / 9 + 14 / 9 + 1 / 9)),
    ],
)
def test_a_value_worked_out_by_hand(name: str, expected: float) -> None:
    assert metric_named(name).score(TRUTH, ANSWER) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "score"),
    [
        ("r2", theirs.r2_score),
        ("explained_variance", theirs.explained_variance_score),
        ("kendall", lambda t, a: np.mean([stats.kendalltau(x, y).statistic for x, y in zip(t.T, a.T, strict=True)])),
        ("spearman", lambda t, a: np.mean([stats.spearmanr(x, y).statistic for x, y in zip(t.T, a.T, strict=True)])),
    ],
)
def test_several_targets_as_the_library_means_them(name: str, score) -> None:
    generator = np.random.default_rng(0)
    truth, answer = generator.gamma(2, 3, (50, 3)), generator.gamma(2, 3, (50, 3)).round()
    assert metric_named(name).score(truth, answer) == pytest.approx(score(truth, answer))


def test_concordance_counts_pairs_and_equal_answers_as_one_half() -> None:
    generator = np.random.default_rng(1)
    truth, answer = generator.integers(0, 9, 60).astype(float), generator.integers(0, 5, 60).astype(float)
    right = [
        0.5 + 0.5 * np.sign((truth[i] - truth[j]) * (answer[i] - answer[j]))
        for i in range(60)
        for j in range(i)
        if truth[i] != truth[j]
    ]
    assert metric_named("c-index").score(truth, answer) == pytest.approx(np.mean(right))
    assert metric_named("c-index").score(truth, np.ones(60)) == 0.5


def test_a_shared_error_costs_the_explained_variance_nothing_and_lin_something() -> None:
    assert metric_named("explained_variance").score(TRUTH, TRUTH + 5) == pytest.approx(1)
    assert metric_named("ccc").score(TRUTH, TRUTH + 5) < 0.2


def test_a_constant_goes_along_with_nothing() -> None:
    assert [metric_named(name).score(TRUTH, np.ones((3, 1))) for name in ("pearson", "spearman", "kendall")] == [0, 0, 0]


def test_gini_of_values_is_that_of_the_order() -> None:
    truth = np.array([[0.0], [1.0], [3.0]])
    gini = metric_named("gini_values")
    assert gini.score(truth, truth * 10 - 4) == pytest.approx(1)
    assert gini.score(truth, -truth) == pytest.approx(-1)


def test_gini_of_nothing_has_no_value_and_warns_of_none(recwarn: pytest.WarningsRecorder) -> None:
    assert np.isnan(metric_named("gini_values").score(np.zeros(4), np.arange(4.0)))
    assert not recwarn.list
