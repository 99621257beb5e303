"""The contract on one screen, with what setup believes, why, and what it doubts; and in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentk.types.metric import better_way

if TYPE_CHECKING:
    from rich.console import Console
    from rich.panel import Panel

    from agentk.graph.workbench import Workbench
    from agentk.types.competition import Competition


def contract_panel(competition: Competition) -> Panel:
    """Task, target, metric, folds and why, files used and unused, findings, doubts."""
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    from agentk.competitions.account import account

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for row in account(competition):
        grid.add_row(row.about, Text(row.words, style="yellow" if row.doubtful else "dim" if not row.about else ""))
    return Panel(grid, title=Text(competition.name), title_align="left", border_style="cyan")


def print_contract(bench: Workbench, console: Console | None = None) -> None:
    """The panel of a run's competition, on stderr unless a console is given."""
    from rich.console import Console

    competition = bench.folder.read_contract()
    assert competition is not None, "setup has just ended"
    (console or Console(stderr=True)).print(contract_panel(competition))


def headline(bench: Workbench) -> str:
    """The competition in one line."""
    competition, metric = bench.arena.competition, bench.arena.metric
    shape = f"{competition.rows:,} rows × {len(competition.columns)} columns"
    if competition.pixels is not None:
        shape = f"{competition.rows:,} pictures of {competition.pixels.words}"
    better = better_way(metric.direction)
    weighed = f"; {competition.weighing}" if competition.weighing else ""
    folds = f"{competition.validation.folds} {competition.validation.scheme} folds"
    return f"{competition.name}: {competition.task.value}, {shape}, {metric.name} ({better} is better{weighed}), {folds}"
