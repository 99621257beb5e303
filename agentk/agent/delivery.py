"""Delivery: the end of a run. What the person takes away is written, the grader speaks, memory learns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agentk.agent import machine
from agentk.agent.learning import learn
from agentk.agent.summary import write_grade
from agentk.agent.takeaway import Member, Takeaway, write_takeaway
from agentk.errors import CompetitionError, RunError
from agentk.graph.folder import RunFolder
from agentk.graph.workbench import Workbench
from agentk.types.attempt import Attempt
from agentk.types.competition import Competition

if TYPE_CHECKING:
    from agentk.agent.arena import CompetitionArena

ANSWERS = Path("answers") / "answers.csv"


def deliver(bench: Workbench) -> None:
    """Writes solution/, has a built-in or held-out test graded, and lets memory learn."""
    best = bench.ledger.best
    if best is not None:
        write_solution(bench, bench.ledger.attempts[best])
    grade(bench)
    learn(bench)


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
        title=best.name,
        versions=machine.versions(),
    )
    write_takeaway(takeaway, arena.test, bench.folder.solution)


def _member(bench: Workbench, arena: CompetitionArena, number: int, weight: float) -> Member:
    attempt = bench.ledger.attempts[number]
    source = bench.folder.read_solution(attempt).source
    return Member(number, attempt.name, source, arena.referee.params(attempt.params), weight)


def grade(bench: Workbench) -> None:
    """Where agentk itself held the test rows out, their score; written beside the run, for the final report alone."""
    answers = bench.folder.path / ANSWERS
    if not answers.exists():
        return
    from agentk.agent.grader import Grader, read_submission

    competition = bench.arena.competition
    grader = Grader(competition, read_submission(answers))
    graded = {"test_score": grader.grade(read_submission(bench.folder.submission))}
    if competition.sample is not None:
        try:
            graded["sample_score"] = grader.grade(read_submission(competition.folder / competition.sample.path))
        except CompetitionError:  # a sample may hold what no grader takes, such as empty cells
            graded.pop("sample_score", None)
    write_grade(bench.folder.path, dict(graded))


def predict(folder: RunFolder, rows: Path, output: Path) -> int:
    """Predicts the rows of a file with the run's winner, in the sandbox; returns how many.

    Raises RunError when the run has no winner yet, or when its program cannot take these rows.
    """
    import shutil
    import tempfile

    from agentk.agent.remake import SUBMISSION
    from agentk.agent.session import request_of
    from agentk.sandbox.open import open_sandbox
    from agentk.sandbox.protocol import End, Execution, Function, Limits

    contract = folder.path / "competition.json"
    if not (folder.solution / "solution.py").exists():
        raise RunError(
            f"{folder.path.name} has no winner to predict with; `agentk resume {folder.path.name} --budget +10m` may find one"
        )
    competition = Competition.model_validate_json(contract.read_text())
    files = {"--rows": rows.absolute()}
    if (extra := request_of(folder).extra) is not None:
        files["--extra"] = extra.absolute()
    names = {option: f"{option.strip('-')}{''.join(path.suffixes)}" for option, path in files.items()}
    with tempfile.TemporaryDirectory() as place:
        sandbox = open_sandbox(1, machine.cores(), (), Path(place) / "sandbox")
        try:
            execution = Execution(
                entry=Function("agentk.agent.remake:remake"),
                collect_to=Path(place) / "out",
                inputs={
                    "data": competition.folder,
                    "solution": folder.solution,
                    **{names[option]: files[option] for option in files},
                },
                arguments={"options": dict(names)},
                limits=Limits(wall_s=24 * 3600, memory_bytes=int(machine.memory() * 0.8)),
            )
            result = sandbox.submit(execution).result()
        finally:
            sandbox.close()
        if result.end is not End.OK or SUBMISSION not in result.outputs:
            raise RunError(
                f"{rows} could not be predicted: {result.reason or 'no predictions were written'}\n{result.log[-2000:]}"
            )
        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(result.outputs[SUBMISSION], output)
    with output.open() as file:
        return sum(1 for _ in file) - 1
