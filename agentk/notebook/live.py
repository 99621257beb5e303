"""The live view: while a run works, a card in the notebook that renews itself; on a terminal, the command line's display."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from agentk.graph.journal import Line, read, real, whole
from agentk.notebook import html
from agentk.notebook.curve import Dot, curve
from agentk.settings import duration

if TYPE_CHECKING:
    from agentk.graph.workbench import Workbench

EVERY = 0.7
"""Seconds between two pictures."""
SHOWN = 10
NODES = ("setup", "plan", "code", "execute", "collect", "reflect", "tune", "blend", "submit")


def in_notebook() -> bool:
    """Whether outputs are shown by a kernel's front end, not by a terminal."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    shell = get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None


@contextmanager
def watched(bench: Workbench) -> Iterator[None]:
    """Shows the run while the context lasts; the bench's notices are given back at its end."""
    notice = bench.notice
    try:
        with _picture(bench) if in_notebook() else _terminal(bench):
            yield
    finally:
        bench.notice = notice


@contextmanager
def _terminal(bench: Workbench) -> Iterator[None]:
    from agentk.cli.screen.display import display_for

    display, shown = display_for(bench, live=sys.stderr.isatty())
    forget = bench.journal.listen(display.line)
    bench.notice = display.notice
    try:
        with shown():
            yield
    finally:
        forget()


@contextmanager
def _picture(bench: Workbench) -> Iterator[None]:
    from IPython.display import HTML, display

    at = ended_at(read(bench.folder.journal))
    here = ["setup", ""]

    def notice(node: str, text: str) -> None:
        here[:] = [node, text]

    bench.notice = notice
    handle: Any = display(HTML(picture(bench, here[0], here[1], at)), display_id=True)
    over = threading.Event()

    def renew() -> None:
        while not over.wait(EVERY):
            handle.update(HTML(picture(bench, here[0], here[1], at)))

    thread = threading.Thread(target=renew, name="agentk live view", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=2 * EVERY)
        handle.update(HTML(picture(bench, "", "", at)))


def ended_at(lines: Iterable[Line]) -> dict[int, float]:
    """By attempt: the seconds the run had worked when it ended."""
    return {whole(line["number"]): real(line["active_s"]) for line in lines if line["event"] == "attempt_finished"}


def picture(bench: Workbench, node: str, doing: str, at: dict[int, float]) -> str:
    """Where in the graph, the scores over time, the latest attempts, the time left. at: when each attempt was first seen."""
    from agentk.cli.screen.contract import headline

    ledger, active = bench.ledger, bench.clock.active()
    attempts = dict(ledger.attempts)
    for number in attempts:
        at.setdefault(number, active)
    direction = ledger.direction
    dots = [Dot(at[n], one.score, f"#{n} {one.name}", one.chosen) for n, one in sorted(attempts.items()) if one.score is not None]
    shown = sorted({*sorted(attempts)[-SHOWN:], *([ledger.best] if ledger.best is not None else [])})
    rows = [
        (
            f"{'★ ' if n == ledger.best else ''}{html.text(attempts[n].title)}",
            f"{attempts[n].score:.5f}" if attempts[n].score is not None else html.text(attempts[n].outcome.status.words),
            f"{attempts[n].seconds:.1f}",
        )
        for n in shown
    ]
    parts = [f"<div>{_way(node, doing)}</div>"]
    parts.append(curve(dots, direction, bench.arena.metric.name if bench.opened else ""))
    if rows:
        parts.append(html.table(("attempt", "score", "s"), rows))
    under_way = bench.pending() if bench.opened else []
    if under_way and node:
        parts.append(html.span("under way: " + ", ".join(f"#{n}" for n in under_way), f"color:{html.ACCENT}"))
    title = headline(bench) if bench.opened else "reading the competition"
    return html.card(title, *parts, side=_time(bench, active))


def _way(node: str, doing: str) -> str:
    lit = f"background:{html.ACCENT};color:white;border-radius:4px;padding:0 .4em"
    words = (html.span(name, lit if name == node else html.QUIET) for name in NODES)
    return " ".join(words) + (html.span(f" {doing}", "font-style:italic") if doing else "")


def _time(bench: Workbench, active: float) -> str:
    if bench.clock.budget is None:
        return f"{duration(active)} worked, {bench.ledger.counted} of {bench.setting.attempts} attempts"
    return f"{duration(max(0.0, bench.clock.budget - active))} left of {duration(bench.clock.budget)}"
