"""The contract on one screen: what setup believes, why, and what it doubts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.panel import Panel

    from agentk.types.competition import Competition


def contract_panel(competition: Competition) -> Panel:
    """Task, target, metric, folds and why, files used, findings, doubts."""
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    classes = f", classes {', '.join(map(str, competition.classes[:12]))}" if competition.classes else ""
    grid.add_row("task", Text(f"{competition.task.value}: predict {', '.join(competition.targets[:8])}{classes}"))
    kinds = Counter(column.kind.value for column in competition.columns)
    columns = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    grid.add_row("data", f"{competition.rows:,} rows to learn from, {competition.test_rows:,} to predict; {columns}")
    files = [file.path for file in (competition.train, competition.test, competition.sample) if file is not None]
    grid.add_row("files", Text(", ".join(files)))
    grid.add_row("metric", competition.metric)
    validation = competition.validation
    by = f" by {validation.column}" if validation.column else ""
    grid.add_row("folds", Text(f"{validation.folds} {validation.scheme}{by}"))
    for reason in validation.reasons:
        grid.add_row("", Text(reason, style="dim"))
    for finding in competition.findings:
        grid.add_row("finding", Text(finding, style="yellow"))
    for doubt in competition.doubts:
        grid.add_row("doubt", Text(doubt, style="yellow"))
    return Panel(grid, title=Text(competition.name), title_align="left", border_style="cyan")
