"""`agentk run`, `resume` and `predict`: a run with its display, then its summary."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from agentk.agent import machine
from agentk.agent.ending.summary import Summary, summarize
from agentk.agent.models import notice_of
from agentk.agent.request import Request, renewed_budget
from agentk.agent.session import begin, find, request_of, session, work
from agentk.cli.arguments import writable
from agentk.errors import RunError, SettingError, StoreError, UserError
from agentk.graph.folder import RunFolder
from agentk.graph.workbench import Workbench
from agentk.settings import duration

NO_SUBMISSION = 3
INTERRUPTED = 130


def start(request: Request, *, as_json: bool, submit: bool = False, watch: bool = False) -> int:
    """Runs from the beginning; returns the exit code. A competition that is refused leaves no folder behind.

    submit: sends the submission to Kaggle at the end and waits for its score, as the person agreed to. watch: its report can
    be followed in a browser meanwhile.
    """
    folder = begin(request)
    try:
        code = _run(folder, request_of(folder), as_json=as_json, watch=watch)
    except UserError:
        if not folder.submission.exists():
            shutil.rmtree(folder.path, ignore_errors=True)
        raise
    if submit and code == 0:
        from agentk.cli.kaggle import submit_run

        submit_run(str(folder.path), request.out, wait=True)
    return code


def go_on(
    run: str,
    out: Path,
    *,
    budget: str | None,
    attempts: int | None,
    hints: tuple[str, ...],
    max_cost: float | None = None,
    max_tokens: int | None = None,
    as_json: bool,
) -> int:
    """Resumes. A run that has ended as it was asked to is shown; for more of it, more has to be asked for."""
    folder = find(run, out)
    request = request_of(folder)
    spent = summarize(folder)
    if spent.stopped_by in ("budget", "attempts") and budget is None and attempts is None:
        again = f"agentk resume {run}"
        print(f"note: it has ended ({spent.stopped_by}); for more: {again} --budget +10m, or --attempts N", file=sys.stderr)
        return _tell(spent, as_json=as_json)
    update: dict[str, object] = {"hints": (*request.hints, *hints)}
    if request.overrides.leaks == "ask":  # there is no asking twice
        update["overrides"] = request.overrides.model_copy(update={"leaks": "report"})
    limits = {name: limit for name, limit in (("max_cost", max_cost), ("max_tokens", max_tokens)) if limit is not None}
    update["models"] = request.models.model_copy(update=limits)
    if budget is not None:
        update["budget"] = renewed_budget(budget, request.budget, spent.seconds)
    if attempts is not None or (budget is not None and spent.stopped_by == "attempts"):
        update["attempts"] = attempts  # time alone lifts the count that ended the run
    request = request.model_copy(update=update)
    if spent.stopped_by is not None and request.budget is not None and request.budget <= spent.seconds:
        raise RunError(
            f"{folder.path.name} has spent its budget of {duration(request.budget)}; give more: agentk resume {run} --budget +10m"
        )
    now, made = machine.versions(), folder.facts().get("versions")
    if isinstance(made, dict) and made != now:
        changed = ", ".join(
            f"{name} {made.get(name)} → {now.get(name)}" for name in sorted(now) if made.get(name) != now.get(name)
        )
        print(f"note: libraries differ from those the run was begun with ({changed}); scores may shift a little", file=sys.stderr)
    return _run(folder, request, as_json=as_json)


def start_again(
    request: Request, before: Callable[[Workbench], None], tell: Callable[[RunFolder, Workbench], None], *, as_json: bool
) -> int:
    """A new run that is prepared and told of in a way of its own: `before` its first node, and `tell` after its end."""
    folder = begin(request)
    seen: list[Workbench] = []

    def prepared(bench: Workbench) -> None:
        seen.append(bench)
        before(bench)

    code = _run(folder, request_of(folder), as_json=as_json, before=prepared, quiet=as_json)
    if seen:
        tell(folder, seen[0])
    return code


def _run(
    folder: RunFolder,
    request: Request,
    *,
    as_json: bool,
    watch: bool = False,
    before: Callable[[Workbench], None] | None = None,
    quiet: bool = False,
) -> int:
    from rich.console import Console
    from rich.text import Text

    from agentk.cli.screen.display import display_for
    from agentk.sandbox.open import describe_sandbox

    interrupted = False
    problem: Exception | None = None
    console = Console(stderr=True, soft_wrap=not sys.stderr.isatty(), highlight=False)
    for line in (*notice_of(request.models), describe_sandbox().line()):
        console.print(Text(line))
    try:
        with _watched(folder, watch), session(folder, request) as bench:
            live = sys.stderr.isatty()
            display, shown = display_for(bench, live=live)
            bench.journal.listen(display.line)
            bench.notice = display.notice
            if before is not None:
                before(bench)
            with shown():
                work(bench)
            interrupted = bench.stopped == "interrupted"
    except KeyboardInterrupt:
        interrupted = True
    except StoreError as error:
        problem = error
    if problem is None:
        from agentk.report.page import report_at_end

        report_at_end(folder)
    summary = summarize(folder)
    code = (0 if summary.submission is not None else NO_SUBMISSION) if quiet else _tell(summary, as_json=as_json)
    if problem is not None:
        raise problem
    return INTERRUPTED if code and interrupted else code


@contextmanager
def _watched(folder: RunFolder, wanted: bool) -> Iterator[None]:
    """While left open, the run can be followed in a browser, where that is wanted."""
    if not wanted:
        yield
        return
    from agentk.report.watch import watching

    with watching(folder) as address:
        print(f"live: {address}", file=sys.stderr)
        yield


def _tell(summary: Summary, *, as_json: bool) -> int:
    """Prints the summary; the exit code says whether there is a submission."""
    if as_json:
        print(summary.model_dump_json())
    else:
        from agentk.cli.showing import print_summary

        print_summary(summary)
    return 0 if summary.submission is not None else NO_SUBMISSION


def predict_rows(run: str, out: Path, rows: Path, output: Path) -> None:
    """Predicts the rows of a file with the winner; says where the predictions are."""
    from agentk.agent.again.prediction import predict

    folder = find(run, out)
    if not rows.is_file():
        raise SettingError(f"there is no file {rows}: give a file with new rows, columns like the test file's")
    count = predict(folder, rows, writable(output))
    print(f"{count} rows predicted: {output}", file=sys.stderr)
