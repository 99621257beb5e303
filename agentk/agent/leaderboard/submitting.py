"""Submitting: a run's answers go to Kaggle, once, when the person asks; what comes back goes into the journal."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from agentk.agent.session import request_of
from agentk.errors import KaggleError, RunError
from agentk.graph.folder import RunFolder
from agentk.graph.journal import Journal, Line, read, real, whole
from agentk.graph.ledger import Ledger
from agentk.kaggle.address import slug_of
from agentk.kaggle.client import Kaggle
from agentk.kaggle.protocol import Limits, Sent
from agentk.settings import duration

FIRST, SECOND = "submission.csv", "submission-2.csv"
POLL = 3.0  # seconds between two looks at a submission, growing
POLL_LONGEST = 20.0
LONGEST_MESSAGE = 400
LONGEST_TITLE = 50  # of a notebook at Kaggle

T = TypeVar("T")


@dataclass(frozen=True)
class Submission:
    """What was sent, as the journal tells it; status is pending, complete or error."""

    ref: int
    competition: str
    file: str
    sha256: str
    number: int | None  # of the attempt whose answers these are
    status: str = "pending"
    score: float | None = None
    reason: str = ""


def submissions_of(lines: Iterable[Line]) -> dict[int, Submission]:
    """A run's submissions by Kaggle's number, in the order in which they were sent."""
    found: dict[int, Submission] = {}
    for line in lines:
        if line["event"] == "submitted":
            ref = whole(line["ref"])
            number = None if line["number"] is None else whole(line["number"])
            found[ref] = Submission(ref, str(line["competition"]), str(line["file"]), str(line["sha256"]), number)
        elif line["event"] == "public_score" and whole(line["ref"]) in found:
            ref = whole(line["ref"])
            score = None if line["score"] is None else real(line["score"])
            found[ref] = replace(found[ref], status=str(line["status"]), score=score, reason=str(line["reason"] or ""))
    return found


def competition_of(folder: RunFolder, said: str | None) -> str:
    """The slug of the competition that a run belongs to. Raises RunError where nobody has said."""
    if said is not None:
        return slug_of(said) or str(slug_of(f"kaggle:{said}"))
    slug = request_of(folder).kaggle
    if slug is None:
        raise RunError(
            f"{folder.path.name} was run on a folder, so which competition at Kaggle it belongs to is not known: "
            "say it with --competition SLUG"
        )
    return slug


def send(
    folder: RunFolder,
    kaggle: Kaggle,
    slug: str,
    *,
    file: str = FIRST,
    message: str = "",
    again: bool = False,
    notebook: Path | None = None,
    pulse: Callable[[float], None] = lambda _seconds: None,
) -> tuple[Submission, bool]:
    """Sends `file` of the run's folder, or has Kaggle run `notebook` and takes its submission.csv; the submission, and whether
    it was sent now. pulse: called with the seconds that the notebook has been waited for.

    What was sent before is not sent again unless `again`: the journal knows it, or Kaggle's own list, where a run was killed
    between sending and journaling. Raises RunError without such a file, KaggleError when the day's submissions are used up.
    """
    path = notebook or _file(folder, file)
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from None
    with journal_of(folder) as journal:  # before anything is sent: what cannot be journaled must not be
        lines = list(read(folder.journal))
        known = [one for one in submissions_of(lines).values() if one.sha256 == digest and one.competition == slug]
        known = [one for one in known if one.status != "error"]
        if known and not again:
            return known[-1], False
        number = _attempt_of(file, lines)
        key = f"[agentk {folder.path.name} {'no attempt' if number is None else f'#{number}'} {digest[:10]}]"
        now, ref, text = False, _counted(kaggle, slug, key) if not again else None, key
        if ref is None:
            if notebook is None and kaggle.competition(slug).code_only:
                raise KaggleError(
                    f"{slug} is a code competition: Kaggle runs a notebook there and takes no file. `agentk export "
                    f"{folder.path.name} --to notebook` writes one; send it with --notebook FILE.ipynb"
                )
            _refuse_beyond(kaggle.limits(slug), slug)
            now, text = True, f"{message[:LONGEST_MESSAGE]} {key}".strip()
            if notebook is None:
                ref = kaggle.submit(slug, path, text)
            else:
                pushed = kaggle.push(notebook, slug, f"agentk {folder.path.name}"[:LONGEST_TITLE])
                _wait(lambda: kaggle.notebook_ended(pushed) or None, pulse)
                ref = kaggle.submit_notebook(slug, pushed, FIRST, text)
        journal.write("submitted", ref=ref, competition=slug, file=path.name, sha256=digest, number=number, message=text)
        return Submission(ref, slug, path.name, digest, number), now


def _counted(kaggle: Kaggle, slug: str, key: str) -> int | None:
    """Kaggle's number of a submission with this key in its message, as a killed process may have left it."""
    found = (one for one in kaggle.submissions(slug) if key in one.message and one.status != "error")
    return next((one.ref for one in found), None)


def _file(folder: RunFolder, file: str) -> Path:
    if file not in (FIRST, SECOND):
        raise RunError(f"--file {file}: a run has {FIRST}, and {SECOND} once `agentk submit RUN --finals` has written it")
    path = folder.path / file
    if not path.is_file():
        hint = "`agentk submit RUN --finals` writes it" if file == SECOND else "`agentk resume` goes on with the run"
        raise RunError(f"{folder.path.name} has no {file}: {hint}")
    return path


def await_score(folder: RunFolder, kaggle: Kaggle, submission: Submission, pulse: Callable[[float], None]) -> Submission:
    """Waits until Kaggle has scored it, and journals that. pulse: called with the seconds waited so far."""

    def ended() -> Sent | None:
        found = kaggle.submission(submission.ref)
        return None if found.status == "pending" else found

    return _score(folder, submission, _wait(ended, pulse))


def _wait(done: Callable[[], T | None], pulse: Callable[[float], None]) -> T:
    """What `done` gives once it gives something; asked for at growing distances."""
    began, wait = time.monotonic(), POLL
    while (found := done()) is None:
        pulse(time.monotonic() - began)
        time.sleep(wait)
        wait = min(POLL_LONGEST, 1.3 * wait)
    return found


def look(folder: RunFolder, kaggle: Kaggle) -> None:
    """Journals the scores that came for submissions nobody waited for."""
    for submission in submissions_of(read(folder.journal)).values():
        if submission.status == "pending":
            found = kaggle.submission(submission.ref)
            if found.status != "pending":
                _score(folder, submission, found)


@contextmanager
def journal_of(folder: RunFolder) -> Iterator[Journal]:
    """The journal of a run that is not at work, to add a line to. Raises RunError while another process works on it."""
    folder.lock()
    try:
        lines = list(read(folder.journal))
        used = real(lines[-1]["active_s"]) if lines else 0.0
        journal = Journal(folder.journal, lambda: used)
        try:
            yield journal
        finally:
            journal.close()
    finally:
        folder.unlock()


def _attempt_of(file: str, lines: list[Line]) -> int | None:
    if file == FIRST:
        return Ledger.of(lines, "maximize").submitted
    proposed = [line["number"] for line in lines if line["event"] == "final_proposed"]
    return whole(proposed[-1]) if proposed else None


def _score(folder: RunFolder, submission: Submission, found: Sent) -> Submission:
    with journal_of(folder) as journal:
        journal.write(
            "public_score",
            ref=submission.ref,
            number=submission.number,
            status=found.status,
            score=found.score,
            reason=found.reason,
        )
    return replace(submission, status=found.status, score=found.score, reason=found.reason)


def _refuse_beyond(limits: Limits, slug: str) -> None:
    """Nothing is sent that Kaggle would refuse. All zeros mean that there is no team yet, which sending will tell."""
    if limits.left > 0 or not (limits.today or limits.total):
        return
    if limits.for_good:
        raise KaggleError(f"{slug} allows no more submissions: all {limits.total} of the competition are used")
    now = datetime.now(UTC)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    raise KaggleError(
        f"today's submissions to {slug} are used up ({limits.today} sent): more are allowed from 00:00 UTC, "
        f"in {duration((midnight - now).total_seconds())}. Nothing was sent"
    )
