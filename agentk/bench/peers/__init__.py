"""`agentk bench peers`: the playbook against AutoGluon, FLAML and a tuned LightGBM, the same seconds, cores and splits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from agentk.bench.peers import tables
from agentk.bench.peers.cells import Cell
from agentk.bench.peers.figures import against, differences, kept, reliability
from agentk.bench.peers.study import Planned, Study, Watcher, run_study, splits_of
from agentk.graph.folder import replace
from agentk.settings import duration
from agentk.types.competition import Frozen

if TYPE_CHECKING:
    from rich.console import Console

_FILE_WIDTH = 180  # columns of a table that goes to a file or a pipe


def bench_peers(study: Study, progress: Console, table: Console) -> list[Cell]:
    """Runs the study and writes figures.json, peers.md and peers.png into its folder; after Ctrl-C too.

    Raises as `run_study` does.
    """
    shown = _Shown(progress)
    try:
        with shown:
            return run_study(study, shown)
    finally:
        if shown.cells:
            summarize(study, shown.cells, progress, table)


def summarize(study: Study, cells: Sequence[Cell], progress: Console, table: Console) -> None:
    """What the cells come to, on `table` and as files."""
    splits = splits_of(study)
    with progress.status("drawing test rows anew for the intervals"):
        each = differences(cells, lambda cell: splits(cell.task, cell.split), study.out)
    by_peer, covered, runs = against(cells, each), reliability(cells), kept(cells)
    figures: dict[str, Sequence[Frozen]] = {"against": by_peer, "tasks": each, "coverage": covered, "runs": runs}
    versions = {system.name: system.environment.versions() for system in study.chosen() if system.environment is not None}
    told = {name: [one.model_dump() for one in found] for name, found in figures.items()}
    replace(study.out / "figures.json", json.dumps({**told, "versions": versions}, indent=1) + "\n")
    rows = [tables.against_rows(by_peer), tables.difference_rows(each), tables.reliability_rows(covered), tables.kept_rows(runs)]
    replace(study.out / "peers.md", "\n\n".join(f"**{one[0]}**\n\n{tables.markdown(one)}" for one in rows if one[2]) + "\n")
    if not table.is_terminal:
        table.width = _FILE_WIDTH
    for one in rows:
        if one[2]:
            tables.show(one, table)
    try:
        from agentk.bench.peers.plot import draw

        draw(cells, study.out / "peers.png")
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        progress.print('no figure: matplotlib is missing, pip install "agentk[plots]"')
    progress.print(f"figures, tables and the plot: {study.out}")


class _Shown(Watcher, AbstractContextManager["_Shown"]):
    """A bar over the cells, below it what runs and how long all will take; plain lines where the console is no terminal."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self.cells: list[Cell] = []
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._console = console
        self._task = self._progress.add_task("")

    def __enter__(self) -> _Shown:
        self._progress.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self._progress.stop()

    def starts(self, cell: Planned, done: int, total: int) -> None:
        what = f"{cell.task.name}, split {cell.number}: {cell.system.name}, {duration(cell.budget)}"
        self._progress.update(self._task, description=what, completed=done, total=total)

    def cell(self, cell: Cell, done: int, total: int) -> None:
        self.cells.append(cell)
        self.says(tables.line_of(cell, done, total))
        self._progress.update(self._task, completed=done, total=total)

    def says(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
