"""`agentk show`, `list` and `clean`: what runs have found, and the room they take."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agentk.agent.ending.summary import Summary, summarize
from agentk.agent.session import all_runs, find
from agentk.errors import AgentKError
from agentk.graph.folder import RunFolder
from agentk.graph.journal import read
from agentk.graph.ledger import Ledger
from agentk.settings import duration, size
from agentk.types.metric import better_way
from agentk.types.wording import shortened

if TYPE_CHECKING:
    from rich.tree import Tree

    from agentk.types.attempt import Attempt


WIDE = 100
"""Columns of a terminal from which on a list of runs also says what won and what ended them."""


def print_summary(summary: Summary) -> None:
    """The last screen of a run, on stdout."""
    from rich.console import Console
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    if summary.cv_score is not None:
        better = better_way(summary.direction)
        spread = f" ± {summary.cv_std:.5f} over folds" if summary.cv_std is not None else ""
        grid.add_row("score", Text(f"{summary.cv_score:.5f}{spread}  ({summary.metric}, {better} is better)", style="bold green"))
    if summary.interval is not None:
        grid.add_row(
            "expected",
            f"{summary.interval[0]:.5f} to {summary.interval[1]:.5f} on new rows like these (90%, corrected for choosing)",
        )
    if summary.test_score is not None:
        sample = "" if summary.sample_score is None else f"; sample submission {summary.sample_score:.5f}"
        grid.add_row(
            "on the test rows",
            Text.assemble((f"{summary.test_score:.5f}", "bold"), f"  (hidden from the run{sample})"),
        )
    if summary.public_score is not None:
        grid.add_row("public score", Text.assemble((f"{summary.public_score:.5f}", "bold"), "  (at Kaggle)"))
    for heading, told in (
        ("would take", summary.place),
        ("doubt", summary.validation_doubt),
        ("known traps", "\n".join(summary.traps)),
    ):
        if told:
            grid.add_row(heading, Text(told, style="" if heading == "would take" else "yellow"))
    compared = [
        f"{name} {value:.5f}"
        for name, value in (("no model", summary.sound_score), ("plain model", summary.baseline_score))
        if value is not None
    ]
    if compared:
        grid.add_row("compared with", ", ".join(compared))
    if summary.winner is not None:
        grid.add_row("winner", Text(summary.winner))
    busy = f", slots busy {summary.occupancy:.0%}" if summary.occupancy is not None else ""
    grid.add_row(
        "work",
        f"{summary.work} in {duration(summary.seconds)}{busy}; "
        f"ended by: {summary.stopped_by or 'not ended; agentk resume goes on with it'}",
    )
    if summary.models is not None:
        grid.add_row("models", summary.models)
    if summary.submission is not None:
        grid.add_row("submission", Text(_near(Path(summary.submission))))
    if summary.program is not None:
        grid.add_row("program", Text(_near(Path(summary.program))))
    if (report := Path(summary.run) / "report.html").exists():
        grid.add_row("report", Text(_near(report)))
    border = "green" if summary.submission else "red"
    Console().print(Panel(grid, title=Text(summary.competition), title_align="left", border_style=border))


def _near(path: Path) -> str:
    """A path from where the person stands, where it lies below."""
    return str(path.relative_to(Path.cwd())) if path.is_absolute() and path.is_relative_to(Path.cwd()) else str(path)


def show_run(run: str, out: Path, *, as_json: bool) -> None:
    """Prints the contract, the tree and the summary of a run."""
    from rich.console import Console

    folder = find(run, out)
    summary = summarize(folder)
    if as_json:
        print(summary.model_dump_json())
        return
    console = Console()
    if (competition := folder.read_contract()) is not None:
        from agentk.cli.screen.contract import contract_panel

        console.print(contract_panel(competition))
    ledger = Ledger.of(read(folder.journal), summary.direction or "maximize")
    if ledger.attempts:
        console.print(_tree(ledger))
    print_summary(summary)


def _tree(ledger: Ledger) -> Tree:
    from rich.tree import Tree

    root = Tree("attempts")
    nodes: dict[int, Tree] = {}
    for number in sorted(ledger.attempts):
        attempt = ledger.attempts[number]
        above = nodes.get(attempt.parent, root) if attempt.parent is not None else root
        nodes[number] = above.add(_label(attempt, number == ledger.best))
    return root


def _label(attempt: Attempt, best: bool) -> str:
    from rich.markup import escape

    result = (
        f"{attempt.score:.5f}"
        if attempt.score is not None
        else f"[red]{attempt.outcome.status.words}[/]: {escape(attempt.outcome.reason)}"
    )
    mark = "[bold green]★[/] " if best else ""
    kept = f"\n    [dim]{escape(attempt.verdict)}[/]" if attempt.verdict else ""
    giver = "" if attempt.origin in ("playbook", "graph", "person") else f" [magenta]by {escape(attempt.origin)}[/]"
    what = f"{mark}[bold]{escape(attempt.title)}[/]{giver}"
    return f"{what} {result} [dim]{attempt.seconds:.1f}s {escape(shortened(attempt.idea, 90))}[/]{kept}"


def list_runs(out: Path, *, as_json: bool) -> None:
    """Prints one line a run, the oldest first. A run that cannot be read is named, with the reason."""
    runs = [(folder, _summary(folder)) for folder in all_runs(out)]
    if as_json:
        told = [
            {"run": str(folder.path), "error": found} if isinstance(found, str) else found.model_dump(mode="json")
            for folder, found in runs
        ]
        print(json.dumps(told))
        return
    if not runs:
        print(f"no runs in {out}; start one:  agentk run builtin:breast-cancer --budget 60s")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    wide = console.width >= WIDE
    headings = ["run", "score", "metric", "attempts", "time", *(["winner", "ended by"] if wide else [])]
    needed = {"run": 20, "score": 8, "metric": 6, "attempts": 8, "time": 6}
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="ellipsis", no_wrap=True, min_width=needed.get(heading))
    unreadable: list[str] = []
    for folder, found in runs:
        if isinstance(found, str):
            unreadable.append(f"{folder.path.name} is unreadable: {found}")
            continue
        score = "" if found.cv_score is None else f"{found.cv_score:.5f}"
        facts = [score, found.metric or "", str(found.attempts), duration(found.seconds)]
        more = [(found.winner or "").partition(" (")[0], found.stopped_by or "not ended"] if wide else []
        table.add_row(Text(folder.path.name), *facts, *map(Text, more))
    console.print(table)
    for line in unreadable:
        console.print(Text(line))


def _summary(folder: RunFolder) -> Summary | str:
    try:
        return summarize(RunFolder.open(folder.path))
    except AgentKError as error:
        return str(error)


def clean_runs(out: Path, cap: str, *, yes: bool) -> None:
    """Deletes the oldest runs until the folder is no larger than `cap`. Runs at work are left alone."""
    limit = size(cap)
    sizes = {folder: folder.bytes() for folder in all_runs(out)}
    total = sum(sizes.values())
    print(f"{len(sizes)} run{'s' * (len(sizes) != 1)} in {out}, {_bytes(total)}; the cap is {_bytes(limit)}")
    for folder, occupied in sizes.items():
        if total <= limit:
            break
        if folder.at_work:
            print(f"{folder.path.name}: at work, left alone")
            continue
        total -= occupied
        when = datetime.fromtimestamp(folder.facts_file.stat().st_ctime).strftime("%Y-%m-%d %H:%M")
        print(f"{'deleted' if yes else 'would delete'} {folder.path.name} ({_bytes(occupied)}, {when})")
        if yes:
            shutil.rmtree(folder.path)
    if total > limit:
        print(f"what is left takes {_bytes(total)}")


def _bytes(count: int) -> str:
    value = float(count)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"
