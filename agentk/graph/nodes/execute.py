"""Execute and collect: attempts are queued at the referee, and taken as they finish; then the submission may be replaced."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from agentk.competitions.account import in_markdown
from agentk.graph.folder import replace
from agentk.graph.journal import real
from agentk.graph.rewind import carry_over
from agentk.graph.state import State
from agentk.graph.workbench import Workbench
from agentk.referee.choice import prefers
from agentk.referee.evaluation import Evaluation, save
from agentk.types.attempt import Attempt
from agentk.types.metric import gain
from agentk.types.outcome import Outcome, Status
from agentk.types.solution import Solution

POLL = 0.2
"""Seconds between looks at the clock while waiting."""


def key_of(number: int) -> str:
    """Under which an attempt is queued."""
    return f"attempt-{number}"


def execute(bench: Workbench, state: State) -> State:
    """Queues every started attempt that is not queued yet: the new one, and after a restart those that were under way."""
    bench.notice("execute", "")
    enqueue(bench)
    if "findings" not in bench.ledger.stages:
        look(bench)  # now, while the first programs run
    return {}


def look(bench: Workbench) -> None:
    """Searches for leaks and shifts between train and test, once a run; what is found is shown and kept with the contract."""
    bench.notice("execute", "looking for leaks and shifts")
    with bench.aside():
        findings = bench.arena.findings()
    if findings:
        found = bench.arena.competition.model_copy(update={"findings": findings})
        bench.settle_competition(found)
        replace(bench.folder.path / "contract.md", in_markdown(found))
    bench.journal.write("stage", stage="findings", findings=list(findings))


def enqueue(bench: Workbench) -> None:
    """Queues the started attempts that are not queued yet."""
    referee = bench.arena.referee
    queued = referee.pending | bench.finished.keys()
    for number in bench.pending():
        if key_of(number) in queued:
            continue
        solution, facts = bench.folder.started_solution(number)
        seconds = facts.get("seconds")
        with bench.aside():  # the audit reads the whole program
            referee.submit(
                solution,
                dict(_mapping(facts["params"])),
                key=key_of(number),
                seconds=None if seconds is None else real(seconds),
            )


def _mapping(value: Any) -> dict[str, Any]:
    assert isinstance(value, dict)
    return value


def collect(bench: Workbench, state: State) -> State:
    """Settles what has finished. Waits when as many attempts are under way as should be, or when the plan says so."""
    bench.notice("collect", "")
    enqueue(bench)
    wait = state["plan"].get("action") == "wait" or len(bench.pending()) >= bench.setting.lookahead
    settled = _settle_finished(bench, oldest=bench.setting.ordered and wait, any_=not bench.setting.ordered)
    model = bench.proposing
    told = state["plan"].get("action") == "wait"
    while wait and not settled and (bench.pending() or (told and model is not None and model.busy)):
        if bench.over() is not None or (told and model is not None and model.ready):
            break
        bench.rest()
        gather(bench, POLL)
        settled = _settle_finished(bench, oldest=bench.setting.ordered, any_=not bench.setting.ordered)
    if bench.over() is not None:
        _abandon(bench)
    return {}


def gather(bench: Workbench, timeout: float | None) -> None:
    """Takes what the referee has finished, waiting at most `timeout` seconds for something."""
    with bench.aside():
        referee = bench.arena.referee
        if timeout and not referee.pending:
            time.sleep(min(timeout, POLL))  # a model is waited for: there is nothing else to do
        for evaluation in referee.collect(timeout):
            bench.finished[evaluation.key] = evaluation
        if bench.proposing is not None:
            bench.proposing.look(bench)


def _settle_finished(bench: Workbench, *, oldest: bool, any_: bool) -> bool:
    """Settles every finished attempt, or, in an ordered run, only the one that was started first; whether there was any."""
    gather(bench, 0.0)
    pending = bench.pending()
    due = pending if any_ else pending[:1] if oldest else []
    ended = [number for number in due if key_of(number) in bench.finished]
    for number in ended:
        settle(bench, number, bench.finished.pop(key_of(number)))
    return bool(ended)


def _abandon(bench: Workbench) -> None:
    """Ends what is under way when the run has to end; what has just finished still counts."""
    _settle_finished(bench, oldest=False, any_=True)
    for number in bench.pending():
        bench.arena.referee.cancel(key_of(number))
        settle(bench, number, None, Outcome(status=Status.CANCELLED, reason=f"the run ended before it did ({bench.stopped})"))


def settle(bench: Workbench, number: int, evaluation: Evaluation | None, outcome: Outcome | None = None) -> None:
    """Makes a started attempt a finished one: its folder, then its line in the journal, then perhaps the submission."""
    solution, facts = bench.folder.started_solution(number)
    recipe, parent, seconds = facts["recipe"], facts["parent"], 0.0 if evaluation is None else evaluation.seconds
    attempt = Attempt.model_validate(
        {
            "number": number,
            "parent": parent,
            "kind": facts["kind"],
            "name": solution.name,
            "origin": facts["origin"],
            "recipe": recipe,
            "idea": facts.get("idea", ""),
            "params": facts["params"],
            "lessons": facts.get("lessons", ()),
            "parents": facts.get("parents", ()),
            "predicted_gain": facts.get("predicted_gain"),
            "smoke": facts.get("smoke"),
            "seconds": seconds,
            "limit": facts.get("seconds"),
            "tunable": _tunable(solution),
            "outcome": outcome if evaluation is None else evaluation.outcome,
        }
    )
    finish(bench, attempt, solution, evaluation)


def _tunable(solution: Solution) -> bool:
    try:
        return bool(solution.space)
    except ValueError:  # the audit has refused it for that
        return False


def finish(bench: Workbench, attempt: Attempt, solution: Solution, evaluation: Evaluation | None) -> None:
    """Choice, attempt folder, journal line, submission: in this order, so that a kill in between loses and doubles nothing.

    What the attempt came to is read off the evaluation, where there is one.
    """
    if evaluation is not None:
        results = ("outcome", "score", "std", "fold_scores", "merit", "fold_merits")
        attempt = Attempt.model_validate(dict(attempt) | {name: getattr(evaluation, name) for name in results})
    whole = evaluation if evaluation is not None and attempt.outcome.status is Status.SCORED else None
    if whole is not None:
        bench.evaluations[attempt.number] = whole
        with bench.aside():
            chosen, verdict = choose(bench, attempt, whole)
        attempt = attempt.model_copy(update={"chosen": chosen, "verdict": verdict})
    log = "" if evaluation is None else evaluation.log
    bench.folder.finish(attempt, solution.source, log, None if whole is None else partial(save, whole))
    record(bench, attempt)
    if evaluation is not None:
        bench.arena.referee.forget(evaluation.key)


def choose(bench: Workbench, attempt: Attempt, challenger: Evaluation) -> tuple[bool, str]:
    """Whether the selection rule prefers the attempt to the one in submission.csv, and what it says."""
    best = bench.ledger.best
    if best is None:
        return True, "the first attempt with a score"
    incumbent = bench.ledger.attempts[best]
    # A later blend has seen every member of an earlier one: it is the average of more. A lone program never ties a blend away,
    # and a tie does not let the score slide downwards for simplicity's sake.
    better = gain(bench.arena.metric, attempt.score or 0.0, incumbent.score or 0.0) >= 0
    verdict = prefers(
        challenger,
        bench.evaluation(best),
        judge=bench.arena.referee.judge,
        average=len(attempt.seen) > len(incumbent.seen),
        # Measured seconds would not decide the same way twice: in an ordered run a tie stays with what came first.
        simpler=not incumbent.seen
        and better
        and not bench.setting.ordered
        and _effort(bench, attempt) < _effort(bench, incumbent),
    )
    return verdict.prefer, verdict.reason


def record(bench: Workbench, attempt: Attempt) -> None:
    """The journal line of an attempt whose folder is in place; if it was chosen, its answers go into submission.csv."""
    bench.journal.write("attempt_finished", number=attempt.number, attempt=attempt.model_dump(mode="json"))
    if attempt.chosen:
        replace_submission(bench, attempt)


def replace_submission(bench: Workbench, attempt: Attempt) -> None:
    """Writes the answers of an attempt into submission.csv."""
    referee = bench.arena.referee
    replace(bench.folder.submission, bench.arena.submission(referee.answers(bench.evaluation(attempt.number))))
    # Not awaited: without this line the file is written again when the run is opened.
    bench.journal.write(
        "submission_replaced", durable=False, number=attempt.number, score=attempt.score, std=attempt.std, reason=attempt.verdict
    )


def recover(bench: Workbench) -> None:
    """After a kill or a rewind: journals attempts whose folder is in place and whose line is missing; mends submission.csv."""
    carry_over(bench.folder)
    for path in sorted(bench.folder.attempts.iterdir(), key=lambda path: path.name.zfill(9)):
        number = int(path.name) if path.name.isdigit() else None
        if number is None or number in bench.ledger.attempts or number in bench.ledger.abandoned:
            continue
        if attempt := bench.folder.read_attempt(number):
            record(bench, attempt)
    best = bench.ledger.best
    if best is not None and (bench.ledger.submitted != best or not bench.ledger.follows):
        replace_submission(bench, bench.ledger.attempts[best])
    elif not bench.ledger.follows:
        sound_submission(bench)


def sound_submission(bench: Workbench) -> None:
    """Writes answers that need no model into submission.csv."""
    replace(bench.folder.submission, bench.arena.submission(bench.arena.sound_answers()))
    bench.journal.write(
        "submission_replaced", number=None, score=None, reason="sound answers that need no model, until one is scored"
    )


def _effort(bench: Workbench, attempt: Attempt) -> float:
    """Slot seconds that remaking it takes: what "simpler" means."""
    members = [bench.ledger.attempts[number] for number in attempt.weights] or [attempt]
    return sum(member.seconds / max(1, member.trials) for member in members)
