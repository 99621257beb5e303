"""Deviances: losses of values that are counts or sizes, for which the mean is the best constant."""

from __future__ import annotations

import numpy as np

from agentk.competitions.metrics.entry import NamedMetric, Weighing, columns
from agentk.types.metric import Array

_SMALLEST = 1e-15  # stands for answers, and where the deviance needs it truths, that are not positive

_NAMES = {1.0: ("poisson_deviance", "mean_poisson_deviance"), 2.0: ("gamma_deviance", "mean_gamma_deviance")}


def tweedie(power: float) -> NamedMetric:
    """The mean unit deviance of Tweedie's family with variance mean ** power, from 1 to 2: 1 Poisson's, 2 the gamma's."""

    def loss(truth: Array, answer: Array) -> Array:
        answer = np.maximum(answer, _SMALLEST)
        if power == 1:
            return np.asarray(2 * (truth * np.log(np.where(truth > 0, truth / answer, 1.0)) - truth + answer))
        if power == 2:
            ratio = np.maximum(truth, _SMALLEST) / answer
            return np.asarray(2 * (ratio - 1 - np.log(ratio)))
        own = np.maximum(truth, 0) ** (2 - power) / ((1 - power) * (2 - power))
        return np.asarray(2 * (own - truth * answer ** (1 - power) / (1 - power) + answer ** (2 - power) / (2 - power)))

    def losses(truth: Array, answer: Array, w: Weighing) -> Array:
        return w.together([loss(t, a) for t, a in columns(truth, answer)])

    name, *aliases = _NAMES.get(power, (f"tweedie@{power:g}",))
    return NamedMetric(
        name, "minimize", "values", lambda t, a, w: w.mean(losses(t, a, w)), losses, best=0.0, aliases=tuple(aliases)
    )


DEVIANCES = (tweedie(1), tweedie(2))
