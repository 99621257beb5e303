"""A step as a card, for terminals and wherever plain text is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.panel import Panel

    from agentk.agent.steps import Section, Step

PROGRAM_LINES = 12
WIDTH = 110


def step_card(step: Step, *, whole: bool = False) -> Panel:
    """What was asked, answered, changed and remembered; the program cut to its beginning unless `whole`."""
    from rich.console import Group
    from rich.panel import Panel
    from rich.text import Text

    parts: list[RenderableType] = [Text(step.headline, style="bold")]
    for section in step.sections:
        parts += [Text(f"\n{section.title}", style="dim"), _body(section, whole=whole)]
    branch = "" if step.branch == "main" else f" · {step.branch}"
    title = Text(f"step {step.number} · {step.node}{branch}")
    return Panel(Group(*parts), title=title, title_align="left", border_style="cyan")


def _body(section: Section, *, whole: bool) -> RenderableType:
    from rich.syntax import Syntax
    from rich.table import Table
    from rich.text import Text

    if section.kind == "facts":
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="cyan", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in section.facts:
            grid.add_row(name, Text(value))
        return grid
    if section.kind != "code":
        return Text(section.text)
    lines = section.text.splitlines()
    shown = lines if whole else lines[:PROGRAM_LINES]
    rest = f"\n# … {len(lines) - len(shown)} more lines" if len(shown) < len(lines) else ""
    return Syntax("\n".join(shown) + rest, "python", background_color="default")


def plain(card: RenderableType) -> str:
    """Anything that rich can show, as text without color."""
    from io import StringIO

    from rich.console import Console

    console = Console(file=StringIO(), width=WIDTH, color_system=None, force_jupyter=False)
    console.print(card)
    return "\n".join(line.rstrip() for line in console.file.getvalue().rstrip().splitlines())  # type: ignore[attr-defined]
