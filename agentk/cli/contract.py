"""The contract on one screen: what setup believes, why, and what it doubts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.panel import Panel

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
