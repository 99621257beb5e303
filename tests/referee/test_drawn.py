"""Rows are drawn as often as they count."""

from __future__ import annotations

import numpy as np

from agentk.referee.drawn import MOST, in_proportion


def test_without_weights_each_row_is_drawn_once() -> None:
    assert in_proportion(None, 4).tolist() == [0, 1, 2, 3]
    assert in_proportion(np.zeros(3), 3).tolist() == [0, 1, 2], "where nothing counts there is nothing to prefer"


def test_whole_weights_are_times() -> None:
    assert in_proportion(np.array([5.0, 1.0, 0.0, 2.0]), 4).tolist() == [0] * 5 + [1] + [3] * 2
    assert in_proportion(np.array([0.25, 0.5]), 2).tolist() == [0, 1, 1]


def test_it_is_bounded_and_still_in_proportion() -> None:
    weights = np.random.default_rng(0).gamma(1, 1, 500)
    weights[0] = 1e-9
    drawn = in_proportion(weights, 500)
    assert len(drawn) == MOST
    assert np.abs(np.bincount(drawn, minlength=500) - weights / weights.sum() * MOST).max() <= 1
