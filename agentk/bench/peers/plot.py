"""The anytime curve: the score that each system would have handed in after so many seconds, all systems, all tasks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from agentk.bench.peers.cells import Cell
from agentk.settings import duration
from agentk.types.metric import Array

_COLORS = {"agentk": "#d62728", "autogluon": "#1f77b4", "autogluon_medium": "#7fb3dd", "flaml": "#2ca02c", "lightgbm": "#8c6d31"}
_TICKS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)  # seconds
_COLUMNS = 5
_POINTS = 120


def draw(cells: Sequence[Cell], path: Path) -> None:
    """Draws the mean over all tasks, and below it each task. Raises ModuleNotFoundError without matplotlib.

    agentk's and LightGBM's lines follow the submissions there were; a peer that answers once, at its end, has a step a budget.
    """
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    names = sorted({cell.task for cell in cells})
    grid = curves(cells)
    height = 1 + -(-len(names) // _COLUMNS)
    figure = plt.figure(figsize=(3.1 * _COLUMNS, 2.3 * (height + 1)), layout="constrained")
    space = figure.add_gridspec(height + 1, _COLUMNS)
    every = figure.add_subplot(space[:2, :])
    _lines(every, {system: mean_of(by_task) for system, by_task in grid.items()}, marked=True)
    every.set(title=f"mean over {len(names)} tasks", ylabel="normalized score", xlabel="seconds")
    every.legend(frameon=False, loc="upper left")
    for at, name in enumerate(names):
        axis = figure.add_subplot(space[2 + at // _COLUMNS, at % _COLUMNS])
        _lines(axis, {system: by_task[name] for system, by_task in grid.items() if name in by_task}, marked=False)
        axis.set_title(name[:28], fontsize=9)
        axis.tick_params(labelsize=7)
    figure.savefig(path, dpi=100)
    plt.close(figure)


Curve = tuple[Array, Array]  # seconds; normalized scores, nan before the first answer


def curves(cells: Sequence[Cell]) -> dict[str, dict[str, Curve]]:
    """By system and task: the mean over splits. 0 is the constant's score, 1 the best score at the end of the longest budget."""
    end = max(cell.budget for cell in cells)
    seconds = np.geomspace(1.0, end, _POINTS)
    found: dict[str, dict[str, list[Array]]] = {}
    for _, group in groupby(sorted(cells, key=_split), key=_split):
        rivals = list(group)
        best = max(cell.lead for cell in rivals)
        if best <= 0:
            continue
        for system in {cell.system for cell in rivals}:
            own = [cell for cell in rivals if cell.system == system]
            line = np.full(_POINTS, np.nan)
            for cell in sorted(own, key=lambda cell: cell.budget):
                for at, score in cell.curve:  # what was a little late counts as in time
                    line[seconds >= min(at, cell.budget) - 1e-9] = cell.over_constant(score) / best
            found.setdefault(system, {}).setdefault(rivals[0].task, []).append(line)
    return {
        system: {task: (seconds, np.mean(lines, axis=0)) for task, lines in by_task.items()} for system, by_task in found.items()
    }


def mean_of(by_task: dict[str, Curve]) -> Curve:
    """The mean over tasks, nothing handed in counting as a score of 0."""
    lines = [np.nan_to_num(line) for _, line in by_task.values()]
    return next(iter(by_task.values()))[0], np.mean(lines, axis=0)


def _split(cell: Cell) -> tuple[str, int]:
    return cell.task, cell.split


def _lines(axis, lines: dict[str, Curve], *, marked: bool) -> None:  # type: ignore[no-untyped-def]
    for system, (seconds, line) in sorted(lines.items()):
        axis.step(
            seconds, line, where="post", color=_COLORS.get(system), label=system if marked else None,
            linewidth=2.0 if system == "agentk" else 1.2,
        )  # fmt: skip
        axis.plot(seconds[-1], line[-1], "o", color=_COLORS.get(system), markersize=5 if marked else 3, clip_on=False)
    shown = np.concatenate([line[np.isfinite(line)] for _, line in lines.values()] or [np.zeros(1)])
    if len(shown):
        axis.set_ylim(max(-0.2, min(float(np.nanmin(shown)), 0.9)), 1.03)
    axis.set_xscale("log")
    end = next(iter(lines.values()))[0][-1]
    ticks = [tick for tick in _TICKS if tick <= end]
    axis.set_xticks(ticks if marked else ticks[-5::2], [duration(tick) for tick in (ticks if marked else ticks[-5::2])])
    axis.set_xticks([], minor=True)
    axis.grid(alpha=0.3)
