"""Bounds: what memory could come to at most on a table of attempts, so that what it does come to can be judged."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from agentk.bench.memory.replay import CachedEmbedder, Course, Track
from agentk.memory.nested import NestedMemory
from agentk.memory.ram import RamShelf


def all_known(courses: Mapping[str, Course], budget: int) -> dict[str, Track]:
    """The playbook with a memory that has seen every cell of every other competition."""
    memory = NestedMemory(RamShelf(), CachedEmbedder())
    for name, course in courses.items():
        course.teach(memory, course.all_tried(), name)
    return {
        name: course.run(memory, budget=budget, seed=0, withhold=0.0, leave_out=True).track for name, course in courses.items()
    }


def best_order(courses: Mapping[str, Course], budget: int) -> dict[str, Track]:
    """The one order of all cells that, chosen in hindsight and greedily, gains most on all competitions together.

    No policy that does the same everywhere does much better; the first evaluation is the baseline's, as in every run.
    """
    every = {name: [cell for group in course.cells.values() for cell in group] for name, course in courses.items()}
    cells = {
        name: {(cell.recipe, cell.variant): course.normalized(cell.score) for cell in every[name]}
        for name, course in courses.items()
    }
    took = {name: {(cell.recipe, cell.variant): cell.seconds for cell in found} for name, found in every.items()}
    best, curves, spent = dict.fromkeys(cells, 0.0), {name: [0.0] for name in cells}, {name: [0.0] for name in cells}
    left = sorted({key for scores in cells.values() for key in scores})
    for _ in range(budget - 1):
        if left:
            key = max(left, key=lambda one: sum(max(best[name], scores.get(one, 0.0)) for name, scores in cells.items()))
            left.remove(key)
            best = {name: max(best[name], scores.get(key, 0.0)) for name, scores in cells.items()}
            for name, seconds in spent.items():
                seconds.append(seconds[-1] + took[name].get(key, 0.0))
        for name, curve in curves.items():
            curve.append(best[name])
    for seconds in spent.values():
        seconds.extend(seconds[-1:] * (budget - len(seconds)))
    return {name: Track(np.asarray(curve), np.asarray(spent[name])) for name, curve in curves.items()}
