"""A benchmark on a terminal: what runs, each row as it comes, and the table at the end, after Ctrl-C too."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from agentk.bench.competitions import Bench, Watcher, run_bench
from agentk.bench.results import Result
from agentk.bench.table import line_of, table_of

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

_FILE_WIDTH = 180  # columns of a table that goes to a file or a pipe


def show_bench(bench: Bench, progress: Console, table: Console) -> list[Result]:
    """Runs the benchmark; `progress` is written to while it runs, `table` once at the end. Raises as `run_bench` does."""
    watcher = _Shown(progress)
    try:
        with watcher:
            return run_bench(bench, watcher)
    finally:
        if watcher.rows:
            if not table.is_terminal:
                table.width = _FILE_WIDTH
            table.print(table_of(watcher.rows))


class _Shown(Watcher, AbstractContextManager["_Shown"]):
    """A bar over the rows, and below it what runs; plain lines where the console is no terminal."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self.rows: list[Result] = []
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress: Progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._console = console
        self._task: TaskID = self._progress.add_task("")

    def __enter__(self) -> _Shown:
        self._progress.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self._progress.stop()

    def starts(self, name: str, seed: int, done: int, total: int) -> None:
        self._progress.update(self._task, description=f"{name}, seed {seed}", completed=done, total=total)

    def row(self, row: Result, done: int, total: int) -> None:
        self.rows.append(row)
        self._console.print(line_of(row, done, total), markup=False, highlight=False, soft_wrap=True)
        self._progress.update(self._task, completed=done, total=total)
