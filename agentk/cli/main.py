"""The command line: `agentk run` and the commands around it; every one imports what it needs when it is called."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from agentk import __version__
from agentk.cli.arguments import AsJson, Out, Run
from agentk.cli.cores import leave_cores_to_programs
from agentk.cli.helping import Commands
from agentk.errors import AgentKError, SettingError, UserError

app = typer.Typer(
    name="agentk",
    cls=Commands,
    help="Point it at a competition; get a submission whose score can be trusted, the program that made it, and a report.\n\n"
    "\b\n"
    "agentk run builtin:breast-cancer --budget 60s    see it work\n"
    "agentk run sales.csv --target revenue            a table of your own\n"
    "agentk run house-prices/                         an unzipped Kaggle download\n",
    epilog="agentk COMMAND -h says more. A RUN is a folder, a name, or 'last'.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Entry point: a user's mistake ends with a sentence and exit code 2, agentk's own failure with 1."""
    try:
        app()
    except UserError as error:
        _complain(error)
        sys.exit(2)
    except AgentKError as error:
        _complain(error)
        sys.exit(1)


def _complain(error: AgentKError) -> None:
    from rich.console import Console
    from rich.markup import escape

    Console(stderr=True, soft_wrap=True).print(f"[bold red]error:[/] {escape(str(error))}", highlight=False)


def _version(asked: bool) -> None:
    if asked:
        print(f"agentk {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None: ...


@app.command()
def resume(
    run: Run,
    budget: Annotated[str | None, typer.Option(help="A new whole budget, or +10m for more of it.")] = None,
    attempts: Annotated[int | None, typer.Option(min=1, help="A new whole number of attempts.")] = None,
    hint: Annotated[
        list[str] | None, typer.Option(help="An idea of yours; the playbook tries recipes first that it names. Repeatable.")
    ] = None,
    max_cost: Annotated[float | None, typer.Option(min=0, help="A new limit on all that the run's models may cost.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=0, help="A new limit on all their tokens.")] = None,
    out: Out = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """Go on with a run that was interrupted, killed, or finished."""
    leave_cores_to_programs()
    from agentk.cli.running import go_on

    raise typer.Exit(
        go_on(
            run,
            out,
            budget=budget,
            attempts=attempts,
            hints=tuple(hint or ()),
            max_cost=max_cost,
            max_tokens=max_tokens,
            as_json=as_json,
        )
    )


@app.command()
def replay(
    run: Run,
    verify: Annotated[bool, typer.Option("--verify", help="Execute every program again and compare the scores.")] = False,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            help="A new run with this changed: model=…, share=…, memory=off, folds=FILE, validation=SCHEME:COLUMN, seed=N, "
            "attempts=N, budget=…, hint=…; what was executed before is not executed again. Repeatable.",
        ),
    ] = None,
    out: Out = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """Judge and choose again, from a run's journal and predictions.

    No model, no network; the same submission comes out.
    """
    leave_cores_to_programs()
    from agentk.cli.replaying import replay_run, replay_with

    if changes:
        if verify:
            raise SettingError("--verify executes what was recorded, --with changes it: give one of them")
        raise typer.Exit(replay_with(run, out, changes, as_json=as_json))
    raise typer.Exit(replay_run(run, out, verify=verify, as_json=as_json))


@app.command()
def show(
    run: Run,
    out: Out = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """What a run found: contract, tree of attempts, score."""
    from agentk.cli.showing import show_run

    show_run(run, out, as_json=as_json)


@app.command("list")
def list_(out: Out = Path("runs"), as_json: AsJson = False) -> None:
    """The runs there are."""
    from agentk.cli.showing import list_runs

    list_runs(out, as_json=as_json)


@app.command()
def predict(
    run: Run,
    rows: Annotated[Path, typer.Argument(help="A file with new rows, columns like the test file's.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the predictions go.")] = Path("predictions.csv"),
    out: Out = Path("runs"),
) -> None:
    """Predict new rows with a run's winner."""
    from agentk.cli.running import predict_rows

    predict_rows(run, out, rows, output)


@app.command()
def clean(
    out: Out = Path("runs"),
    cap: Annotated[str, typer.Option(help="Size to come down to, e.g. 5G; the oldest runs go first.")] = "5G",
    yes: Annotated[bool, typer.Option("--yes", help="Delete; without it, only say what would be deleted.")] = False,
) -> None:
    """Keep the runs folder in bounds."""
    from agentk.cli.showing import clean_runs

    clean_runs(out, cap, yes=yes)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """What this machine offers, what is missing, how to mend it."""
    from agentk.cli.doctor import examine

    raise typer.Exit(examine(as_json=as_json))


@app.command()
def practice(
    place: Annotated[str, typer.Argument(help="A folder of competitions, or builtin: for those that come with agentk.")],
    hours: Annotated[float, typer.Option(min=0.01, help="Begin no further run after so long.")] = 1.0,
    budget: Annotated[str, typer.Option(help="Time for each run.")] = "3m",
    memory: Annotated[str, typer.Option(help="The memory to fill: write (the usual one), or a folder.")] = "write",
    out: Annotated[Path, typer.Option(help="Where runs and the history of practice go; a second call goes on.")] = Path(
        "practice"
    ),
    seed: Annotated[int, typer.Option(help="Of each run.")] = 0,
) -> None:
    """Fill the memory: work through competitions.

    The one that would teach most comes first.
    """
    from agentk.cli.practice import work_through

    leave_cores_to_programs()
    work_through(place, hours, budget, memory, out, seed)


def _mount() -> None:
    from agentk.cli import bench, flags, kaggle, leaderboard, runs
    from agentk.cli.memory import memory
    from agentk.cli.weights import weights

    for commands in (flags, runs, kaggle, leaderboard, bench):
        commands.mount(app)
    app.add_typer(memory, name="memory")
    app.add_typer(weights, name="weights")


_mount()
