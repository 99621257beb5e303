"""A run on a terminal while it works: a picture that renews itself, of graph, tree, best score and time left."""

from __future__ import annotations

import os
import time
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from agentk.cli.screen.contract import headline, print_contract
from agentk.cli.screen.sentences import IDEA, is_set_up, sentence
from agentk.settings import duration
from agentk.types.wording import shortened

if TYPE_CHECKING:
    from rich.console import RenderableType

    from agentk.graph.journal import Line
    from agentk.graph.proposing import Proposing
    from agentk.graph.workbench import Workbench
    from agentk.types.attempt import Attempt

NODES = ("setup", "plan", "code", "execute", "collect", "reflect", "tune", "blend", "submit")
SHOWN = 14
"""Attempts of the tree that are shown: the best one's ancestors, then the latest."""


class LiveDisplay(AbstractContextManager["LiveDisplay"]):
    """Where in the graph the run is, the tree of attempts with scores as they come, the best so far, the time left."""

    def __init__(self, bench: Workbench) -> None:
        from rich.console import Console
        from rich.live import Live

        self._bench = bench
        self._node, self._text, self._since = "setup", "", time.monotonic()
        self._told = ""  # by a model, of what it waits for
        self._stages: list[str] = []
        self._live = Live(get_renderable=self._render, console=Console(stderr=True), refresh_per_second=6, transient=False)

    def __enter__(self) -> LiveDisplay:
        self._live.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._node = ""
        self._live.__exit__(kind, error, trace)

    def line(self, line: Line) -> None:
        """Takes note of the stages; everything else is read from the ledger."""
        if line["event"] == "stage":
            self._stages.append(str(line["stage"]))
        if line["event"] == "traps" and (told := sentence(line, self._bench)) is not None:
            self._live.console.print(told, style="yellow", markup=False)
        if is_set_up(line):
            print_contract(self._bench, self._live.console)

    def notice(self, node: str, text: str) -> None:
        """The node that is at work, and on what."""
        if not node:
            self._told = text
            return
        if node != self._node:
            self._since = time.monotonic()
        self._node, self._text = node, shortened(text, IDEA)

    def _render(self) -> RenderableType:
        from rich.console import Group
        from rich.panel import Panel
        from rich.text import Text

        bench = self._bench
        parts: list[RenderableType] = []
        if bench.opened:
            parts.append(Text(headline(bench), style="bold"))
        else:
            parts.append(Text("reading the competition: " + " → ".join(self._stages) + " …", style="bold"))
        parts.append(self._path())
        parts.append(Text(""))
        parts.extend(self._tree())
        parts.append(Text(""))
        if bench.proposing is not None:
            parts.append(self._model(bench.proposing))
        parts.append(self._time())
        return Panel(
            Group(*parts),
            title="agentk",
            title_align="left",
            border_style="cyan",
            subtitle=Text(str(bench.folder.path)),
            subtitle_align="right",
        )

    def _path(self) -> RenderableType:
        from rich.text import Text

        text = Text()
        for node in NODES:
            text.append(f" {node} ", style="black on cyan" if node == self._node else "dim")
        if self._text:
            text.append(f"  {self._text}", style="italic")
        return text

    def _tree(self) -> list[RenderableType]:
        from rich.table import Table
        from rich.text import Text

        ledger = self._bench.ledger
        attempts = ledger.attempts
        if not attempts and not self._bench.opened:
            return [Text("no attempt yet", style="dim")]
        table = Table(box=None, padding=(0, 1), show_header=True, header_style="dim")
        for heading, justify in (("attempt", "left"), ("score", "right"), ("± folds", "right"), ("s", "right"), ("", "left")):
            table.add_column(heading, justify=justify, no_wrap=heading != "", overflow="ellipsis")  # type: ignore[arg-type]
        shown = self._shown()
        if len(shown) < len(attempts):
            table.add_row(Text(f"… {len(attempts) - len(shown)} more", style="dim"))
        for number in shown:
            attempt = attempts[number]
            mark = "★" if number == ledger.best else " "
            depth = _depth(attempt, attempts)
            name = Text(f"{mark} {'  ' * depth}{'└ ' if depth else ''}{attempt.title}")
            good = attempt.score is not None
            style = "bold green" if number == ledger.best else "" if good else "red" if attempt.outcome.status.at_fault else "dim"
            name.stylize(style)
            note = "" if good else f"{attempt.outcome.status.words}: {attempt.outcome.reason}"
            table.add_row(
                name,
                Text(f"{attempt.score:.5f}" if good else "–", style=style),
                Text(f"{attempt.std:.5f}" if attempt.std is not None else "", style="dim"),
                f"{attempt.seconds:.1f}",
                Text(note or (f"{attempt.trials} trials" if attempt.trials else ""), style="dim"),
            )
        pending = self._bench.pending() if self._bench.opened else []
        if pending:
            names = ", ".join(f"#{number}" for number in pending)
            table.add_row(Text(f"  ⋯ under way: {names}", style="cyan"))
        return [table]

    def _shown(self) -> list[int]:
        attempts, best = self._bench.ledger.attempts, self._bench.ledger.best
        chosen: set[int] = set()
        while best is not None and len(chosen) < SHOWN // 3:
            chosen.add(best)
            best = attempts[best].parent
        for number in sorted(attempts, reverse=True):
            if len(chosen) >= SHOWN:
                break
            chosen.add(number)
        return sorted(chosen)

    def _model(self, proposing: Proposing) -> RenderableType:
        from rich.text import Text

        from agentk.agent.models import spent_in_words

        text = Text(no_wrap=True, overflow="ellipsis")
        doing, left = proposing.doing, proposing.colleagues.left
        if left is not None:
            text.append(f"the playbook goes on alone: {left}", style="yellow")
        elif doing is not None:
            text.append(f"asking {_near(proposing.model.name)} for {doing[0]} … {doing[1]:.0f} s", style="magenta")
        else:
            text.append(_near(proposing.model.name), style="magenta")
        if left is None:
            text.append(f"  {_near(self._told)}" if doing is not None and self._told else "", style="dim")
            text.append(f"  ·  {spent_in_words(self._bench.ledger.spent)}", style="dim")
        return text

    def _time(self) -> RenderableType:
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        bench = self._bench
        row = Table.grid(padding=(0, 2))
        active, budget = bench.clock.active(), bench.clock.budget
        best = bench.ledger.attempts.get(bench.ledger.best) if bench.ledger.best is not None else None
        told = (
            f"best {best.score:.5f}"
            if best is not None and best.score is not None
            else "best: a sound baseline"
            if bench.opened
            else ""
        )
        if budget is None:
            limit = bench.setting.attempts
            row.add_row(
                Text(f"{duration(active)} worked, {bench.ledger.counted} of {limit} attempts"),
                Text(told, style="bold green"),
            )
        else:
            bar = ProgressBar(total=budget, completed=min(active, budget), width=36)
            row.add_row(
                bar, Text(f"{duration(max(0.0, budget - active))} left of {duration(budget)}"), Text(told, style="bold green")
            )
        return row


def _near(text: str) -> str:
    """A text with paths as they are called from here."""
    return text.replace(f"{Path.cwd()}{os.sep}", "")


def _depth(attempt: Attempt, attempts: dict[int, Attempt]) -> int:
    depth = 0
    while attempt.parent is not None and attempt.parent in attempts and depth < 6:
        attempt, depth = attempts[attempt.parent], depth + 1
    return depth
