"""Points of a space as numbers: places between 0 and 1, and the features a model of the space is learned from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from agentk.types.space import ChoiceDimension, Dimension, IntDimension, Params, Space, Value, active

Floats = np.ndarray[Any, np.dtype[np.float64]]

INACTIVE = 0.5


class Encoding:
    """The places and features of a space's points.

    A place is one number a dimension: where its value lies in its range, on a log scale where the space has it; every choice
    and every whole number has an equal share of it. Features are what the place stands for: a number for a range, and one for
    each of several choices, 0 or 1. A dimension that is inactive stands in the middle, or at no choice, so that points that
    differ in it alone are one point.
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        self._names = list(space)
        self._first: list[int] = []  # of each dimension's features
        groups: list[int] = []
        for index, dimension in enumerate(space.values()):
            self._first.append(len(groups))
            groups += [index] * (len(dimension.choices) if isinstance(dimension, ChoiceDimension) else 1)
        self.groups = np.array(groups, dtype=int)
        """The dimension that each feature belongs to."""
        self.ranges = np.array([not isinstance(dimension, ChoiceDimension) for dimension in space.values()], dtype=bool)
        """Whether a dimension is a range, rather than a choice."""

    def places(self, params: Params) -> Floats:
        """Where a point lies, shape (dimensions,); inactive dimensions in the middle, values beyond a range at its end."""
        found = [_place(dimension, params[name]) if name in params else INACTIVE for name, dimension in self.space.items()]
        return np.array(found)

    def params(self, places: Sequence[float] | Floats) -> Params:
        """The point at these places, without inactive dimensions."""
        values: Params = {
            name: _value(dimension, float(place)) for (name, dimension), place in zip(self.space.items(), places, strict=True)
        }
        return active(self.space, values)

    def features(self, places: Floats) -> Floats:
        """What a model sees of points, shape (points, features), for places of shape (points, dimensions)."""
        found = np.zeros((len(places), len(self.groups)))
        shown: dict[str, tuple[Floats, Any]] = {}  # by dimension: its values' numbers, and which points it is active in
        for index, (name, dimension) in enumerate(self.space.items()):
            on = np.ones(len(places), dtype=bool)
            for parent, value in dimension.when.items():
                if parent not in shown:
                    on[:] = False
                else:
                    numbers, parents = shown[parent]
                    on &= parents & (numbers == _number(self.space[parent], value))
            first = self._first[index]
            numbers = _numbers(dimension, places[:, index])
            shown[name] = (numbers, on)
            if isinstance(dimension, ChoiceDimension):
                chosen = numbers[:, None] == np.arange(len(dimension.choices))
                found[:, first : first + len(dimension.choices)] = chosen & on[:, None]
            else:
                found[:, first] = np.where(on, _share(dimension, numbers), INACTIVE)
        return found


def _place(dimension: Dimension, value: Any) -> float:
    if isinstance(dimension, ChoiceDimension):
        return (dimension.choices.index(value) + 0.5) / len(dimension.choices)
    return float(np.clip(_share(dimension, np.array([float(value)]))[0], 0.0, 1.0))


def _value(dimension: Dimension, place: float) -> Value:
    number = float(_numbers(dimension, np.array([place]))[0])
    if isinstance(dimension, ChoiceDimension):
        return dimension.choices[int(number)]
    return int(number) if isinstance(dimension, IntDimension) else number


def _numbers(dimension: Dimension, places: Floats) -> Floats:
    """The values at places, as numbers: of a choice, which it is."""
    if isinstance(dimension, ChoiceDimension):
        return np.minimum(np.floor(places * len(dimension.choices)), len(dimension.choices) - 1)
    low, high = _ends(dimension)
    numbers = low * np.exp(places * math.log(high / low)) if dimension.log else low + places * (high - low)
    numbers = np.round(numbers) if isinstance(dimension, IntDimension) else numbers
    return np.clip(numbers, dimension.low, dimension.high)


def _number(dimension: Dimension, value: Value) -> float:
    """A value's number, as `_numbers` has it; that of no point where the dimension never has the value."""
    if isinstance(dimension, ChoiceDimension):
        return float(dimension.choices.index(value)) if value in dimension.choices else math.nan
    return float(value) if isinstance(value, int | float) else math.nan


def _share(dimension: Dimension, numbers: Floats) -> Floats:
    """Where numbers lie in a range."""
    assert not isinstance(dimension, ChoiceDimension)
    low, high = _ends(dimension)
    return np.log(numbers / low) / math.log(high / low) if dimension.log else (numbers - low) / (high - low)


def _ends(dimension: Dimension) -> tuple[float, float]:
    """The ends of a range; whole numbers get equal shares of it, the outermost ones too."""
    assert not isinstance(dimension, ChoiceDimension)
    half = 0.5 if isinstance(dimension, IntDimension) else 0.0
    return dimension.low - half, dimension.high + half
