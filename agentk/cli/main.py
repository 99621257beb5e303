"""The command line: `agentk run` and the commands around it; every one imports what it needs when it is called."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentk import __version__
from agentk.cli.completing import runs
from agentk.cli.helping import Commands
from agentk.errors import AgentKError, SettingError, UserError

if TYPE_CHECKING:
    from agentk.agent.request import Models
    from agentk.competitions.draft import Overrides

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

MODEL = "A language model; without it the playbook decides alone"
KAGGLE = "Kaggle"
SAY = "What you know about the competition; without these flags it is found out"
Out = Annotated[Path, typer.Option("--out", help="Where runs are kept.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else there.")]


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

    Console(stderr=True, soft_wrap=True).print(f"[bold red]error:[/] {_escaped(str(error))}", highlight=False)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _version(asked: bool) -> None:
    if asked:
        print(f"agentk {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None: ...


@app.command()
def run(
    competition: Annotated[
        str, typer.Argument(help="A Kaggle address, a folder like its unzipped download, a CSV file, or builtin:NAME.")
    ],
    budget: Annotated[
        str | None, typer.Option(help="Time to spend: 90s, 10m, 2h. Without it and without --attempts: 10m.")
    ] = None,
    attempts: Annotated[
        int | None, typer.Option(min=1, help="End after so many attempts; with it, a seed fixes the result.")
    ] = None,
    target: Annotated[list[str] | None, typer.Option(help="Target column. Repeatable.", rich_help_panel=SAY)] = None,
    metric: Annotated[
        str | None, typer.Option(help="Metric by name, or your own: FILE.py:FUNCTION.", rich_help_panel=SAY)
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(help="In the metric: COLUMN, COLUMN:VALUE=NUMBER,…, NAME=NUMBER,… or none.", rich_help_panel=SAY),
    ] = None,
    id_: Annotated[list[str] | None, typer.Option("--id", help="Id column. Repeatable.", rich_help_panel=SAY)] = None,
    task: Annotated[
        str | None,
        typer.Option(help="binary, multiclass, multilabel, regression, multioutput, ordinal, spans.", rich_help_panel=SAY),
    ] = None,
    positive: Annotated[str | None, typer.Option(help="The class whose probability is asked for.", rich_help_panel=SAY)] = None,
    train: Annotated[str | None, typer.Option(help="Training file, relative to the folder.", rich_help_panel=SAY)] = None,
    test: Annotated[str | None, typer.Option(help="Test file.", rich_help_panel=SAY)] = None,
    sample: Annotated[str | None, typer.Option(help="Sample submission.", rich_help_panel=SAY)] = None,
    description: Annotated[
        str | None, typer.Option(help="Description: a file or the address of a page.", rich_help_panel=SAY)
    ] = None,
    validation: Annotated[
        str | None, typer.Option(help="random, stratified, grouped, blocked, rolling.", rich_help_panel=SAY)
    ] = None,
    column: Annotated[
        str | None, typer.Option(help="The column that groups or orders rows for validation.", rich_help_panel=SAY)
    ] = None,
    leaks: Annotated[
        str | None,
        typer.Option(help="Columns that give the target away: use, report or drop (own data).", rich_help_panel=SAY),
    ] = None,
    ask: Annotated[bool, typer.Option("--ask", help="Show the contract and wait for a yes or a correction.")] = False,
    out: Out = Path("runs"),
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Programs executed at once. Default: one for each core, at most 8.")
    ] = None,
    solution: Annotated[
        Path | None, typer.Option(help="Your own solution.py: the first attempt, to beat and to improve.")
    ] = None,
    hint: Annotated[
        list[str] | None, typer.Option(help="An idea of yours; the playbook tries recipes first that it names. Repeatable.")
    ] = None,
    folds: Annotated[Path | None, typer.Option(help="A CSV with a column 'fold': one fold for each training row.")] = None,
    extra: Annotated[Path | None, typer.Option(help="A CSV with further labelled rows: trained on, never scored.")] = None,
    recipes: Annotated[
        list[Path] | None, typer.Option("--recipe", help="A recipe of your own: one file with fit_predict. Repeatable.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="PROVIDER/NAME, e.g. anthropic/… or ollama/…; files:DIR; replay:RUN.", rich_help_panel=MODEL),
    ] = None,
    model_code: Annotated[str | None, typer.Option(help="Another one to write programs.", rich_help_panel=MODEL)] = None,
    model_think: Annotated[str | None, typer.Option(help="Another one to plan and reflect.", rich_help_panel=MODEL)] = None,
    base_url: Annotated[str | None, typer.Option(help="Address of an OpenAI-compatible server.", rich_help_panel=MODEL)] = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="US dollars the model may cost; hard.", rich_help_panel=MODEL)
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=0, help="Tokens it may take, in and out; hard.", rich_help_panel=MODEL)
    ] = None,
    share: Annotated[
        str | None, typer.Option(help="What it sees of the data: names, stats (default) or examples.", rich_help_panel=MODEL)
    ] = None,
    obfuscate: Annotated[
        bool, typer.Option("--obfuscate", help="Hide names and the description from it.", rich_help_panel=MODEL)
    ] = False,
    prompts: Annotated[
        Path | None, typer.Option(help="A folder with prompts of your own, by name.", rich_help_panel=MODEL)
    ] = None,
    memory: Annotated[str, typer.Option(help="off, read, write, or a folder to keep memory in.")] = "write",
    sandbox: Annotated[str, typer.Option(help="auto, or strict: refuse to run where a guarantee does not hold.")] = "auto",
    data: Annotated[Path | None, typer.Option(help="Where downloads from Kaggle are kept.", rich_help_panel=KAGGLE)] = None,
    submit: Annotated[
        bool, typer.Option("--submit", help="Send the submission at the end; asked beforehand.", rich_help_panel=KAGGLE)
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before sending.", rich_help_panel=KAGGLE)] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Serve the report, live, to a browser on this machine.")] = False,
    as_json: AsJson = False,
) -> None:
    """Solve a competition: a submission, its program, its score."""
    leave_cores_to_programs()
    from agentk.agent.request import Request
    from agentk.cli.asking import agreed, mended
    from agentk.cli.kaggle import agree, fetched
    from agentk.cli.running import start
    from agentk.errors import CompetitionError
    from agentk.settings import seconds

    if sandbox not in ("auto", "strict"):
        raise SettingError(f"--sandbox {sandbox!r}: it is auto or strict")
    limit = seconds(budget) if budget is not None else None if attempts is not None else 600.0
    request = Request(
        competition=competition,
        budget=limit,
        attempts=attempts,
        overrides=_overrides(
            target=tuple(target or ()),
            id=tuple(id_ or ()),
            metric=metric,
            weights=weights,
            task=task,
            positive=positive,
            train=train,
            test=test,
            sample=sample,
            description=description,
            validation=validation,
            column=column,
            leaks=leaks,
        ),
        out=out,
        seed=seed,
        workers=workers,
        solution=solution,
        hints=tuple(hint or ()),
        folds=folds,
        extra=extra,
        recipes=tuple(recipes or ()),
        models=_models(
            name=model,
            code=model_code,
            think=model_think,
            base_url=base_url,
            max_cost=max_cost,
            max_tokens=max_tokens,
            share=share,
            obfuscate=obfuscate,
            prompts=None if prompts is None else prompts.absolute(),
        ),
        memory=memory,
        sandbox="strict" if sandbox == "strict" else "auto",
    )
    if submit:
        agree(competition, yes=yes)
    request = fetched(request, data)
    if ask:
        request = agreed(request)
    while True:
        try:
            raise typer.Exit(start(request, as_json=as_json, submit=submit, watch=watch))
        except CompetitionError as error:
            request = mended(request, error)


def leave_cores_to_programs() -> None:
    """The cores belong to the slots: what this process computes beside them takes one thread. To be called before numpy."""
    import os

    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def _models(**said: object) -> Models:
    from pydantic import ValidationError

    from agentk.agent.models import with_defaults
    from agentk.agent.request import Models
    from agentk.settings import load_settings

    try:
        return with_defaults(Models.model_validate(said), load_settings())
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingError(f"--{str(first['loc'][0]).replace('_', '-')} {first['input']!r}: {first['msg']}") from None


def _overrides(**said: object) -> Overrides:
    from pydantic import ValidationError

    from agentk.competitions.draft import Overrides

    try:
        return Overrides.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingError(f"--{first['loc'][0]} {first['input']!r}: {first['msg']}") from None


@app.command()
def resume(
    run: Annotated[str, typer.Argument(help="A run: its folder, its name, or 'last'.", autocompletion=runs)],
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
    run: Annotated[str, typer.Argument(help="A run: its folder, its name, or 'last'.", autocompletion=runs)],
    verify: Annotated[bool, typer.Option("--verify", help="Execute every program again and compare the scores.")] = False,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            help="A new run with this changed: model=…, share=…, memory=off, folds=FILE, seed=N, attempts=N, budget=…, hint=…; "
            "what was executed before is not executed again. Repeatable.",
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
    run: Annotated[str, typer.Argument(help="A run: its folder, its name, or 'last'.", autocompletion=runs)],
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
    run: Annotated[str, typer.Argument(help="A run: its folder, its name, or 'last'.", autocompletion=runs)],
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
    from agentk.cli import after, kaggle, measuring
    from agentk.cli.memory import memory

    after.mount(app)
    kaggle.mount(app)
    measuring.mount(app)
    app.add_typer(memory, name="memory")


_mount()
