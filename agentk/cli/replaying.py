"""`agentk replay`: a run told again, as a table of what was recorded and what came out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agentk.agent.replaying import replay
from agentk.agent.session import find

if TYPE_CHECKING:
    from agentk.agent.replaying import Replayed, Row

PARTED = 1
"""Exit code where something came out otherwise than recorded."""


def replay_run(run: str, out: Path, *, verify: bool, as_json: bool) -> int:
    """Replays and prints; the exit code says whether everything came out as recorded."""

    def tell(row: Row) -> None:
        what = "executed" if row.executed else "judged"
        print(f"#{row.number} {row.kind} {row.name}: {what} again", file=sys.stderr, flush=True)

    found = replay(find(run, out), verify=verify, tell=tell)
    if as_json:
        print(found.model_dump_json())
    else:
        _print(found)
    return 0 if found.same else PARTED


def _print(found: Replayed) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="dim")
    for heading, justify in (("attempt", "left"), ("recorded", "right"), ("again", "right"), ("chosen", "left"), ("", "left")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for row in found.rows:
        mark = Text("same", style="green") if row.same else Text(row.note or "differs", style="red")
        chosen = "★" if row.chosen_again else ""
        table.add_row(Text(f"#{row.number} {row.kind} {row.name}"), _number(row.score), _number(row.again), chosen, mark)
    console = Console()
    console.print(table)
    executed = sum(row.executed for row in found.rows)
    how = f"{executed} programs executed again" if found.verified else "judged again from its predictions"
    word = Text("the same submission, byte for byte", style="bold green")
    other = Text("another submission than the one recorded", style="bold red")
    console.print(word if found.submission_same else other, Text(f"({how}; sha256 {found.sha256[:16]}…)", style="dim"))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.6f}"
