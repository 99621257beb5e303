"""A benchmark on a terminal: what runs, each row as it comes, and the table at the end, after Ctrl-C too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentk.bench.bar import FILE_WIDTH, Bar
from agentk.bench.competitions import Bench, Watcher, run_bench
from agentk.bench.results import Result
from agentk.bench.table import line_of, table_of

if TYPE_CHECKING:
    from rich.console import Console


def show_bench(bench: Bench, progress: Console, table: Console) -> list[Result]:
    """Runs the benchmark; `progress` is written to while it runs, `table` once at the end. Raises as `run_bench` does."""
    watcher = _Shown(progress)
    try:
        with watcher:
            return run_bench(bench, watcher)
    finally:
        if watcher.rows:
            if not table.is_terminal:
                table.width = FILE_WIDTH
            table.print(table_of(watcher.rows))


class _Shown(Bar, Watcher):
    """Shows the rows as they come, and keeps them."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.rows: list[Result] = []

    def starts(self, name: str, seed: int, done: int, total: int) -> None:
        self.runs(f"{name}, seed {seed}", done, total)

    def row(self, row: Result, done: int, total: int) -> None:
        self.rows.append(row)
        self.ended(line_of(row, done, total), done, total)
