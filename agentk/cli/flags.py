"""The flags of `agentk run`, and the request that they make."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentk.cli.arguments import AsJson, Out, checked
from agentk.cli.cores import leave_cores_to_programs
from agentk.errors import SettingError

MODEL = "A language model; without it the playbook decides alone"
KAGGLE = "Kaggle"
SAY = "What you know about the competition; without these flags it is found out"


def mount(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(run)


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
    pixels: Annotated[
        str | None,
        typer.Option(help="The picture that columns of numbers are: 28x28, 32x32x3, or none.", rich_help_panel=SAY),
    ] = None,
    leaks: Annotated[
        str | None,
        typer.Option(help="What gives the target away: use, report, drop (own data), ask (at a terminal).", rich_help_panel=SAY),
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
    from agentk.agent.models import with_defaults
    from agentk.agent.request import Models, Request, budget_of
    from agentk.cli.asking import agreed, attentive, mended
    from agentk.cli.kaggle import agree, fetched
    from agentk.cli.running import start
    from agentk.competitions.draft import Overrides
    from agentk.errors import CompetitionError
    from agentk.settings import load_settings

    if sandbox not in ("auto", "strict"):
        raise SettingError(f"--sandbox {sandbox!r}: it is auto or strict")
    models = checked(
        Models,
        name=model,
        code=model_code,
        think=model_think,
        base_url=base_url,
        max_cost=max_cost,
        max_tokens=max_tokens,
        share=share,
        obfuscate=obfuscate,
        prompts=None if prompts is None else prompts.absolute(),
    )
    request = checked(
        Request,
        competition=competition,
        budget=budget_of(budget, attempts),
        attempts=attempts,
        overrides=checked(
            Overrides,
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
            pixels=pixels,
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
        models=with_defaults(models, load_settings()),
        memory=memory,
        sandbox="strict" if sandbox == "strict" else "auto",
    )
    if submit:
        agree(competition, yes=yes)
    request = fetched(request, data)
    request = agreed(request) if ask else attentive(request)
    while True:
        try:
            raise typer.Exit(start(request, as_json=as_json, submit=submit, watch=watch))
        except CompetitionError as error:
            request = mended(request, error)
