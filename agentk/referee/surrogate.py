"""The surrogate: what search goes by where the metric sees answers alone: a proper score of the predictions behind them.

A row that crosses a threshold moves F1 or kappa by a whole answer, all others not at all, so that two programs are told apart
by luck. Squared errors of what they predict see every row. What the decision mends anyway, scale and bias, is mended first:
what is left is how well the predictions tell the rows apart (Murphy 1973, J. Appl. Meteor. 12; Berta, Holzmueller, Jordan &
Bach 2025, "Rethinking early stopping: refine, then calibrate").
"""

from __future__ import annotations

import numpy as np

from agentk.referee.apply import as_pairs
from agentk.referee.formulas import Codes
from agentk.referee.rules import Rules
from agentk.referee.searches import calibrated, line
from agentk.types.metric import Array


def losses(rules: Rules, predictions: Array, truth: Array) -> Array | None:
    """(N,) squared errors of calibrated predictions (N, W), lower is better; None where the metric itself sees predictions.

    Of classes and labels, summed over the W probabilities; of grades, over the W values.
    """
    if rules.metric.form != "labels":
        return None
    if rules.task.classifies:
        return _of_classes(predictions, truth.astype(np.int64))
    if rules.task.value == "multilabel":
        known = ~np.isnan(truth.reshape(-1))  # of several targets some may be unknown
        found = np.zeros(len(known))
        found[known] = _of_classes(as_pairs(predictions)[known], (truth.reshape(-1)[known] > 0.5).astype(np.int64))
        return np.asarray(found.reshape(predictions.shape).sum(axis=1))
    slope, shift = line(predictions, truth, "identity")
    return np.asarray(((slope * predictions + shift - truth.reshape(predictions.shape)) ** 2).sum(axis=1))


def _of_classes(probabilities: Array, truth: Codes) -> Array:
    """(N,) Brier scores of calibrated (N, C) probabilities."""
    apart = calibrated(probabilities, truth)
    apart[np.arange(len(apart)), truth] -= 1.0
    return np.asarray((apart**2).sum(axis=1))
