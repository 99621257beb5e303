"""What races come to: normalized regret by sampler and number of trials, with intervals, as a table and a plot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from agentk.bench.samplers.races import MANNERS, TRIALS, Race
from agentk.bench.samplers.tasks import Task
from agentk.tuning.encoding import Floats
from agentk.tuning.samplers import SAMPLERS, Sampler
from agentk.types.competition import Frozen

AT = (10, 20, 30, 50)
"""Trials after which regret is told."""
RIVAL: Sampler = "tpe"
"""Optuna's own choice, which the others are held against."""
RESAMPLES = 2000
COVERAGE = 0.9
COLORS: dict[Sampler, str] = {
    "random": "#999999", "tpe": "#1f77b4", "cmaes": "#8c6d31", "gp": "#2ca02c", "mace": "#d62728",
}  # fmt: skip


class Interval(Frozen):
    """A mean over tasks and seeds; its 90% interval by bootstrap over tasks, and over the seeds of each."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} ({self.low:.3f} to {self.high:.3f})"


class Line(Frozen):
    """One sampler in one manner."""

    manner: str
    sampler: Sampler
    tasks: int
    seeds: int
    regret: tuple[Interval, ...]  # after each of `AT`
    over: tuple[Interval, ...]  # the regret less that of `RIVAL` on the same tasks and seeds; below zero is better
    ahead: int  # tasks on which it has less regret than `RIVAL` after the last of `AT`
    seconds: float  # a trial, on average
    curve: tuple[float, ...]  # mean regret after each trial


def lines(tasks: Sequence[Task], races: Sequence[Race]) -> list[Line]:
    """A line a manner and sampler, over the seeds whose races are there on every task."""
    table = _table(tasks, races)
    found = []
    for (manner, sampler), seeds in table.items():
        usual = table.get((manner, RIVAL), {})
        own = np.stack(list(seeds.values()))
        apart = np.array([regrets - usual[seed] for seed, regrets in seeds.items() if seed in usual])
        spent = [race.seconds / len(race.losses) for race in races if (race.manner, race.sampler) == (manner, sampler)]
        found.append(
            Line(
                manner=manner,
                sampler=sampler,
                tasks=len(tasks),
                seeds=len(own),
                regret=_intervals(own),
                over=_intervals(apart) if len(apart) else (),
                ahead=int((apart[:, :, AT[-1] - 1].mean(0) < 0).sum()) if len(apart) else 0,
                seconds=float(np.mean(spent)),
                curve=tuple(map(float, own.mean((0, 1)))),
            )
        )
    return found


def _table(tasks: Sequence[Task], races: Sequence[Race]) -> dict[tuple[str, Sampler], dict[int, Floats]]:
    """By manner and sampler, and by seed: regrets of shape (tasks, TRIALS).

    0 is the best that anything found on the task, 1 the median of points drawn at random.
    """
    best = {race.key: min(race.losses) for race in races}
    floors = [min([task.floor, *(loss for (name, *_), loss in best.items() if name == task.name)]) for task in tasks]
    by_key = {race.key: np.minimum.accumulate(np.array(race.losses)) for race in races}
    table: dict[tuple[str, Sampler], dict[int, Floats]] = {}
    for manner in MANNERS:
        for sampler in SAMPLERS:
            for seed in sorted({race.seed for race in races}):
                curves = [by_key.get((task.name, manner.name, sampler, seed)) for task in tasks]
                if all(curve is not None for curve in curves):
                    regrets = [
                        (_stretched(curve) - floor) / (task.usual - floor)
                        for task, curve, floor in zip(tasks, curves, floors, strict=True)
                        if curve is not None
                    ]
                    table.setdefault((manner.name, sampler), {})[seed] = np.stack(regrets)
    return table


def _stretched(curve: Floats) -> Floats:
    """To `TRIALS` values, where a space was exhausted before."""
    return np.concatenate([curve, np.full(TRIALS - len(curve), curve[-1])])


def _intervals(values: Floats) -> tuple[Interval, ...]:
    """Of values of shape (seeds, tasks, TRIALS), after each of `AT`."""
    rng = np.random.default_rng(0)
    values = values[:, :, [at - 1 for at in AT]]
    seeds, tasks, _ = values.shape
    drawn = np.array(
        [values[rng.integers(seeds, size=(seeds, tasks)), rng.integers(tasks, size=tasks)].mean((0, 1)) for _ in range(RESAMPLES)]
    )
    low, high = np.quantile(drawn, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2], axis=0)
    ends = zip(values.mean((0, 1)), low, high, strict=True)
    return tuple(Interval(mean=float(mean), low=float(down), high=float(up)) for mean, down, up in ends)


def markdown(tasks: Sequence[Task], found: Sequence[Line]) -> str:
    """The tables of samplers, one a manner, and the table of tasks."""
    heads = ("sampler", "seeds", *(f"after {at}" for at in AT), f"less {RIVAL}'s", "ahead on", "ms a trial")
    parts = []
    for manner in MANNERS:
        parts += [f"### {manner.name.capitalize()}\n", _row(heads), "|---" * len(heads) + "|"]
        parts += [_row(_cells(line)) for line in found if line.manner == manner.name]
        parts.append("")
    parts += ["### The spaces\n", "| recipe and competition | dimensions | trials | fit |", "|---|---|---|---|"]
    for task in tasks:
        free = sum(len(getattr(dimension, "choices", (0, 1))) > 1 for dimension in task.space.values())
        parts.append(_row((task.name, str(free), str(task.trials), f"{task.fit:.2f}")))
    return "\n".join(parts) + "\n"


def _cells(line: Line) -> tuple[str, ...]:
    told = line.sampler != RIVAL and bool(line.over)
    over = f"{line.over[-1].mean:+.3f} ({line.over[-1].low:+.3f} to {line.over[-1].high:+.3f})" if told else ""
    ahead = f"{line.ahead} of {line.tasks}" if told else ""
    return line.sampler, str(line.seeds), *map(str, line.regret), over, ahead, f"{1000 * line.seconds:.0f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def draw(found: Sequence[Line], path: Path) -> None:
    """Mean regret against trials, a panel a manner. Raises ModuleNotFoundError without matplotlib."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(MANNERS), figsize=(11, 4.2), sharey=True, layout="constrained")
    for axis, manner in zip(axes, MANNERS, strict=True):
        for line in found:
            if line.manner == manner.name:
                color = COLORS[line.sampler]
                axis.plot(range(1, TRIALS + 1), line.curve, color=color, label=f"{line.sampler}, {line.seeds} seeds")
                for at, interval in zip(AT, line.regret, strict=True):
                    axis.plot([at, at], [interval.low, interval.high], color=color, alpha=0.35, linewidth=4)
        axis.set(title=manner.name, xlabel="trials", yscale="log", xlim=(1, TRIALS))
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("normalized regret")
    axes[0].legend(frameon=False)
    figure.savefig(path, dpi=90)
    plt.close(figure)
