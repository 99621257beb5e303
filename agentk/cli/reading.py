"""`agentk report`, `watch` and `compare`: runs as pages and tables."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from agentk.agent.session import find
from agentk.cli.arguments import writable
from agentk.errors import SettingError
from agentk.graph.folder import replace
from agentk.report.compare import Compared, compare
from agentk.report.page import render, render_comparison
from agentk.settings import duration, seconds
from agentk.types.metric import better_way


def report_run(run: str, out: Path, output: Path | None, *, show_rows: bool) -> None:
    """Writes the report and prints where it is."""
    folder = find(run, out)
    place = writable(output) if output else folder.report
    replace(place, render(folder, show_rows=show_rows))
    print(place)


def measure_columns(run: str, out: Path, budget: str) -> None:
    """Shuffles the columns one by one and says on stderr what each costs the winner."""
    from agentk.agent.insight.importance import importances
    from agentk.agent.session import request_of, session

    folder, allowed = find(run, out), seconds(budget)
    with session(folder, request_of(folder), looking=True) as bench:
        total = len(bench.arena.competition.columns)
        for place, worth in enumerate(importances(bench, allowed), 1):
            print(f"[{place}/{total}] without {worth.without}: {worth.told}", file=sys.stderr, flush=True)


def watch_run(run: str, out: Path, port: int, *, browser: bool) -> None:
    """Serves the live page until Ctrl-C."""
    from agentk.report.watch import watching

    folder = find(run, out)
    with watching(folder, port) as address:
        print(address, flush=True)
        print("the page follows the run; Ctrl-C ends the page, not the run", file=sys.stderr)
        if browser:
            import webbrowser

            webbrowser.open(address)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            print(file=sys.stderr)


def export_run(run: str, out: Path, to: str, output: Path | None) -> None:
    """Writes the winner in the form asked for, and says where."""
    from agentk.report.export import export

    if to not in ("notebook", "script", "folder"):
        raise SettingError(f"--to {to!r}: it is notebook, script or folder")
    folder = find(run, out)
    name = {"notebook": f"{folder.path.name}.ipynb", "script": f"{folder.path.name}.py", "folder": f"{folder.path.name}-solution"}
    print(export(folder, to, output or Path(name[to])))  # type: ignore[arg-type]


def compare_runs(names: list[str], out: Path, plot: Path | None, *, as_json: bool) -> None:
    """Prints the table; with `plot` also writes a page."""
    runs = compare([find(name, out) for name in names])
    if plot is not None:
        replace(writable(plot), render_comparison(runs))
    if as_json:
        print(json.dumps([asdict(run) | {"summary": run.summary.model_dump(mode="json")} for run in runs]))
        return
    _print_table(runs)
    if plot is not None:
        print(plot)


def _print_table(runs: list[Compared]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="dim")
    for heading in ("run", "score", "gain", "by folds", "test rows", "winner", "attempts", "time"):
        table.add_column(heading, overflow="fold" if heading in ("run", "winner") else "ellipsis")
    for run in runs:
        summary = run.summary
        error = "" if run.error is None else f" ± {run.error:.2g}"
        table.add_row(
            Text(run.name),
            "" if summary.cv_score is None else f"{summary.cv_score:.5f}",
            "" if run.gain is None else f"{run.gain:+.4g}{error}",
            "" if run.folds is None else "{:+.4g} ± {:.2g}".format(*run.folds),
            "" if summary.test_score is None else f"{summary.test_score:.5f}",
            Text((summary.winner or "").partition(" (")[0]),
            str(summary.attempts),
            duration(summary.seconds),
        )
    Console().print(table)
    first = runs[0].summary
    better = better_way(first.direction)
    print(f"{first.metric}, {better} is better; gain over the first run, paired on the same held-out rows where it has an error")
    if any(run.folds is not None for run in runs):
        print("by folds: from the scores of the same folds, the error corrected for training sets that overlap")
