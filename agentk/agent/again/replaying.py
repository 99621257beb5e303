"""Replay: a run told again from its journal and its predictions, to the same submission; `verify` executes its programs too."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NoReturn

from agentk.agent import machine
from agentk.agent.session import MOST_SLOTS, request_of
from agentk.agent.whereabouts import moved
from agentk.errors import AgentKError, RunError
from agentk.graph.branches import ended_attempts
from agentk.graph.clock import Clock
from agentk.graph.folder import RunFolder, replace
from agentk.graph.journal import Journal, read
from agentk.graph.ledger import Ledger
from agentk.graph.workbench import Setting, Workbench
from agentk.memory.off import Off
from agentk.types.attempt import Attempt
from agentk.types.competition import Competition, Frozen
from agentk.types.outcome import Status

if TYPE_CHECKING:
    from agentk.referee.evaluation import Evaluation

CLOSE = 1e-6
"""By so much, relative to their size, two scores of the same program may differ on the same versions."""


class Row(Frozen):
    """One attempt: what the journal says, and what came of it now."""

    number: int
    kind: str
    name: str
    executed: bool = False  # its program ran again
    score: float | None  # recorded
    again: float | None = None
    chosen: bool  # recorded
    chosen_again: bool = False
    note: str = ""

    @property
    def same(self) -> bool:
        """Whether the score and the choice came out as recorded."""
        if self.score is None or self.again is None:
            return self.score is self.again and self.chosen == self.chosen_again
        return abs(self.score - self.again) <= CLOSE * max(1.0, abs(self.score)) and self.chosen == self.chosen_again


class Replayed(Frozen):
    """What a replay came to."""

    run: str
    rows: tuple[Row, ...]
    submission_same: bool  # byte for byte
    sha256: str  # of the submission that came out
    verified: bool  # programs were executed again

    @property
    def same(self) -> bool:
        """Whether everything came out as recorded."""
        return self.submission_same and all(row.same for row in self.rows)


def replay(folder: RunFolder, *, verify: bool, tell: Callable[[Row], None]) -> Replayed:
    """Judges every attempt of the run again, in the recorded order, blends again, and lets the selection rule choose again.

    Recorded timings are inputs, and so are the predictions; with `verify` each program is executed again under its recorded
    parameters instead. The run itself is only read. Raises RunError where nothing was submitted yet.
    """
    if not folder.contract.exists() or not folder.submission.exists():
        raise RunError(f"{folder.path} has no submission yet, so there is nothing to replay; `agentk resume` goes on with it")
    recorded = ended_attempts(read(folder.journal))
    with _stage(folder, warm=verify) as bench:
        replace(bench.folder.submission, bench.arena.submission(bench.arena.sound_answers()))
        rows = []
        for attempt in recorded:
            row = _again(bench, folder, attempt, verify=verify)
            rows.append(row)
            tell(row)
        made = bench.folder.submission.read_bytes()
    return Replayed(
        run=str(folder.path),
        rows=tuple(rows),
        submission_same=made == folder.submission.read_bytes(),
        sha256=hashlib.sha256(made).hexdigest(),
        verified=verify,
    )


@contextmanager
def _stage(folder: RunFolder, *, warm: bool) -> Iterator[Workbench]:
    """A workbench beside the run: its contract and its folds, an empty ledger, a journal of its own."""
    from agentk.agent.arena import LAYOUT, CompetitionArena
    from agentk.reasoning.playbook import Playbook
    from agentk.sandbox.open import open_sandbox

    request = request_of(folder)
    with TemporaryDirectory(prefix="agentk-replay-") as name:
        place = RunFolder.create(Path(name) / "run", folder.facts())
        contract = folder.read_contract()
        assert contract is not None, "a run with a submission has got through setup"
        replace(place.contract, moved(contract, folder.path).model_dump_json())
        shutil.copy(folder.path / LAYOUT, place.path / LAYOUT)
        slots = request.workers or min(machine.cores(), MOST_SLOTS)
        cores = max(1, machine.cores() // slots)
        sandbox = open_sandbox(slots, cores, machine.WARM if warm else (), place.work / "sandbox", strict=False)
        clock = Clock(None)
        ledger, journal = Ledger(), Journal(place.journal, clock.active)
        journal.listen(ledger.apply)
        bench = Workbench(
            folder=place,
            journal=journal,
            clock=clock,
            ledger=ledger,
            setting=Setting(request.seed, slots, cores, request.attempts),
            reasoner=Playbook(),
            memory=Off(),
            first_draft=_none,
            open_arena=lambda competition: CompetitionArena(competition, place, request, sandbox),
            deliver=_none,
        )
        try:
            assert isinstance(bench.arena.competition, Competition)  # opens it, before anything is judged
            yield bench
        finally:
            journal.close()
            sandbox.close()
            place.unlock()


def _none(*_: object) -> NoReturn:
    raise AgentKError("a replay neither sets up nor delivers. This is agentk's fault")


def _again(bench: Workbench, folder: RunFolder, attempt: Attempt, *, verify: bool) -> Row:
    from agentk.graph.nodes.blend import blend
    from agentk.graph.nodes.execute import finish
    from agentk.reasoning.questions import Plan

    executed = False
    if attempt.kind == "blend":
        plan = Plan(giver=attempt.origin, action="blend", idea="")
        blend(bench, {"next": attempt.number, "plan": plan.model_dump(mode="json")})
    else:
        evaluation = None
        if attempt.outcome.status is Status.SCORED:
            evaluation, executed = _evaluated(bench, folder, attempt, verify=verify)
        fresh = attempt.model_copy(update={"chosen": False, "verdict": ""})
        finish(bench, fresh, folder.read_solution(attempt), evaluation)
    found = bench.ledger.attempts[attempt.number]
    lost = found.outcome.status is not attempt.outcome.status
    return Row(
        number=attempt.number,
        kind=attempt.kind,
        name=attempt.name,
        executed=executed,
        score=attempt.score,
        again=found.score,
        chosen=attempt.chosen,
        chosen_again=found.chosen,
        note=f"{found.outcome.status.words}: {found.outcome.reason}" if lost else "",
    )


def _evaluated(bench: Workbench, folder: RunFolder, attempt: Attempt, *, verify: bool) -> tuple[Evaluation, bool]:
    """From the recorded predictions, or from the program, where there is one."""
    from agentk.graph.nodes.hear import NO_PROGRAM
    from agentk.referee.evaluation import load

    referee, key = bench.arena.referee, f"attempt-{attempt.number}"
    solution = folder.read_solution(attempt)
    if verify and solution.source != NO_PROGRAM:
        referee.submit(solution, dict(attempt.params), key=key)
        (evaluation,) = referee.collect(None)
        return evaluation, True
    kept = load(folder.attempt(attempt.number))
    assert kept.oof is not None, "a scored attempt has predictions"
    return referee.evaluate(key, kept.oof, kept.test, seconds=attempt.seconds), False
