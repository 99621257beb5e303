"""The results as a table on a terminal, and one line a row as they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentk.bench.results import Result
from agentk.settings import duration

if TYPE_CHECKING:
    from rich.table import Table


def table_of(rows: Sequence[Result]) -> Table:
    """One line a row; the reference's columns only where there is one."""
    from rich import box
    from rich.table import Table

    seeds = len({row.seed for row in rows}) > 1
    compared = any(row.gain is not None for row in rows)
    graded = sum(row.score is not None for row in rows)
    table = Table(title=f"{graded} of {len(rows)} graded", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("competition", overflow="fold")
    for name, shown in [("seed", seeds), ("metric", True), ("score", True), ("baseline", True), ("sample", True), ("cv", True)]:
        if shown:
            table.add_column(name, justify="left" if name == "metric" else "right", no_wrap=True)
    for name, shown in [
        ("gain", compared),
        ("90% interval", compared),
        ("seconds", True),
        ("first", True),
        ("tries", True),
        ("failed", True),
    ]:
        if shown:
            table.add_column(name, justify="right", no_wrap=True)
    table.add_column("memory", justify="right", no_wrap=True)
    table.add_column("busy", justify="right", no_wrap=True)
    for row in rows:
        cells = [row.competition, *([str(row.seed)] if seeds else []), _arrow(row), f"[bold]{_number(row.score)}[/]"]
        cells += [_number(row.baseline), _number(row.sample), _number(row.cv_score)]
        cells += [_gain(row), _interval(row)] if compared else []
        cells += [
            duration(row.seconds),
            "" if row.first_seconds is None else f"{row.first_seconds:.1f}s",
            str(row.attempts),
            str(row.failed),
        ]
        cells.append(f"{row.memory / 2**30:.1f} GB" if row.memory else "")
        cells.append("" if row.occupancy is None else f"{row.occupancy:.0%}")
        table.add_row(*cells)
        if row.score is None:
            table.add_row(f"[red]{_escaped(row.reason)}[/]")
    return table


def line_of(row: Result, done: int, total: int) -> str:
    """A row as plain text."""
    head = f"[{done}/{total}] {row.competition}, seed {row.seed}: "
    if row.score is None:
        return f"{head}no score, {row.reason}"
    compared = "" if row.gain is None else f", {row.gain:+.5f} ({_interval(row)}) over the reference"
    return (
        f"{head}{row.metric} {row.score:.5f} (baseline {_number(row.baseline)}, sample {_number(row.sample)}){compared}; "
        f"{duration(row.seconds)}, {row.attempts} attempts, {row.failed} failed"
    )


def _arrow(row: Result) -> str:
    return f"{row.metric} {'↑' if row.direction == 'maximize' else '↓'}" if row.metric else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.5f}"


def _gain(row: Result) -> str:
    if row.gain is None or row.gain_low is None or row.gain_high is None:
        return ""
    color = "green" if row.gain_low > 0 else "red" if row.gain_high < 0 else "default"
    return f"[{color}]{row.gain:+.5f}[/]"


def _interval(row: Result) -> str:
    return "" if row.gain_low is None or row.gain_high is None else f"{row.gain_low:+.4f} … {row.gain_high:+.4f}"


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
