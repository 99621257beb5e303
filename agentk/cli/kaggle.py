"""Kaggle on the command line: what a request names is fetched, and `agentk submit` sends."""

from __future__ import annotations

import re
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentk.cli.arguments import Out, Run
from agentk.cli.screen.waiting import downloading, note, waiting_for

if TYPE_CHECKING:
    from agentk.agent.leaderboard.submitting import Submission
    from agentk.agent.request import Request
    from agentk.graph.folder import RunFolder
    from agentk.kaggle.client import Kaggle

INTERRUPTED = 130


def mount(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(submit)


def submit(
    run: Run,
    message: Annotated[str, typer.Option("--message", "-m", help="Shown beside the submission at Kaggle.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the public score.")] = False,
    finals: Annotated[
        bool, typer.Option("--finals", help="Send nothing: propose two finals; the second is written as submission-2.csv.")
    ] = False,
    file: Annotated[str, typer.Option(help="submission.csv, or submission-2.csv once --finals wrote it.")] = "submission.csv",
    notebook: Annotated[
        Path | None,
        typer.Option(help="For a code competition: your notebook, which writes submission.csv, for the run's."),
    ] = None,
    competition: Annotated[str | None, typer.Option(help="The competition at Kaggle, for a run on a folder.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Send what was sent before.")] = False,
    out: Out = Path("runs"),
) -> None:
    """Send a run's submission to Kaggle."""
    if finals:
        propose_finals(run, out)
    else:
        submit_run(run, out, message=message, wait=wait, file=file, notebook=notebook, competition=competition, again=again)


def fetched(request: Request, root: Path | None) -> Request:
    """The request with everything on this disk; downloads are shown on stderr."""
    said = request.overrides.description or ""
    if not re.match(r"https?://", said) and Path(request.competition).exists():
        return request
    from agentk.agent.fetching import brought

    try:
        with downloading() as progress:
            return brought(request, root, progress=progress, notice=note)
    except KeyboardInterrupt:
        note("interrupted: what has arrived is kept, the same command goes on with it")
        raise typer.Exit(INTERRUPTED) from None


def agree(competition: str, *, yes: bool) -> None:
    """Asks, before the run, whether its submission shall be sent. Raises SettingError where nobody can be asked."""
    from agentk.errors import SettingError
    from agentk.kaggle.address import slug_of

    slug = None if Path(competition).exists() else slug_of(competition)
    if slug is None:
        raise SettingError(
            "--submit needs a Kaggle competition: give its address; `agentk submit RUN --competition SLUG` sends later"
        )
    if yes:
        return
    if not sys.stdin.isatty():
        raise SettingError("--submit asks before it sends, and there is no terminal to ask at: add --yes")
    typer.confirm(f"When the run ends, send its submission to {slug} at Kaggle in your name?", abort=True, err=True)


def submit_run(
    run: str,
    out: Path,
    *,
    message: str = "",
    wait: bool = False,
    file: str = "submission.csv",
    notebook: Path | None = None,
    competition: str | None = None,
    again: bool = False,
) -> None:
    """Sends, and with `wait` tells the score, its place, and what it says of the folds. Speaks on stderr."""
    from agentk.agent.leaderboard.submitting import FIRST, await_score, competition_of, look, send
    from agentk.agent.session import find
    from agentk.errors import KaggleError
    from agentk.kaggle.address import page
    from agentk.kaggle.client import Kaggle

    folder = find(run, out)
    slug = competition_of(folder, competition)
    with Kaggle(note) as kaggle:
        if notebook is None and file == FIRST and kaggle.competition(slug).code_only:
            from agentk.report.export import export

            notebook = export(folder, "notebook", folder.path / "submission.ipynb")
            note(f"{slug} is a code competition: {notebook} is made and run at Kaggle")
        with (
            waiting_for("waiting for the notebook to run at Kaggle") if notebook else nullcontext(lambda _seconds: None) as pulse
        ):
            submission, now = send(folder, kaggle, slug, file=file, message=message, again=again, notebook=notebook, pulse=pulse)
        if now:
            note(f"sent {submission.file} to {slug}: submission {submission.ref}")
        else:
            note(f"{submission.file} was sent before, as submission {submission.ref}; nothing was sent now (--again does)")
        look(folder, kaggle)
        if wait and submission.status == "pending":
            what = f"waiting for the public score of submission {submission.ref}; Ctrl-C leaves it to Kaggle"
            with suppress(KeyboardInterrupt), waiting_for(what) as pulse:
                submission = await_score(folder, kaggle, submission, pulse)
        if submission.status == "error":
            raise KaggleError(f"Kaggle could not score submission {submission.ref}: {submission.reason or 'it gives no reason'}")
        if submission.score is None:
            note(f"its score will be at {page(slug, 'submissions')}; `agentk submit {folder.path.name} --wait` waits for it")
        else:
            _tell_score(folder, kaggle, submission)
    _revalidate(folder)


def _tell_score(folder: RunFolder, kaggle: Kaggle, submission: Submission) -> None:
    from agentk.agent.insight.evidence import contract_of
    from agentk.agent.leaderboard.publicity import unexpected
    from agentk.competitions.metrics.own import metric_of
    from agentk.errors import AgentKError
    from agentk.kaggle.board import from_archive, place_of

    assert submission.score is not None
    place = None
    try:
        board = from_archive(kaggle.leaderboard(submission.competition))
        place = place_of(submission.score, board, metric_of(contract_of(folder)).direction)
    except AgentKError as error:  # the score is there, its place is a comfort
        note(f"note: no place can be told: {error}")
    note(f"public score {submission.score:.5f}" + (f": {place.words()}" if place is not None else ""))
    if surprise := unexpected(folder, submission.score):
        note(f"warning: {surprise}")


def _revalidate(folder: RunFolder) -> None:
    """Holds the public scores that are known against the folds; where they contradict them, the validation stage is reopened."""
    from agentk.agent.leaderboard.publicity import examine
    from agentk.agent.leaderboard.revalidation import in_words, reopen

    found = examine(folder)
    if found is None:
        return
    note(f"warning: the validation of this run is doubtful: {found.reason}")
    done = reopen(folder, found)
    if done.now is None:
        note("reopened, the validation stage finds no other way to hold rows out: --validation, --column or --folds FILE say one")
        return
    how = f"{done.now.scheme} folds" + (f" by {done.now.column}" if done.now.column else "")
    again = f"agentk replay {folder.path.name} --with validation={in_words(done.now)}"
    note(f"reopened, the validation stage would hold rows out in {how}; `{again}` tells this run again so")
    if done.remembered:
        note("memory was told: the next run on these data begins so (--validation says otherwise)")


def propose_finals(run: str, out: Path) -> None:
    """Prints the two finals; the second is written beside the first."""
    from agentk.agent.leaderboard.finals import propose
    from agentk.agent.leaderboard.submitting import FIRST, SECOND
    from agentk.agent.session import find, request_of
    from agentk.kaggle.address import page

    folder = find(run, out)
    finals = propose(folder)
    print(f"1  {FIRST}    #{finals.best.number} {finals.best.name}: the best expected")
    print(f"2  {SECOND}  #{finals.second.number} {finals.second.name}: {finals.reason}")
    slug = request_of(folder).kaggle
    if slug is not None:
        print(f"\nagentk submit {folder.path.name} --file {SECOND}\nThen choose both as finals: {page(slug, 'submissions')}")
