"""`agentk bench`: its flags, and which study they ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

COMPETITIONS = "A folder of competitions, or the studies setup, robust and sizes"
OPTIM = "The studies optim, memory, samplers, peers and sizes"
PEERS = "The study peers"


def bench(
    what: Annotated[
        str,
        typer.Argument(
            help="A folder of competitions; or a study: peers, setup, robust, sizes, sandbox, optim, memory, prompts, samplers."
        ),
    ],
    answers: Annotated[
        Path | None,
        typer.Option(help="Folder with <slug>.csv of true values, for a folder of competitions.", rich_help_panel=COMPETITIONS),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            help="Time for each run: 3m; sizes, peers: 2m (peers: or several, separated by commas); robust: 15s.",
            rich_help_panel=COMPETITIONS,
            show_default=False,
        ),
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this one. Repeatable.", rich_help_panel=COMPETITIONS)] = None,
    seeds: Annotated[str, typer.Option(help="Separated by commas: one run each.", rich_help_panel=COMPETITIONS)] = "0",
    against: Annotated[
        Path | None,
        typer.Option(help="Folder with <slug>.csv submissions to compare with, paired.", rich_help_panel=COMPETITIONS),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Where results are kept; a second call goes on.", rich_help_panel=COMPETITIONS)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where results and plots go: bench-<study>.", rich_help_panel=OPTIM, show_default=False)
    ] = None,
    parts: Annotated[
        str | None,
        typer.Option(
            help="optim: cost, estimator, curves; memory: table, replay, growth; samplers: table, races.", rich_help_panel=OPTIM
        ),
    ] = None,
    scale: Annotated[
        float,
        typer.Option(
            min=0.001,
            max=1000,
            help="optim: of the training runs; memory: of orders and sizes; samplers: of seeds.",
            rich_help_panel=OPTIM,
        ),
    ] = 1.0,
    data: Annotated[
        Path | None,
        typer.Option(
            help="optim: a table; memory, peers: a folder of competitions; sizes: where those it makes are kept.",
            rich_help_panel=OPTIM,
        ),
    ] = None,
    target: Annotated[str | None, typer.Option(help="Its target column.", rich_help_panel=OPTIM)] = None,
    splits: Annotated[int, typer.Option(help="Of every task, drawn anew.", rich_help_panel=PEERS)] = 3,
    systems: Annotated[
        str, typer.Option(help="Separated by commas; agentk alone measures its intervals.", rich_help_panel=PEERS)
    ] = "agentk,autogluon,flaml,lightgbm",
) -> None:
    """Measure agentk: on competitions with known answers, or a part."""
    from agentk.cli.studies import (
        bench_against_peers,
        bench_all_sizes,
        bench_competitions,
        bench_short_runs,
        bench_study,
        bench_understanding,
    )

    if what == "peers":
        bench_against_peers(out or Path("bench-peers"), budget or "2m", splits, systems, only or [], data, answers)
    elif what == "setup":
        bench_understanding(only or [], seeds, json_file)
    elif what == "robust":
        bench_short_runs(only or [], seeds, budget or "15s", json_file)
    elif what == "sizes":
        bench_all_sizes(only or [], seeds, budget or "2m", data, json_file)
    elif not bench_study(what, out or Path(f"bench-{what}"), parts.split(",") if parts else None, scale, data, target):
        bench_competitions(Path(what), answers, budget or "3m", only or [], seeds, against, json_file)


def mount(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(bench)
