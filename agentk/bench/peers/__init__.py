"""`agentk bench peers`: the playbook against AutoGluon, FLAML and a tuned LightGBM, the same seconds, cores and splits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentk.bench.bar import FILE_WIDTH, Bar
from agentk.bench.peers import tables
from agentk.bench.peers.cells import Cell
from agentk.bench.peers.figures import against, differences, kept, reliability
from agentk.bench.peers.study import Planned, Study, Watcher, run_study, splits_of
from agentk.graph.folder import replace
from agentk.settings import duration
from agentk.types.competition import Frozen

if TYPE_CHECKING:
    from rich.console import Console


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
        table.width = FILE_WIDTH
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


class _Shown(Bar, Watcher):
    """Shows the cells as they end, and keeps them."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.cells: list[Cell] = []

    def starts(self, cell: Planned, done: int, total: int) -> None:
        self.runs(f"{cell.task.name}, split {cell.number}: {cell.system.name}, {duration(cell.budget)}", done, total)

    def cell(self, cell: Cell, done: int, total: int) -> None:
        self.cells.append(cell)
        self.ended(tables.line_of(cell, done, total), done, total)
