"""What samplers are measured on: real trials of real spaces, and a forest that answers for each space afterwards.

As in HPOBench (Eggensperger et al., NeurIPS Datasets and Benchmarks 2021), programs are run once on points spread over their
space, here by the referee; a forest learned from those trials then says what any other point would score, in a millisecond,
so that samplers can be compared over many seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agentk.bench.memory.table import Cell, Ground, Table, build, read_table
from agentk.errors import SettingError
from agentk.reasoning.recipes.catalogue import recipes_for
from agentk.reasoning.recipes.compose import compose
from agentk.tuning.dimensions import contains
from agentk.tuning.encoding import Encoding, Floats
from agentk.types.outcome import Status
from agentk.types.space import Params, Space, active, parse_space

TASKS = {
    "notes": ("text_linear",),
    "diabetes": ("lightgbm", "extra_trees", "kernel"),
    "breast-cancer": ("linear", "lightgbm"),
    "friedman": ("hist", "neighbors"),
    "patients": ("xgboost",),
}
"""Built-in competitions, and the recipes whose spaces are searched on each."""
ROWS, DRAWS = 240, 100
"""Training rows of a competition, at most; trials of a space beside the default and the recipe's own variants."""
TREES = 200
POOL = 4000  # points drawn anew, for what is usual and what can be had
WORST = 4.0  # losses are cut off so many times as far above the best as the median is: leaves are for telling good ones apart


@dataclass(frozen=True)
class Task:
    """A space, and what its points come to: a loss, in units of the distance from the best trial to their median."""

    name: str
    space: Space
    starts: tuple[Params, ...]  # the default, and the recipe's variants
    trials: int  # that were run
    fit: float  # rank correlation of the forest's out-of-bag values with the trials' losses
    loss: Callable[[Params], float]
    floor: float  # the least loss of the trials and of points drawn at random
    usual: float  # the median of points drawn at random


def make(out: Path, say: Callable[[str], None]) -> None:
    """Runs the trials that `out` does not hold yet; killed, it goes on."""
    sources = [(name, f"builtin:{name}") for name in TASKS]
    build(out, sources, rows=ROWS, draws=DRAWS, slots=2, say=say, only=TASKS)


def tasks(out: Path) -> list[Task]:
    """A task for each space of the table in `out`. Raises SettingError where there is none yet."""
    table = read_table(out)
    found = [
        task
        for name, recipes in TASKS.items()
        if name in table.grounds
        for task in _tasks_on(table, table.grounds[name], recipes)
    ]
    if not found:
        raise SettingError(f"{out} holds no trials of a whole competition yet: make them with --parts table first")
    return found


def _tasks_on(table: Table, ground: Ground, names: Sequence[str]) -> list[Task]:
    cells = table.of(ground.name)
    recipes = {recipe.name: recipe for recipe in recipes_for(ground.competition)}
    found = []
    for name in names:
        if name in cells and name in recipes:
            space = parse_space(compose(recipes[name].entry, ground.competition.contract()).source)
            inside = [cell for cell in cells[name] if _within(space, cell.params)]
            starts = [start for start in ({}, *recipes[name].variants.values()) if _within(space, start)]
            points = [cell.params for cell in inside]
            found.append(learned(f"{name} on {ground.name}", space, points, _losses(inside, ground), starts))
    return found


def _within(space: Space, params: Params) -> bool:
    """Whether a parameter set is a point of the space: a variant may name what a competition's columns leave no choice in."""
    return all(contains(space[name], value) for name, value in params.items() if name in space)


def _losses(cells: Sequence[Cell], ground: Ground) -> Floats:
    """Lower is better; what failed is infinitely bad."""
    sign = -1.0 if ground.direction == "maximize" else 1.0
    return np.array([sign * cell.score if cell.status is Status.SCORED and cell.score is not None else np.inf for cell in cells])


def learned(name: str, space: Space, points: Sequence[Params], losses: Floats, starts: Sequence[Params]) -> Task:
    """The task that a forest makes of trials. Losses may be infinite; what a point leaves out is the default."""
    from scipy.stats import spearmanr
    from sklearn.ensemble import RandomForestRegressor

    encoding = Encoding(space)
    places = np.array([encoding.places(active(space, point)) for point in points])
    low = losses.min()
    scale = float(np.median(losses[np.isfinite(losses)]) - low) or 1.0
    values = np.minimum((losses - low) / scale, WORST)
    forest = RandomForestRegressor(TREES, max_features=0.6, min_samples_leaf=2, oob_score=True, random_state=0, n_jobs=1)
    forest.fit(encoding.features(places), values)
    pool = forest.predict(encoding.features(np.random.default_rng(0).random((POOL, len(space)))))
    trees = [tree.tree_ for tree in forest.estimators_]

    def loss(params: Params) -> float:
        row = encoding.features(encoding.places(params)[None]).astype(np.float32)
        return float(np.mean([tree.predict(row)[0, 0] for tree in trees]))

    return Task(
        name=name,
        space=space,
        starts=tuple(starts),
        trials=len(points),
        fit=float(spearmanr(forest.oob_prediction_, values).statistic),
        loss=loss,
        floor=min(float(pool.min()), float(forest.predict(encoding.features(places)).min())),
        usual=float(np.median(pool)),
    )
