"""`agentk leaderboard`: the public scores, and the place of a run among them."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentk.cli.arguments import Out
from agentk.cli.screen.waiting import note

if TYPE_CHECKING:
    from agentk.graph.folder import RunFolder
    from agentk.kaggle.board import Row
    from agentk.types.metric import Direction

SHOWN = 10
"""Rows of a leaderboard that are printed."""


def mount(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(leaderboard)


def leaderboard(
    competition: Annotated[str, typer.Argument(help="A run, a Kaggle address, or a competition's name there.")],
    score: Annotated[float | None, typer.Option(help="Also tell the place that this score would take.")] = None,
    lower: Annotated[bool, typer.Option("--lower-is-better", help="Of the metric; a run knows by itself.")] = False,
    out: Out = Path("runs"),
) -> None:
    """The public leaderboard, and the place of a run on it."""
    from agentk.agent.session import find, request_of
    from agentk.errors import RunError, SettingError
    from agentk.kaggle.address import slug_of

    if score is not None and not math.isfinite(score):
        raise SettingError(f"--score {score}: it takes a number, in digits")
    folder: RunFolder | None = None
    try:
        folder = find(competition, out)
    except RunError as missing:
        slug = slug_of(competition)
        if competition == "last" or (slug is None and not re.fullmatch(r"[\w-]+", competition)):
            raise RunError(f"{missing}; nor is {competition!r} a competition at Kaggle") from None
        slug = slug or slug_of(f"kaggle:{competition}")
    else:
        slug = request_of(folder).kaggle
    rows, source = _board(folder, slug)
    direction: Direction = "minimize" if lower else "maximize"
    if folder is not None:
        from agentk.agent.insight.evidence import contract_of
        from agentk.competitions.metrics.own import metric_of

        direction = metric_of(contract_of(folder)).direction
    _print_board(rows, source)
    _print_place(folder, rows, direction, score)


def _board(folder: RunFolder | None, slug: str | None) -> tuple[tuple[Row, ...], str]:
    """A run's leaderboard: that at Kaggle, else a leaderboard.csv beside its data."""
    from agentk.agent.insight.evidence import contract_of
    from agentk.errors import RunError
    from agentk.kaggle.address import page
    from agentk.kaggle.board import LEADERBOARD, from_archive, from_file
    from agentk.kaggle.client import Kaggle

    if slug is not None:
        with Kaggle(note) as kaggle:
            return from_archive(kaggle.leaderboard(slug)), page(slug, "leaderboard")
    assert folder is not None
    path = contract_of(folder).folder / LEADERBOARD
    if not path.is_file():
        raise RunError(
            f"{folder.path.name} was run on a folder without a leaderboard.csv: name the competition, `agentk leaderboard SLUG`"
        )
    return from_file(path), str(path)


def _print_board(rows: tuple[Row, ...], source: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    print(f"{source}: {len(rows):,} teams")
    table = Table(box=None, header_style="dim")
    for heading in ("place", "score", "team"):
        table.add_column(heading, justify="right" if heading != "team" else "left")
    for at, row in enumerate(rows[:SHOWN], start=1):
        table.add_row(str(at), f"{row.score:g}", Text(row.team))
    Console().print(table)


def _print_place(folder: RunFolder | None, rows: tuple[Row, ...], direction: Direction, score: float | None) -> None:
    from agentk.kaggle.board import place_of

    told: list[tuple[str, float | None]] = [("that score", score)]
    if folder is not None:
        from agentk.agent.ending.summary import summarize

        found = summarize(folder)
        told += [("public score", found.public_score), ("score of the folds", found.cv_score)]
    for what, value in told:
        place = None if value is None else place_of(value, rows, direction)
        if place is not None:
            print(f"{what} {value:.5f}: {place.words()}")
