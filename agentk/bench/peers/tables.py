"""The figures of a comparison as tables, on a terminal and as Markdown for the docs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentk.bench.peers.cells import Cell
from agentk.bench.peers.figures import Against, Kept, Reliability, TaskDifference
from agentk.settings import duration

if TYPE_CHECKING:
    from rich.console import Console

Rows = tuple[str, tuple[str, ...], list[tuple[str, ...]]]
"""Title, heads, cells."""


def line_of(cell: Cell, done: int, total: int) -> str:
    """A cell as plain text."""
    head = f"[{done}/{total}] {cell.task}, split {cell.split}, {duration(cell.budget)}: {cell.system}"
    if cell.score is None:
        return f"{head} has no score: {cell.reason}"
    return f"{head} {cell.metric} {cell.score:.5f} (constant {cell.constant:.5f}), {cell.working:.0f} s"


def against_rows(found: Sequence[Against]) -> Rows:
    """A line a peer and budget."""
    heads = ("against", "budget", "cells won", "tasks better", "surely better", "surely worse", "agentk, normalized", "peer")
    return (
        "agentk against its peers",
        heads,
        [
            (
                one.peer, duration(one.budget), f"{one.share:.0%} of {one.cells}", f"{one.tasks_better} of {one.tasks}",
                str(one.surely_better), str(one.surely_worse), f"{one.ours:.4f}", f"{one.theirs:.4f}",
            )
            for one in found
        ],
    )  # fmt: skip


def difference_rows(found: Sequence[TaskDifference]) -> Rows:
    """A line a task and peer."""
    heads = ("task", "metric", "against", "budget", "splits", "agentk", "peer", "gain", "90% interval")
    return (
        "task by task; a gain is positive where agentk is better",
        heads,
        [
            (
                one.task, one.metric, one.peer, duration(one.budget), str(one.splits), f"{one.ours:.5f}", f"{one.theirs:.5f}",
                f"{one.gain:+.5f}{'' if one.low <= 0 <= one.high else ' *'}", f"{one.low:+.5f} … {one.high:+.5f}",
            )
            for one in found
        ],
    )  # fmt: skip


def reliability_rows(found: Sequence[Reliability]) -> Rows:
    """Coverage of the reported intervals."""
    return (
        "test scores inside the 90% interval that agentk reported",
        ("test rows", "budget", "runs", "covered", "better than it said", "worse"),
        [
            (
                "of another time or group" if one.drifting else "like train", duration(one.budget), str(one.cells),
                f"{one.covered / one.cells:.0%}", str(one.above), str(one.below),
            )
            for one in found
        ],
    )  # fmt: skip


def kept_rows(found: Sequence[Kept]) -> Rows:
    """Failures and time."""
    return (
        "runs",
        ("system", "budget", "runs", "without a valid submission", "longest", "slots busy"),
        [
            (
                one.system,
                duration(one.budget),
                str(one.cells),
                str(one.failures),
                duration(one.longest),
                "" if one.busy is None else f"{one.busy:.0%}",
            )
            for one in found
        ],
    )


def markdown(rows: Rows) -> str:
    """A table for the docs."""
    _, heads, cells = rows
    lines = [heads, tuple("---" for _ in heads), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def show(rows: Rows, console: Console) -> None:
    """A table on a terminal."""
    from rich import box
    from rich.table import Table

    title, heads, cells = rows
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for at, head in enumerate(heads):
        table.add_column(head, justify="left" if at == 0 else "right", no_wrap=True)
    for line in cells:
        table.add_row(*line)
    console.print(table)
