"""Commands on runs that exist: step, report, watch, export, compare, explain, add, tell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentk.cli.arguments import Out, Run, checked, runs
from agentk.cli.cores import leave_cores_to_programs


def mount(app: typer.Typer) -> None:
    """Puts the commands into the command line."""
    for command in (step, report, watch, export, compare, explain, add, tell):
        app.command()(command)


def step(
    run: Annotated[
        str,
        typer.Argument(
            help="A run, or a competition to begin a new run of: builtin:NAME, a folder, a CSV file.", autocompletion=runs
        ),
    ],
    until: Annotated[
        str | None,
        typer.Option(help="Go on up to and with this node: plan, code, execute, collect, reflect, tune, blend, submit."),
    ] = None,
    budget: Annotated[str | None, typer.Option(help="Of a new run: 90s, 10m, 2h.")] = None,
    attempts: Annotated[int | None, typer.Option(min=1, help="Of a new run: end after so many.")] = None,
    seed: Annotated[int, typer.Option(help="Of a new run.")] = 0,
    memory: Annotated[str, typer.Option(help="Of a new run: off, read, write, or a folder.")] = "write",
    out: Out = Path("runs"),
) -> None:
    """One node at a time: look, change an answer, go on, go back.

    Without a terminal: one step, or up to and with --until.
    """
    leave_cores_to_programs()
    from agentk.agent.request import Request, budget_of
    from agentk.cli.stepping import step_run

    seconds = budget_of(budget, attempts)
    request = checked(Request, competition=run, budget=seconds, attempts=attempts, seed=seed, memory=memory, out=out)
    raise typer.Exit(step_run(run, request, until))


def report(
    run: Run,
    rows: Annotated[bool, typer.Option("--rows", help="Show what the worst rows hold; by default only their numbers.")] = False,
    importance: Annotated[
        bool, typer.Option("--importance", help="First shuffle each column and fit the winner again: what does it tell?")
    ] = False,
    budget: Annotated[str, typer.Option(help="Time that --importance may take; a second call goes on.")] = "10m",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where it goes; by default the run's folder.")] = None,
    out: Out = Path("runs"),
) -> None:
    """Write a run's report: one HTML file that needs no network.

    Every run writes it at its end.
    """
    leave_cores_to_programs()
    from agentk.cli.reading import measure_columns, report_run

    if importance:
        measure_columns(run, out, budget)
    report_run(run, out, output, show_rows=rows)


def watch(
    run: Run,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 0,
    browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    out: Out = Path("runs"),
) -> None:
    """Follow a run in the browser, live.

    Another process works on it; Ctrl-C ends the page, not the run.
    """
    from agentk.cli.reading import watch_run

    watch_run(run, out, port, browser=browser)


def export(
    run: Run,
    to: Annotated[str, typer.Option(help="notebook (runs on Kaggle as it is), script (one file), or folder.")] = "notebook",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where it goes; by default named after the run.")] = None,
    out: Out = Path("runs"),
) -> None:
    """Take the winner away as a program that needs nothing of agentk."""
    from agentk.cli.reading import export_run

    export_run(run, out, to, output)


def compare(
    names: Annotated[
        list[str], typer.Argument(metavar="runs", help="Two runs or more: folders, names, or 'last'.", autocompletion=runs)
    ],
    plot: Annotated[Path | None, typer.Option(help="Write a page with the scores over time.")] = None,
    out: Out = Path("runs"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else there.")] = False,
) -> None:
    """Put runs side by side: a table, a page with scores over time."""
    from agentk.cli.reading import compare_runs

    compare_runs(names, out, plot, as_json=as_json)


def tell(run: Run, idea: Annotated[str, typer.Argument(help="In your words.")], out: Out = Path("runs")) -> None:
    """Give a run an idea: it reaches the next plan.

    Also of a run at work in another process.
    """
    from agentk.cli.teammate import tell_run

    tell_run(run, out, idea)


def add(
    run: Run,
    program: Annotated[Path | None, typer.Argument(help="Your solution.py.")] = None,
    oof: Annotated[
        Path | None, typer.Option(help="Instead: out-of-fold predictions of the training rows, CSV, Parquet or .npy.")
    ] = None,
    test_pred: Annotated[Path | None, typer.Option("--test-pred", help="And predictions of the test rows.")] = None,
    name: Annotated[str | None, typer.Option(help="What the model is called; by default, its file's name.")] = None,
    out: Out = Path("runs"),
) -> None:
    """Bring a model of your own into a run's tree and blend.

    While it works, or afterwards.
    """
    leave_cores_to_programs()
    from agentk.cli.teammate import add_to_run

    add_to_run(run, out, program, oof, test_pred, name)


def explain(
    run: Run,
    ablate: Annotated[bool, typer.Option("--ablate", help="Take each idea out of the winner and score what is left.")] = False,
    budget: Annotated[str, typer.Option(help="Time that --ablate may take; a second call goes on.")] = "10m",
    out: Out = Path("runs"),
) -> None:
    """Why a run's winner won; --ablate: what each idea is worth."""
    leave_cores_to_programs()
    from agentk.cli.teammate import explain_run

    explain_run(run, out, budget, ablate=ablate)
