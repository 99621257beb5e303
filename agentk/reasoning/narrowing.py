"""Narrowing: where in a recipe's space the parameters lie that won on other competitions; a first search keeps to that.

The smallest box around the best set of each earlier competition (Perrone et al. 2019, Learning search spaces for Bayesian
optimization, NeurIPS, section 3), each side a mean gap further out: what n values span falls short of where they come from by
about as much.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from agentk.reasoning.questions import Lesson
from agentk.types.space import ChoiceDimension, Params, Space, active

Bounds = dict[str, tuple[float, float]]
LEAST = 3
"""Competitions that must have told of a dimension; two only say that it varies."""


def narrowed(recipe: str, space: Space, lessons: Sequence[Lesson]) -> Bounds:
    """Of the dimensions that earlier competitions say enough of, bounds within those of the space; the rest is left out.

    Won has, on each of them, the set that earned most there, the recipe's defaults among them, if that was more than zero.
    """
    won: dict[str, tuple[float, Params]] = {}
    for lesson in lessons:
        params = lesson.payload.get("params", {})
        if lesson.kind in ("recipe", "params") and lesson.payload.get("recipe") == recipe and isinstance(params, dict):
            for competition, (reward, _) in lesson.record.items():
                if reward > won.get(competition, (0.0, {}))[0]:
                    won[competition] = (reward, params)
    winners = [active(space, params) for _, params in won.values()]
    found: Bounds = {}
    for name, dimension in space.items():
        if isinstance(dimension, ChoiceDimension):
            continue
        values = [
            float(value) for params in winners if isinstance(value := params.get(name), int | float) and value >= dimension.low
        ]
        if len(values) < LEAST or min(values) == max(values):
            continue
        places = [math.log(value) for value in values] if dimension.log else values
        gap = (max(places) - min(places)) / (len(places) - 1)
        ends = (min(places) - gap, max(places) + gap)
        low, high = map(math.exp, ends) if dimension.log else ends
        low, high = max(low, dimension.low), min(high, dimension.high)
        if dimension.low < low or high < dimension.high:
            found[name] = (low, high)
    return found
