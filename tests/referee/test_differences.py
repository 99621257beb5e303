"""Differences of answers, and the error that is reckoned for them."""

from __future__ import annotations

import numpy as np
import pytest

from agentk.competitions.metrics import metric_named
from agentk.referee.differences import difference
from agentk.referee.rules import Rules
from agentk.types.competition import TaskKind


@pytest.mark.parametrize("metric", ["rmse", "log_loss", "auc", "f1", "average_precision"])
def test_the_standard_error_is_what_fresh_rows_show(metric: str) -> None:
    """The error reckoned from one sample against the spread of the difference over 60 fresh samples."""
    rng = np.random.default_rng(1)
    named = metric_named(metric)
    reckoned, found = [], []
    for sample in range(60):
        truth = (rng.random(500) < 0.4).astype(float)
        signal = 2 * truth - 1
        one, other = (1 / (1 + np.exp(-(signal + noise))) for noise in rng.normal(0, (1.0, 1.2), (500, 2)).T)
        if named.form == "values":
            answers = [one[:, None], other[:, None]]
            task, classes, truth = TaskKind.REGRESSION, (), truth[:, None]
        else:
            task, classes = TaskKind.BINARY, (0, 1)
            answers = [
                np.column_stack([1 - p, p]) if named.form == "probabilities" else (p > 0.5).astype(float) for p in (one, other)
            ]
        value, error = difference(Rules.of(named, task, classes, truth), truth, *answers)
        found.append(value)
        if sample < 8:
            reckoned.append(error)
    assert np.mean(reckoned) == pytest.approx(np.std(found), rel=0.35)
