"""`agentk report`: a run on one page."""

from __future__ import annotations

from pathlib import Path

from agentk.agent.session import find
from agentk.graph.folder import replace
from agentk.report.page import render


def report_run(run: str, out: Path, output: Path | None, *, show_rows: bool) -> None:
    """Writes the report and prints where it is."""
    folder = find(run, out)
    place = output or folder.report
    place.parent.mkdir(parents=True, exist_ok=True)
    replace(place, render(folder, show_rows=show_rows))
    print(place)
