"""What a person sees while a run works: a live picture on a terminal, plain lines elsewhere. All of it on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Protocol

from agentk.cli.screen.contract import print_contract
from agentk.cli.screen.live import LiveDisplay
from agentk.cli.screen.sentences import is_set_up, sentence
from agentk.graph.journal import Line, real
from agentk.settings import duration

if TYPE_CHECKING:
    from agentk.graph.workbench import Workbench


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
        if is_set_up(line):
            print_contract(self._bench)
        text = sentence(line, self._bench)
        if text:
            print(f"[{duration(real(line['active_s'])):>6}] {text}", file=sys.stderr, flush=True)

    def notice(self, node: str, text: str) -> None:
        """Nodes come and go unmentioned; what a model waits for is told."""
        if not node:
            print(f"[{duration(self._bench.clock.active()):>6}] {text}", file=sys.stderr, flush=True)


def display_for(bench: Workbench, *, live: bool) -> tuple[Display, Callable[[], AbstractContextManager[object]]]:
    """The display that fits, and the context it has to be shown in."""
    if live:
        shown = LiveDisplay(bench)
        return shown, lambda: shown
    return PlainDisplay(bench), nullcontext
