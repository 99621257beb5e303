"""Paired differences: their sign, their intervals, and metrics that some rows do not define."""

from __future__ import annotations

import numpy as np
import pytest

from agentk.bench.paired import compare
from agentk.competitions.metrics.entry import NamedMetric, Weighing
from agentk.competitions.metrics.registry import metric_named
from agentk.types.metric import Array


def test_a_difference_has_the_sign_of_what_is_better_in_either_direction():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(300, 1))
    near, far = truth + rng.normal(scale=0.1, size=truth.shape), truth + rng.normal(scale=0.5, size=truth.shape)
    error = compare(metric_named("rmse"), truth, near, far)
    assert error.better and not error.worse and 0.3 < error.low < error.gain < error.high < 0.5
    codes = (truth[:, 0] > 0).astype(float)
    right, guessed = codes, rng.integers(0, 2, 300).astype(float)
    assert compare(metric_named("accuracy"), codes, guessed, right).worse


def test_rows_that_count_more_decide_more():
    truth = np.arange(60.0)[:, None]
    heavy = np.repeat([9.0, 1.0], 30)
    ours, theirs = truth + heavy[:, None] * 0.1, truth + heavy[::-1, None] * 0.1  # near where rows count least, or most
    assert compare(metric_named("mae"), truth, ours, theirs).gain == pytest.approx(0.0)
    weighted = compare(metric_named("mae"), truth, ours, theirs, heavy)
    assert weighted.worse and weighted.gain == pytest.approx(0.18 - 0.82)


def test_a_submission_does_not_differ_from_itself():
    truth = np.arange(50.0)[:, None]
    difference = compare(metric_named("mae"), truth, truth + 1, truth + 1)
    assert (difference.gain, difference.low, difference.high) == (0, 0, 0)


def test_the_interval_holds_the_true_difference_about_as_often_as_it_says():
    rng = np.random.default_rng(1)
    held = 0
    for seed in range(100):
        truth = np.ones(200)
        shared = rng.random(200)
        ours, theirs = (shared < 0.8).astype(float), (shared < 0.75).astype(float)
        difference = compare(metric_named("accuracy"), truth, ours, theirs, seed=seed)
        held += difference.low <= 0.05 <= difference.high
    assert 80 <= held <= 98


def _gap(truth: Array, answer: Array, _weighing: Weighing) -> float:
    """How far the mean answers of the two classes lie apart; not defined on rows of one class."""
    if len(np.unique(truth)) < 2:
        raise ValueError("one class")
    return float(answer[truth == 1].mean() - answer[truth == 0].mean())


GAP = NamedMetric(name="gap", direction="maximize", form="labels", score_function=_gap)


def test_resamples_on_which_the_metric_is_not_defined_are_drawn_again():
    truth = np.array([1.0] + [0.0] * 9)
    difference = compare(GAP, truth, truth, 1 - truth)
    assert (difference.gain, difference.low, difference.high) == (2, 2, 2)


def test_a_metric_that_is_never_defined_is_said():
    with pytest.raises(ValueError, match="gap is not defined on resamples of these 5 rows"):
        compare(GAP, np.zeros(5), np.zeros(5), np.ones(5))
