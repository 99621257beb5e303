"""Waiting, on stderr: for downloads with a bar, for Kaggle with the seconds; plain lines where there is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def note(text: str) -> None:
    """A line on stderr."""
    print(text, file=sys.stderr)


@contextmanager
def downloading() -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar for each step on a terminal, else a line now and then."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    if sys.stderr.isatty():
        bars: dict[str, TaskID] = {}
        with Progress(*columns, console=Console(stderr=True)) as shown:

            def draw(step: str, done: int, total: int | None) -> None:
                if step not in bars:
                    bars[step] = shown.add_task(step, total=total)
                shown.update(bars[step], completed=done, total=total)

            yield draw
        return
    tenths: dict[str, int] = {}

    def tell(step: str, done: int, total: int | None) -> None:
        tenth = 10 * done // total if total else done >> 27  # or every 128 MiB
        if tenth > tenths.get(step, 0):
            tenths[step] = tenth
            note(f"{step}: {done / 1e6:,.1f} MB" + (f" of {total / 1e6:,.1f} MB" if total else ""))

    yield tell


@contextmanager
def waiting_for(what: str) -> Iterator[Callable[[float], None]]:
    """Says what is waited for, and how long."""
    from rich.console import Console

    if sys.stderr.isatty():
        with Console(stderr=True).status(what) as status:
            yield lambda seconds: status.update(f"{what} ({seconds:.0f} s)")
    else:
        note(what)
        yield lambda _seconds: None
