"""What the cells of a comparison come to: normalized scores, wins, differences with their intervals, coverage, failures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from agentk.agent.ending.grader import read_submission
from agentk.bench.paired import Difference, drawn_gains
from agentk.bench.peers.cells import Cell
from agentk.bench.peers.tasks import Split
from agentk.types.competition import Frozen
from agentk.types.metric import Array

OURS = "agentk"
COVERAGE = 0.9  # of every interval


class TaskDifference(Frozen):
    """agentk against one peer on one task: the mean over its splits, positive when agentk is better."""

    task: str
    peer: str
    budget: float
    metric: str
    splits: int  # on which both have a score
    ours: float
    theirs: float
    gain: float  # in the metric's unit
    low: float  # 90% interval: bootstrap over the test rows of every split
    high: float


class Against(Frozen):
    """agentk against one peer, over all tasks with the same budget."""

    peer: str
    budget: float
    cells: int  # splits of tasks; one without a score loses to one with a score
    wins: int
    ties: int
    tasks: int
    tasks_better: int  # by the mean over their splits
    surely_better: int  # the whole interval is
    surely_worse: int
    ours: float  # mean normalized score where the peer can take part
    theirs: float

    @property
    def share(self) -> float:
        """Of the cells won, a tie being half a win."""
        return (self.wins + self.ties / 2) / self.cells


class Reliability(Frozen):
    """Whether test scores fell into the intervals that agentk reported."""

    budget: float
    drifting: bool
    cells: int
    covered: int
    above: int  # better than the interval said
    below: int  # worse


class Kept(Frozen):
    """How a system kept to its terms."""

    system: str
    budget: float
    cells: int
    failures: int  # without a valid answer
    longest: float  # seconds that its clock ran
    busy: float | None  # share of slot time in which agentk's programs ran, the mean


def normalized(cells: Iterable[Cell]) -> dict[tuple[str, int, str, float], float]:
    """By key of cell: 0 is the score of predictions that know nothing of the rows, 1 the best score that any of the systems had
    on that split with that budget. Where nobody beat the former, all that equal it have 0."""
    found = {}
    for _, group in groupby(sorted(cells, key=_contest), key=_contest):
        rivals = list(group)
        gains = [cell.lead for cell in rivals]
        best = max(gains)
        for cell, own in zip(rivals, gains, strict=True):
            found[cell.key] = own / best if best > 0 else min(own, 0.0)
    return found


def against(cells: Sequence[Cell], differences: Sequence[TaskDifference]) -> list[Against]:
    """A line a peer and budget."""
    scale = normalized(cells)
    ours = {_contest(cell): cell for cell in cells if cell.system == OURS}
    found = []
    for peer, budget in sorted({(cell.system, cell.budget) for cell in cells if cell.system != OURS}):
        pairs = [
            (ours[_contest(cell)], cell)
            for cell in cells
            if cell.system == peer and cell.budget == budget and _contest(cell) in ours
        ]
        if not pairs:
            continue
        leads = [own.lead - other.lead for own, other in pairs]
        own_tasks = [one for one in differences if one.peer == peer and one.budget == budget]
        found.append(
            Against(
                peer=peer, budget=budget, cells=len(pairs), wins=sum(lead > 0 for lead in leads),
                ties=sum(lead == 0 for lead in leads), tasks=len(own_tasks), tasks_better=sum(one.gain > 0 for one in own_tasks),
                surely_better=sum(one.low > 0 for one in own_tasks), surely_worse=sum(one.high < 0 for one in own_tasks),
                ours=_by_task((own.task, scale[own.key]) for own, _ in pairs),
                theirs=_by_task((other.task, scale[other.key]) for _, other in pairs),
            )
        )  # fmt: skip
    return found


def differences(cells: Sequence[Cell], split: Callable[[Cell], Split], out: Path, resamples: int = 500) -> list[TaskDifference]:
    """A line a task, peer and budget, where both have a score on at least one split.

    out: the results' folder, with the submissions. Each split's test rows are drawn with replacement by themselves, both systems
    scored on the same rows; the intervals are those of the mean over splits.
    """
    ours = {_contest(cell): cell for cell in cells if cell.system == OURS and cell.score is not None}
    theirs = sorted(
        (cell for cell in cells if cell.system != OURS and cell.score is not None and _contest(cell) in ours),
        key=lambda cell: (cell.budget, cell.system, cell.task, cell.split),
    )

    def drawn(own: Cell, other: Cell) -> tuple[float, Array]:
        grader = split(own).grader
        one, two = (grader.answer(read_submission(out / cell.submission)) for cell in (own, other))
        gains = drawn_gains(grader.metric, grader.truth, one, two, grader.weights, seed=own.split, resamples=resamples)
        return own.lead - other.lead, gains

    found = []
    for (budget, peer, task), group in groupby(theirs, key=lambda cell: (cell.budget, cell.system, cell.task)):
        pairs = [(ours[_contest(cell)], cell) for cell in group]
        mean = mean_difference([drawn(own, other) for own, other in pairs])
        found.append(
            TaskDifference(
                task=task, peer=peer, budget=budget, metric=pairs[0][0].metric, splits=len(pairs),
                ours=float(np.mean([own.score for own, _ in pairs])), theirs=float(np.mean([other.score for _, other in pairs])),
                gain=mean.gain, low=mean.low, high=mean.high,
            )
        )  # fmt: skip
    return found


def mean_difference(splits: Sequence[tuple[float, Array]]) -> Difference:
    """The mean over splits of (gain, its resamples), with the interval of that mean: splits are drawn independently."""
    count = min(len(drawn) for _, drawn in splits)
    draws = np.mean([drawn[:count] for _, drawn in splits], axis=0)
    low, high = np.quantile(draws, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return Difference(float(np.mean([found for found, _ in splits])), float(low), float(high))


def reliability(cells: Iterable[Cell]) -> list[Reliability]:
    """How often the test score lay in the interval, drifting tasks apart."""
    found = []
    told = [cell for cell in cells if cell.interval is not None and cell.score is not None]
    for budget, drifting in sorted({(cell.budget, cell.drifting) for cell in told}):
        group = [cell for cell in told if (cell.budget, cell.drifting) == (budget, drifting)]
        sides = [_side(cell) for cell in group]
        found.append(
            Reliability(
                budget=budget, drifting=drifting, cells=len(group), covered=sides.count(0), above=sides.count(1),
                below=sides.count(-1),
            )
        )  # fmt: skip
    return found


def kept(cells: Iterable[Cell]) -> list[Kept]:
    """A line a system and budget."""
    every = list(cells)
    found = []
    for system, budget in sorted({(cell.system, cell.budget) for cell in every}):
        own = [cell for cell in every if (cell.system, cell.budget) == (system, budget)]
        busy = [cell.occupancy for cell in own if cell.occupancy is not None]
        found.append(
            Kept(
                system=system, budget=budget, cells=len(own), failures=sum(cell.score is None for cell in own),
                longest=max(cell.working for cell in own), busy=float(np.mean(busy)) if busy else None,
            )
        )  # fmt: skip
    return found


def _contest(cell: Cell) -> tuple[str, int, float]:
    """What systems are compared on."""
    return cell.task, cell.split, cell.budget


def _side(cell: Cell) -> int:
    """0 inside the interval, 1 better than it said, -1 worse."""
    assert cell.interval is not None and cell.score is not None
    low, high = cell.interval
    if low <= cell.score <= high:
        return 0
    return 1 if (cell.score > high) == (cell.direction == "maximize") else -1


def _by_task(values: Iterable[tuple[str, float]]) -> float:
    """The mean over tasks of the means over their splits."""
    by_task: dict[str, list[float]] = {}
    for task, value in values:
        by_task.setdefault(task, []).append(value)
    return float(np.mean([np.mean(own) for own in by_task.values()]))
