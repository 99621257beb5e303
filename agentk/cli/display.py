"""What a person sees while a run works: a live picture on a terminal, plain lines elsewhere. All of it on stderr."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from agentk.agent.summary import traps
from agentk.llms.record import call_of
from agentk.settings import duration
from agentk.types.outcome import Status
from agentk.types.wording import shortened

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from agentk.graph.journal import Line
    from agentk.graph.proposing import Proposing
    from agentk.graph.workbench import Workbench
    from agentk.types.attempt import Attempt

NODES = ("setup", "plan", "code", "execute", "collect", "reflect", "tune", "blend", "submit")
SHOWN = 14
"""Attempts of the tree that are shown: the best one's ancestors, then the latest."""
IDEA = 100
"""Characters of a plan's idea in a line."""


class Display(Protocol):
    """Follows a run through its journal lines and the notices of its nodes."""

    def line(self, line: Line) -> None:
        """A line was written to the journal."""

    def notice(self, node: str, text: str) -> None:
        """A node is at work, on what `text` says; without a node, what a model waits for."""


class PlainDisplay:
    """One line for everything a person would want to know later: for pipes, logs and CI."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def line(self, line: Line) -> None:
        """Prints what is worth a line."""
        if _is_set_up(line):
            _print_contract(self._bench)
        text = sentence(line, self._bench)
        if text:
            print(f"[{duration(float(str(line['active_s']))):>6}] {text}", file=sys.stderr, flush=True)

    def notice(self, node: str, text: str) -> None:
        """Nodes come and go unmentioned; what a model waits for is told."""
        if not node:
            print(f"[{duration(self._bench.clock.active()):>6}] {text}", file=sys.stderr, flush=True)


def _is_set_up(line: Line) -> bool:
    """Whether the last stage of setup has passed."""
    return line["event"] == "stage" and line["stage"] == "split"


def _print_contract(bench: Workbench, console: Console | None = None) -> None:
    """What setup believes, before the first fit."""
    from rich.console import Console

    from agentk.cli.contract import contract_panel
    from agentk.types.competition import Competition

    contract = (bench.folder.path / bench.competition_file).read_text()
    (console or Console(stderr=True)).print(contract_panel(Competition.model_validate_json(contract)))


def sentence(line: Line, bench: Workbench) -> str | None:
    """A journal line in words; None for one that a person need not see."""
    match line["event"]:
        case "stage":
            return _stage(line)
        case "traps":
            known = traps([line])
            return "memory knows of such files: " + " · ".join(known) if known else None
        case "attempt_finished":
            attempt = bench.ledger.attempts[int(str(line["number"]))]
            if attempt.kind == "blend" and attempt.outcome.status is Status.PRUNED:  # a mixture of one
                return None
            return f"{attempt.title}: {_result(attempt)}" + (f", {attempt.seconds:.1f}s" if attempt.seconds else "")
        case "model_call":
            call = call_of(line)
            told = call.error if call.reply is None else f"{call.reply.usage.prompt + call.reply.usage.reply:,} tokens"
            priced = "" if call.reply is None or not call.reply.cost else f", ${call.reply.cost:.4f}"
            took = "" if call.reply is None else f", {call.reply.seconds:.1f}s"
            return f"{call.name} was asked: {call.request.purpose}: {told}{priced}{took}"
        case "model_left":
            return f"the playbook goes on alone: {line['reason']}"
        case "explored":
            return f"a look at the data: {shortened(str(line['aim']), IDEA)}"
        case "smoke" if line["status"] != "scored":
            return f"on few rows, {shortened(str(line['idea']), IDEA)}: {line['status']}: {line['reason']}"
        case "answer" if isinstance(line["answer"], dict) and "refused" in line["answer"]:
            left = bench.proposing is not None and bench.proposing.colleagues.left is not None  # which says the same
            why = shortened(str(line["answer"]["refused"]), 3 * IDEA)
            return None if left else f"{line['giver']}: {line['node']} refused: {why}"
        case "submission_replaced":
            what = "a sound baseline" if line["number"] is None else f"#{line['number']}"
            return f"submission.csv is now {what}: {line['reason']}"
        case "run_finished":
            return f"finished: {line['stopped_by']}"
        case _:
            return None


def _stage(line: Line) -> str:
    if line["stage"] == "findings":
        found = line["findings"]
        return "looked for leaks and shifts: " + (
            "; ".join(map(str, found)) if isinstance(found, list) and found else "none found"
        )
    return f"setup: {line['stage']} ✓ ({line['tests']} tests)"


def _result(attempt: Attempt) -> str:
    if attempt.score is None:
        return f"{attempt.outcome.status.value.replace('_', ' ')}: {attempt.outcome.reason}"
    spread = "" if attempt.std is None else f" ± {attempt.std:.5f}"
    return f"{attempt.score:.5f}{spread}"


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
        if _is_set_up(line):
            _print_contract(self._bench, self._live.console)

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
            style = (
                "bold green"
                if number == ledger.best
                else ""
                if good
                else "red"
                if attempt.outcome.status.value not in ("pruned", "cancelled")
                else "dim"
            )
            name.stylize(style)
            note = "" if good else f"{attempt.outcome.status.value.replace('_', ' ')}: {attempt.outcome.reason}"
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


def headline(bench: Workbench) -> str:
    """The competition in one line."""
    competition, metric = bench.arena.competition, bench.arena.metric
    shape = f"{competition.rows:,} rows × {len(competition.columns)} columns"
    better = "higher" if metric.direction == "maximize" else "lower"
    weighed = f"; {competition.weighing}" if competition.weighing else ""
    folds = f"{competition.validation.folds} {competition.validation.scheme} folds"
    return f"{competition.name}: {competition.task.value}, {shape}, {metric.name} ({better} is better{weighed}), {folds}"


def display_for(bench: Workbench, *, live: bool) -> tuple[Display, Callable[[], AbstractContextManager[object]]]:
    """The display that fits, and the context it has to be shown in."""
    from contextlib import nullcontext

    if live:
        shown = LiveDisplay(bench)
        return shown, lambda: shown
    return PlainDisplay(bench), nullcontext
