"""Dimensions of a space, as Optuna knows them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from agentk.types.space import ChoiceDimension, Dimension, FloatDimension, Value

if TYPE_CHECKING:
    import optuna


def suggest(trial: optuna.trial.Trial, name: str, dimension: Dimension) -> Value:
    """Lets an open trial of Optuna's draw a value."""
    if isinstance(dimension, ChoiceDimension):
        return trial.suggest_categorical(name, dimension.choices)
    if isinstance(dimension, FloatDimension):
        return trial.suggest_float(name, dimension.low, dimension.high, log=dimension.log)
    return trial.suggest_int(name, dimension.low, dimension.high, log=dimension.log)


def distribution(dimension: Dimension) -> optuna.distributions.BaseDistribution:
    """The dimension as Optuna spells it."""
    from optuna import distributions

    if isinstance(dimension, ChoiceDimension):
        return distributions.CategoricalDistribution(dimension.choices)
    if isinstance(dimension, FloatDimension):
        return distributions.FloatDistribution(dimension.low, dimension.high, log=dimension.log)
    return distributions.IntDistribution(dimension.low, dimension.high, log=dimension.log)


def narrower(dimension: Dimension, low: float, high: float) -> Dimension:
    """The part of a range that lies between `low` and `high`; all of it where there is no more than a point, or no range."""
    if isinstance(dimension, ChoiceDimension):
        return dimension
    whole = not isinstance(dimension, FloatDimension)
    low, high = max(math.ceil(low) if whole else low, dimension.low), min(math.floor(high) if whole else high, dimension.high)
    if not low < high:
        return dimension
    return dimension.model_copy(update={"low": low, "high": high, "default": min(max(dimension.default, low), high)})


def contains(dimension: Dimension, value: object) -> bool:
    """Whether a value lies within the dimension."""
    if isinstance(dimension, ChoiceDimension):
        return value in dimension.choices
    if not isinstance(value, int | float) or not dimension.low <= value <= dimension.high:
        return False
    return isinstance(dimension, FloatDimension) or float(value).is_integer()
