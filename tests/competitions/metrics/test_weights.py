"""Weights of rows and of columns: a row of weight 3 counts as that row three times does, whatever the metric."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from agentk.competitions.metrics import metric_named
from agentk.competitions.metrics.registry import METRICS as ALL
from agentk.types.metric import Array

METRICS = [metric for metric in ALL if metric.form != "spans"]
RNG = np.random.default_rng(3)
N = 61
WEIGHTS = RNG.integers(0, 4, N).astype(float)
WEIGHTS[0] += 1 - WEIGHTS.sum() % 2  # an odd sum: a median is then one of the values
TIMES = WEIGHTS.astype(int)
EXAMPLES = ("map@3", "ndcg@2", "top@2", "f2", "pinball@0.8", "pauc@0.8", "huber@1", "tweedie@1.5")


def shares(columns: int) -> Array:
    drawn = RNG.random((N, columns)) + 0.05
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))


def cases(form: str, ranked: bool) -> list[tuple[Array, Array]]:
    """Truth and answers of each shape that a metric of this form takes."""
    if form == "values":
        return [(RNG.gamma(2, 3, (N, width)) + 0.1, RNG.gamma(2, 3, (N, width)) + 0.1) for width in (1, 3)]
    codes, three = RNG.integers(0, 2, N).astype(float), RNG.integers(0, 3, N).astype(float)
    several = RNG.integers(0, 2, (N, 3)).astype(float)
    if form == "labels":
        return [(codes, RNG.integers(0, 2, N).astype(float)), (three, RNG.integers(0, 3, N).astype(float))]
    return [(three, shares(3))] if ranked else [(codes, shares(2)), (three, shares(3)), (several, RNG.random((N, 3)))]


@pytest.mark.parametrize("metric", [*METRICS, *map(metric_named, EXAMPLES)], ids=lambda metric: metric.name)
def test_a_weight_is_worth_as_many_rows(metric) -> None:
    for truth, answer in cases(metric.form, metric.places is not None):
        if not metric.weighs_rows:
            continue
        repeated = metric.score(np.repeat(truth, TIMES, axis=0), np.repeat(answer, TIMES, axis=0))
        assert metric.score(truth, answer, WEIGHTS) == pytest.approx(repeated, rel=1e-9), metric.name
        assert metric.score(truth, answer, 7 * WEIGHTS) == pytest.approx(repeated, rel=1e-9), "only proportions count"


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_losses_have_the_weighted_mean_of_the_rows(metric) -> None:
    for truth, answer in cases(metric.form, metric.places is not None):
        losses = metric.losses(truth, answer, WEIGHTS)
        if losses is None or not metric.weighs_rows:
            continue
        plain = metric.losses(np.repeat(truth, TIMES, axis=0), np.repeat(answer, TIMES, axis=0))
        assert losses.mean() == pytest.approx(plain.mean(), rel=1e-9)


def test_by_hand() -> None:
    truth, answer = np.array([[10.0], [20.0], [30.0]]), np.array([[11.0], [22.0], [24.0]])
    weights = np.array([5.0, 1.0, 1.0])
    assert metric_named("mae").score(truth, answer, weights) == pytest.approx((5 * 1 + 2 + 6) / 7)
    assert metric_named("rmse").score(truth, answer, weights) == pytest.approx(((5 * 1 + 4 + 36) / 7) ** 0.5)
    assert metric_named("medae").score(truth, answer, weights) == 1
    assert np.isnan(metric_named("mae").score(truth, answer, np.zeros(3)))


def test_as_in_scikit_learn() -> None:
    truth, likely, weights = RNG.integers(0, 2, 80).astype(float), RNG.random(80), RNG.random(80)
    both, said = np.column_stack([1 - likely, likely]), (likely > 0.5).astype(float)
    for name, answer, wanted in (
        ("auc", both, sklearn_metrics.roc_auc_score(truth, likely, sample_weight=weights)),
        ("average_precision", both, sklearn_metrics.average_precision_score(truth, likely, sample_weight=weights)),
        ("log_loss", both, sklearn_metrics.log_loss(truth, likely, sample_weight=weights)),
        ("f1", said, sklearn_metrics.f1_score(truth, said, sample_weight=weights)),
        ("mcc", said, sklearn_metrics.matthews_corrcoef(truth, said, sample_weight=weights)),
        ("balanced_accuracy", said, sklearn_metrics.balanced_accuracy_score(truth, said, sample_weight=weights)),
        ("kappa", said, sklearn_metrics.cohen_kappa_score(truth, said, sample_weight=weights)),
    ):
        assert metric_named(name).score(truth, answer, weights) == pytest.approx(wanted), name


def test_columns_count_by_their_weights() -> None:
    truth, likely = RNG.integers(0, 2, (50, 3)).astype(float), RNG.random((50, 3))
    each = [metric_named("log_loss").score(truth[:, [at]], likely[:, [at]]) for at in range(3)]
    weighed = replace(metric_named("log_loss"), columns=(2.0, 1.0, 1.0))
    assert weighed.score(truth, likely) == pytest.approx((2 * each[0] + each[1] + each[2]) / 4)
    assert weighed.losses(truth, likely).mean() == pytest.approx(weighed.score(truth, likely))
    values, answers = RNG.normal(size=(50, 2)), RNG.normal(size=(50, 2))
    roots = ((values - answers) ** 2).mean(axis=0) ** 0.5
    assert replace(metric_named("rmse"), columns=(3.0, 1.0)).score(values, answers) == pytest.approx(
        (3 * roots[0] + roots[1]) / 4
    )


def test_classes_count_by_their_weights_in_a_mean_over_classes() -> None:
    truth, likely = np.array([0.0, 0.0, 0.0, 1.0]), np.array([[0.9, 0.1], [0.6, 0.4], [0.5, 0.5], [0.2, 0.8]])
    losses = -np.log([0.9, 0.6, 0.5, 0.8])
    weighed = replace(metric_named("balanced_log_loss"), columns=(1.0, 3.0))
    assert weighed.score(truth, likely) == pytest.approx((losses[:3].mean() + 3 * losses[3]) / 4)
    found = replace(metric_named("balanced_accuracy"), columns=(1.0, 3.0))
    assert found.score(truth, np.array([0.0, 1.0, 1.0, 1.0])) == pytest.approx((1 / 3 + 3) / 4)
