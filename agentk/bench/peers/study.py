"""The comparison itself: cell after cell, one system at a time; what is done is kept and not done again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from agentk.bench.peers.cells import Cell, Cells
from agentk.bench.peers.systems import AGENTK, SYSTEMS, Caps, System, run_cell
from agentk.bench.peers.tasks import Split, Task, split, tasks
from agentk.errors import SettingError


@dataclass(frozen=True)
class Study:
    """What is compared with what."""

    out: Path  # cells.jsonl, splits and runs; a second study of the same folder goes on
    budgets: Sequence[float]  # seconds
    splits: int = 3
    systems: Sequence[str] = ("agentk", "autogluon", "flaml", "lightgbm")
    only: Sequence[str] = ()
    data: Path | None = None  # a folder of competitions
    answers: Path | None = None  # <name>.csv of their truth
    caps: Caps = field(default_factory=Caps.of_machine)

    def chosen(self) -> list[System]:
        """The systems by name. Raises SettingError when one is not known, or agentk is not among them."""
        if unknown := [name for name in self.systems if name not in SYSTEMS]:
            raise SettingError(f"--systems {', '.join(unknown)}: there are {', '.join(SYSTEMS)}")
        return [AGENTK, *(SYSTEMS[name] for name in self.systems if name != AGENTK.name)]


@dataclass(frozen=True)
class Planned:
    """A cell that is to be there."""

    system: System
    task: Task
    number: int
    budget: float


def planned(study: Study) -> list[Planned]:
    """All cells of a study: short budgets first, a first split of every task before the second of any, the systems side by side.

    A competition folder has one split, its own; further ones are further seeds of the systems on it.
    """
    return [
        Planned(system, task, number, budget)
        for budget in sorted(study.budgets)
        for number in range(study.splits)
        for task in tasks(study.data, study.answers, study.only)
        for system in study.chosen()
    ]


class Watcher:
    """Is told how a comparison goes; this one keeps quiet."""

    def starts(self, cell: Planned, done: int, total: int) -> None:
        """A system begins, `done` cells of `total` being there."""

    def cell(self, cell: Cell, done: int, total: int) -> None:
        """A cell is there, of this study or kept from before."""

    def says(self, line: str) -> None:
        """Something a person may want to know."""


def run_study(study: Study, watcher: Watcher | None = None) -> list[Cell]:
    """Runs what is not there yet and returns the cells of the study.

    Systems that cannot read a task's data (text, pictures) are left out of it. KeyboardInterrupt ends the system under way and
    passes on. Raises SettingError, CompetitionError, StoreError.
    """
    watcher = watcher or Watcher()
    wanted = planned(study)
    for system in study.chosen():
        if system.environment is not None:
            system.environment.make(watcher.says)
    kept = Cells(study.out / "cells.jsonl")
    place = splits_of(study)
    cells: list[Cell] = []
    for done, one in enumerate(wanted):
        cell = kept.done.get((one.task.name, one.number, one.system.name, one.budget))
        if cell is None:
            at = place(one.task.name, one.number)
            if at.modality not in one.system.reads:
                continue
            watcher.starts(one, done, len(wanted))
            kept.keep(cell := run_cell(one.system, at, one.budget, study.caps, study.out))
        cells.append(cell)
        watcher.cell(cell, done + 1, len(wanted))
    return cells


def splits_of(study: Study) -> Callable[[str, int], Split]:
    """Finds, or makes, a split by the task's name and its number."""
    by_name = {task.name: task for task in tasks(study.data, study.answers, study.only)}

    @cache
    def found(name: str, number: int) -> Split:
        return split(by_name[name], number, study.out / "splits")

    return found
