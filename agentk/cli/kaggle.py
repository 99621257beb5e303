"""Kaggle on the command line: fetching with progress, `agentk submit`, `agentk leaderboard`."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentk.cli.completing import runs

if TYPE_CHECKING:
    from agentk.agent.request import Request
    from agentk.agent.submitting import Submission
    from agentk.graph.folder import RunFolder
    from agentk.kaggle.board import Row
    from agentk.kaggle.client import Kaggle
    from agentk.types.metric import Direction

Out = Annotated[Path, typer.Option("--out", help="Where runs are kept.")]
INTERRUPTED = 130
SHOWN = 10
"""Rows of a leaderboard that are printed."""


def mount(app: typer.Typer) -> None:
    """Puts the commands into the command line."""
    for command in (submit, leaderboard):
        app.command()(command)


def submit(
    run: Annotated[str, typer.Argument(help="A run: its folder, its name, or 'last'.", autocompletion=runs)],
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


def leaderboard(
    competition: Annotated[str, typer.Argument(help="A run, a Kaggle address, or a competition's name there.")],
    score: Annotated[float | None, typer.Option(help="Also tell the place that this score would take.")] = None,
    lower: Annotated[bool, typer.Option("--lower-is-better", help="Of the metric; a run knows by itself.")] = False,
    out: Out = Path("runs"),
) -> None:
    """The public leaderboard, and the place of a run on it."""
    show_leaderboard(competition, out, score=score, lower=lower)


def fetched(request: Request, root: Path | None) -> Request:
    """The request with everything on this disk; downloads are shown on stderr."""
    said = request.overrides.description or ""
    if not re.match(r"https?://", said) and Path(request.competition).exists():
        return request
    from agentk.agent.fetching import brought

    try:
        with _downloading() as progress:
            return brought(request, root, progress=progress, notice=_note)
    except KeyboardInterrupt:
        _note("interrupted: what has arrived is kept, the same command goes on with it")
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
    from agentk.agent.session import find
    from agentk.agent.submitting import FIRST, await_score, competition_of, look, send
    from agentk.errors import KaggleError
    from agentk.kaggle.address import page
    from agentk.kaggle.client import Kaggle

    folder = find(run, out)
    slug = competition_of(folder, competition)
    with Kaggle(_note) as kaggle:
        if notebook is None and file == FIRST and kaggle.competition(slug).code_only:
            from agentk.report.export import export

            notebook = export(folder, "notebook", folder.path / "submission.ipynb")
            _note(f"{slug} is a code competition: {notebook} is made and run at Kaggle")
        with _waiting("waiting for the notebook to run at Kaggle") if notebook else nullcontext(lambda _seconds: None) as pulse:
            submission, now = send(folder, kaggle, slug, file=file, message=message, again=again, notebook=notebook, pulse=pulse)
        if now:
            _note(f"sent {submission.file} to {slug}: submission {submission.ref}")
        else:
            _note(f"{submission.file} was sent before, as submission {submission.ref}; nothing was sent now (--again does)")
        look(folder, kaggle)
        if wait and submission.status == "pending":
            what = f"waiting for the public score of submission {submission.ref}; Ctrl-C leaves it to Kaggle"
            with suppress(KeyboardInterrupt), _waiting(what) as pulse:
                submission = await_score(folder, kaggle, submission, pulse)
        if submission.status == "error":
            raise KaggleError(f"Kaggle could not score submission {submission.ref}: {submission.reason or 'it gives no reason'}")
        if submission.score is None:
            _note(f"its score will be at {page(slug, 'submissions')}; `agentk submit {folder.path.name} --wait` waits for it")
        else:
            _tell_score(folder, kaggle, submission)
    _revalidate(folder)


def _tell_score(folder: RunFolder, kaggle: Kaggle, submission: Submission) -> None:
    from agentk.agent.evidence import contract_of
    from agentk.agent.publicity import unexpected
    from agentk.competitions.metrics.own import metric_of
    from agentk.errors import AgentKError
    from agentk.kaggle.board import from_archive, place_of

    assert submission.score is not None
    place = None
    try:
        board = from_archive(kaggle.leaderboard(submission.competition))
        place = place_of(submission.score, board, metric_of(contract_of(folder)).direction)
    except AgentKError as error:  # the score is there, its place is a comfort
        _note(f"note: no place can be told: {error}")
    _note(f"public score {submission.score:.5f}" + (f": {place.words()}" if place is not None else ""))
    if surprise := unexpected(folder, submission.score):
        _note(f"warning: {surprise}")


def _revalidate(folder: RunFolder) -> None:
    """Holds the public scores that are known against the folds; where they contradict them, the validation stage is reopened."""
    from agentk.agent.publicity import examine
    from agentk.agent.revalidation import in_words, reopen

    found = examine(folder)
    if found is None:
        return
    _note(f"warning: the validation of this run is doubtful: {found.reason}")
    done = reopen(folder, found)
    if done.now is None:
        _note(
            "reopened, the validation stage finds no other way to hold rows out: --validation, --column or --folds FILE say one"
        )
        return
    how = f"{done.now.scheme} folds" + (f" by {done.now.column}" if done.now.column else "")
    again = f"agentk replay {folder.path.name} --with validation={in_words(done.now)}"
    _note(f"reopened, the validation stage would hold rows out in {how}; `{again}` tells this run again so")
    if done.remembered:
        _note("memory was told: the next run on these data begins so (--validation says otherwise)")


def propose_finals(run: str, out: Path) -> None:
    """Prints the two finals; the second is written beside the first."""
    from agentk.agent.finals import propose
    from agentk.agent.session import find, request_of
    from agentk.agent.submitting import FIRST, SECOND
    from agentk.kaggle.address import page

    folder = find(run, out)
    finals = propose(folder)
    print(f"1  {FIRST}    #{finals.best.number} {finals.best.name}: the best expected")
    print(f"2  {SECOND}  #{finals.second.number} {finals.second.name}: {finals.reason}")
    slug = request_of(folder).kaggle
    if slug is not None:
        print(f"\nagentk submit {folder.path.name} --file {SECOND}\nThen choose both as finals: {page(slug, 'submissions')}")


def show_leaderboard(competition: str, out: Path, *, score: float | None, lower: bool) -> None:
    """Prints the first rows and the place of a run or a score."""
    from agentk.agent.session import find, request_of
    from agentk.errors import RunError
    from agentk.kaggle.address import slug_of

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
        from agentk.agent.evidence import contract_of
        from agentk.competitions.metrics.own import metric_of

        direction = metric_of(contract_of(folder)).direction
    _print_board(rows, source)
    _print_place(folder, rows, direction, score)


def _board(folder: RunFolder | None, slug: str | None) -> tuple[tuple[Row, ...], str]:
    """A run's leaderboard: that at Kaggle, else a leaderboard.csv beside its data."""
    from agentk.agent.evidence import contract_of
    from agentk.competitions.listing import LEADERBOARD
    from agentk.errors import RunError
    from agentk.kaggle.address import page
    from agentk.kaggle.board import from_archive, from_file
    from agentk.kaggle.client import Kaggle

    if slug is not None:
        with Kaggle(_note) as kaggle:
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
        from agentk.agent.summary import summarize

        found = summarize(folder)
        told += [("public score", found.public_score), ("score of the folds", found.cv_score)]
    for what, value in told:
        place = None if value is None else place_of(value, rows, direction)
        if place is not None:
            print(f"{what} {value:.5f}: {place.words()}")


def _note(text: str) -> None:
    print(text, file=sys.stderr)


@contextmanager
def _downloading() -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar for each step on a terminal, else a line now and then."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    if sys.stderr.isatty():
        bars: dict[str, TaskID] = {}
        with Progress(*columns, console=Console(stderr=True)) as shown:

            def draw(step: str, done: int, total: int | None) -> None:
                if step not in bars:
                    bars[step] = shown.add_task(step, total=total)
                shown.update(bars[step], completed=done, total=total)

            yield draw
        return
    tenths: dict[str, int] = {}

    def tell(step: str, done: int, total: int | None) -> None:
        tenth = 10 * done // total if total else done >> 27  # or every 128 MiB
        if tenth > tenths.get(step, 0):
            tenths[step] = tenth
            _note(f"{step}: {done / 1e6:,.1f} MB" + (f" of {total / 1e6:,.1f} MB" if total else ""))

    yield tell


@contextmanager
def _waiting(what: str) -> Iterator[Callable[[float], None]]:
    """Says what is waited for, and how long."""
    from rich.console import Console

    if sys.stderr.isatty():
        with Console(stderr=True).status(what) as status:
            yield lambda seconds: status.update(f"{what} ({seconds:.0f} s)")
    else:
        _note(what)
        yield lambda _seconds: None
