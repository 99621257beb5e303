"""The scale a numeric target is fitted on: logarithms for relative errors and long tails, medians for absolute errors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import skew

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.task import Floats

LOG_METRICS = ("rmsle", "msle", "rmse_log", "male", "mape", "medape", "smape", "rmspe", "mspe")
MEAN_METRICS = ("deviance", "tweedie")  # served best by the mean itself, which no other scale keeps
ABSOLUTE_METRICS = ("mae", "medae", "male", "mape", "medape", "smape", "wape")


def on_scale(values: Floats, fit: Callable[[Floats], Floats]) -> Floats:
    """What `fit` predicts, having been given the values on the scale that suits the metric, brought back to their own."""
    if logarithmic(values):
        low = values.min()
        shift = 1.0 if low >= 0 and CONTRACT["metric"] != "rmse_log" and (low == 0 or values.max() > 100 * low) else 0.0
        if low + shift <= 0:
            return fit(values)
        logs = np.log(values + shift)
        return np.exp(np.clip(fit(logs), logs.min() - 1.0, logs.max() + 1.0)) - shift
    return fit(values)


def logarithmic(values: Floats) -> bool:
    """Whether values are fitted as logarithms: the metric asks for it, or it evens out the long tail of positive values."""
    if values.min() < 0 or CONTRACT["task"] == "ordinal" or any(name in CONTRACT["metric"] for name in MEAN_METRICS):
        return False
    if CONTRACT["metric"] in LOG_METRICS:
        return True
    return bool(values.min() > 0 and skew(values) > 2.0 and abs(skew(np.log(values))) < 0.5 * skew(values))


def absolute_errors() -> bool:
    """Whether the metric is best served by medians."""
    return CONTRACT["metric"] in ABSOLUTE_METRICS
