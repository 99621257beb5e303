"""Truth with unknown values: each target, or each row, is scored where it is known; pooled, every value is a row of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from agentk.competitions.metrics import metric_named
from agentk.competitions.metrics.entry import is_by_target

RNG = np.random.default_rng(1)
TRUTH = (RNG.random((60, 3)) < [0.3, 0.5, 0.7]).astype(float)
ANSWER = 0.1 + 0.3 * TRUTH + 0.5 * RNG.random((60, 3))
HOLED = np.where(RNG.random((60, 3)) < 0.3, np.nan, TRUTH)
KNOWN = ~np.isnan(HOLED)


@pytest.mark.parametrize("name", ["rmse", "mae", "auc", "log_loss", "r2", "pearson", "brier"])
def test_the_mean_over_targets_of_what_is_known(name: str) -> None:
    metric = metric_named(name)
    each = [metric.score(TRUTH[KNOWN[:, [at]][:, 0], at][:, None], ANSWER[KNOWN[:, at], at][:, None]) for at in range(3)]
    assert metric.score(HOLED, ANSWER) == pytest.approx(np.mean(each))


def test_what_is_scored_row_by_row_needs_whole_rows() -> None:
    metric, whole = metric_named("euclidean"), KNOWN.all(axis=1)
    assert not is_by_target(metric)
    assert metric.score(HOLED, ANSWER) == pytest.approx(metric.score(TRUTH[whole], ANSWER[whole]))
    losses = metric.losses(HOLED, ANSWER)
    assert losses is not None and losses.mean() == pytest.approx(metric.score(HOLED, ANSWER)) and not losses[~whole].any()


@pytest.mark.parametrize("name", ["mae", "log_loss"])
@pytest.mark.parametrize("pooled", [False, True])
def test_the_mean_of_losses_is_the_score(name: str, pooled: bool) -> None:
    metric = replace(metric_named(name), pooled=pooled)
    losses = metric.losses(HOLED, ANSWER)
    assert losses is not None and losses.shape == (60,) and losses.mean() == pytest.approx(metric.score(HOLED, ANSWER))


@pytest.mark.parametrize("name", ["rmse", "auc", "mae"])
def test_pooled_values_are_rows_of_one_target(name: str) -> None:
    metric = metric_named(name)
    wanted = metric.score(TRUTH[KNOWN][:, None], ANSWER[KNOWN][:, None])
    assert replace(metric, pooled=True).score(HOLED, ANSWER) == pytest.approx(wanted)
    assert metric.score(HOLED, ANSWER) != pytest.approx(wanted)


def test_roots_of_several_targets_have_no_losses_but_a_pooled_one_has() -> None:
    metric = metric_named("rmse")
    assert metric.losses(HOLED, ANSWER) is None
    losses = replace(metric, pooled=True).losses(HOLED, ANSWER)
    assert losses is not None and np.sqrt(losses.mean()) == pytest.approx(replace(metric, pooled=True).score(HOLED, ANSWER))
