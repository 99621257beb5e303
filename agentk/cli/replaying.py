"""`agentk replay`: a run told again, as recorded or with something changed, as a table of what was and what came out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agentk.agent.again.replaying import Replayed, Row, replay
from agentk.agent.session import find
from agentk.graph.folder import RunFolder
from agentk.graph.workbench import Workbench

if TYPE_CHECKING:
    from agentk.agent.again.varying import Varied

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


def replay_with(run: str, out: Path, changes: list[str], *, as_json: bool) -> int:
    """A new run like the recorded one but for the changes; prints both histories side by side, and where they part."""
    from agentk.agent.again.varying import recall, side_by_side, varied
    from agentk.cli.running import start_again

    folder = find(run, out)

    def tell(again: RunFolder, bench: Workbench) -> None:
        found = side_by_side(folder, again, bench.arena.referee.reused if bench.opened else set())
        if as_json:
            print(json.dumps(found.model_dump(mode="json") | {"parting": found.parting}))
        else:
            _print_histories(found)

    return start_again(varied(folder, changes, out), lambda bench: recall(bench, folder), tell, as_json=as_json)


def _print_histories(found: Varied) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="dim")
    for heading, justify in (("", "right"), ("recorded", "left"), ("", "right"), ("now", "left"), ("", "right"), ("", "left")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for step in found.steps:
        parts = step.number == found.parting
        mark = "they part here" if parts else "" if not step.same else "reused" if step.reused else "same"
        style = "bold yellow" if parts else "green" if step.same else ""
        cells = (Text(step.then or ""), _number(step.score_then), Text(step.now or ""), _number(step.score_now))
        table.add_row(f"#{step.number}", *cells, Text(mark, style=style))
    console = Console()
    console.print(table)
    reused = sum(step.reused for step in found.steps)
    where = "the histories never part" if found.parting is None else f"the histories part at attempt {found.parting}"
    console.print(f"{where}; {reused} of {len(found.steps)} attempts were judged again without being executed")


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
