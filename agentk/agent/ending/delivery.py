"""Delivery: the end of a run. What the person takes away is written, the grader speaks, memory learns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agentk.agent import machine
from agentk.agent.ending.learning import learn
from agentk.agent.ending.summary import write_grade
from agentk.agent.ending.takeaway import Member, Takeaway, write_takeaway
from agentk.errors import CompetitionError
from agentk.graph.nodes.hear import NO_PROGRAM
from agentk.graph.workbench import Workbench
from agentk.types.attempt import Attempt, ranked

if TYPE_CHECKING:
    from agentk.agent.arena import CompetitionArena

BROUGHT = (
    "It is the best that programs alone make: submission.csv of the run rests on predictions that a person brought without one"
)
USED = 'CONTRACT["backbones"]'
"""How a program names the pretrained networks that it looks through."""
ANSWERS = Path("answers") / "answers.csv"


def deliver(bench: Workbench) -> None:
    """Writes solution/, has a built-in or held-out test graded, and lets memory learn."""
    best = remakeable(bench)
    if best is not None:
        write_solution(bench, best)
    grade(bench)
    learn(bench)


def remakeable(bench: Workbench) -> Attempt | None:
    """The winner; where it rests on predictions that a person brought without a program, the best attempt that does not."""
    ledger = bench.ledger
    best_first = ranked(ledger.attempts.values(), bench.arena.metric.direction)
    best_first.sort(key=lambda one: one.number != ledger.best)
    return next((one for one in best_first if all(_has_program(bench, number) for number in one.weights or [one.number])), None)


def _has_program(bench: Workbench, number: int) -> bool:
    return bench.folder.read_solution(bench.ledger.attempts[number]).source != NO_PROGRAM


def write_solution(bench: Workbench, best: Attempt) -> None:
    """The winner as a folder that stands alone."""
    from agentk.agent.arena import CompetitionArena

    arena = bench.arena
    assert isinstance(arena, CompetitionArena)
    evaluation = bench.evaluation(best.number)
    assert evaluation.decision is not None, "a scored attempt has a decision"
    weights = best.weights or {best.number: 1.0}
    members = tuple(_member(bench, arena, number, weight) for number, weight in weights.items())
    takeaway = Takeaway(
        competition=arena.competition,
        metric=arena.metric,
        layout=arena.layout,
        members=members,
        decision=evaluation.decision,
        method=best.method,
        workers=bench.setting.slots,
        threads=bench.setting.cores,
        score=best.score,
        std=best.std,
        extra=None if arena.extra is None else len(arena.extra),
        title=best.name if best.number == bench.ledger.best else f"{best.name}. {BROUGHT}",
        versions=machine.versions(),
        backbones=arena.backbones if any(USED in member.source for member in members) else {},
    )
    write_takeaway(takeaway, arena.test, bench.folder.solution)


def _member(bench: Workbench, arena: CompetitionArena, number: int, weight: float) -> Member:
    attempt = bench.ledger.attempts[number]
    solution = bench.folder.read_solution(attempt)
    return Member(number, attempt.name, solution.source, arena.referee.params(solution, attempt.params), weight)


def grade(bench: Workbench) -> None:
    """Where agentk itself held the test rows out, their score; written beside the run, for the final report alone."""
    answers = bench.folder.path / ANSWERS
    if not answers.exists():
        return
    from agentk.agent.ending.grader import Grader, read_submission

    competition = bench.arena.competition
    grader = Grader(competition, read_submission(answers))
    graded = {"test_score": grader.grade(read_submission(bench.folder.submission))}
    if competition.sample is not None:
        try:
            graded["sample_score"] = grader.grade(read_submission(competition.folder / competition.sample.path))
        except CompetitionError:  # a sample may hold what no grader takes, such as empty cells
            graded.pop("sample_score", None)
    write_grade(bench.folder.path, dict(graded))
