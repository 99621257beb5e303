"""What a fit of values minimizes: the mean, the median, another quantile, or the mean of counts and sizes, as the metric asks."""

from __future__ import annotations

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.table.fitting.scale import absolute_errors

DEVIANCES = {"poisson_deviance": 1.0, "mean_poisson_deviance": 1.0, "gamma_deviance": 2.0, "mean_gamma_deviance": 2.0}


def value_loss(lowest: float) -> tuple[str, float]:
    """The kind and its number: "squared"; a "quantile" and which, a half for absolute errors; "tweedie" and its power.

    A power of 1 is Poisson's deviance, of 2 the gamma's; neither has a value for what is below 0, the gamma's none for 0.
    lowest: of the values that are fitted.
    """
    name, _, number = CONTRACT["metric"].partition("@")
    if name == "pinball":
        return "quantile", float(number)
    power = float(number) if name == "tweedie" else DEVIANCES.get(name)
    if power is not None:
        return ("tweedie", power) if lowest > 0 or (lowest == 0 and power < 2) else ("squared", 0.0)
    return ("quantile", 0.5) if absolute_errors() else ("squared", 0.0)
