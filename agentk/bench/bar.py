"""The bar of a benchmark: how far it is and what runs; plain lines where the console is no terminal."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

FILE_WIDTH = 180
"""Columns of a table that goes to a file or a pipe."""


class Bar(AbstractContextManager["Bar"]):
    """To be used as a context manager: gone when it is left."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._console = console
        self._task = self._progress.add_task("")

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self._progress.stop()

    def runs(self, what: str, done: int, total: int) -> None:
        """What begins, and how much is done of how much."""
        self._progress.update(self._task, description=what, completed=done, total=total)

    def ended(self, line: str, done: int, total: int) -> None:
        """A line on what has ended, and how much is done now."""
        self.says(line)
        self._progress.update(self._task, completed=done, total=total)

    def says(self, line: str) -> None:
        """A line above the bar."""
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
