"""The end of a run in numbers: one object, for `--json`, `agentk show` and the last screen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from pydantic import JsonValue

from agentk.agent.models import spent_in_words
from agentk.errors import KaggleError
from agentk.graph.folder import RunFolder, damaged
from agentk.graph.journal import Line, read, real
from agentk.graph.ledger import Ledger
from agentk.kaggle.board import LEADERBOARD, from_file, place_of
from agentk.types.attempt import Attempt
from agentk.types.competition import Frozen
from agentk.types.metric import Direction
from agentk.types.outcome import Status

GRADE_FOLDER, GRADE = "answers", "grade.json"


class Summary(Frozen):
    """What came of a run. Scores are the referee's; `test_score` the grader's, where the answers are at hand."""

    run: str
    competition: str
    submission: str | None
    program: str | None
    metric: str | None = None
    direction: Direction | None = None
    cv_score: float | None = None
    cv_std: float | None = None
    interval: tuple[float, float] | None = None  # 90%, corrected for having chosen the best of many
    test_score: float | None = None
    public_score: float | None = None  # Kaggle's, of what is in submission.csv
    place: str | None = None  # what a score takes on the leaderboard beside the data, in words
    validation_doubt: str | None = None  # what public scores say against the folds
    sample_score: float | None = None  # of the sample submission, graded
    sound_score: float | None = None  # of answers that need no model, on the training rows
    baseline_score: float | None = None  # of the first model that was scored: plain, untuned
    traps: tuple[str, ...] = ()  # what memory knew to go wrong with files like these
    winner: str | None = None
    attempts: int = 0  # of all kinds
    blends: int = 0  # among them
    failed: int = 0
    trials: int = 0
    seconds: float = 0.0
    first_submission_s: float | None = None
    occupancy: float | None = None  # share of slot time in which solutions ran
    step_ms: float | None = None  # the graph's own cost of the median step, waiting and scoring left out
    cost: float = 0.0  # US dollars paid for models, where a price is known
    tokens: int = 0  # theirs, in and out
    calls: int = 0
    models: str | None = None  # the same in words
    stopped_by: str | None = None

    @property
    def work(self) -> str:
        """How much was tried, in words: "12 attempts, 3 blends, 30 trials, 1 failed"."""
        counts = {"attempt": self.attempts - self.blends, "blend": self.blends, "trial": self.trials}
        told = [f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items() if count or name == "attempt"]
        return ", ".join([*told, *([f"{self.failed} failed"] if self.failed else [])])


def summarize(folder: RunFolder) -> Summary:
    """The summary of a run as its folder tells it; works while it runs and after a crash."""
    lines = list(read(folder.journal))
    facts = folder.facts()
    request = facts.get("request")
    if not isinstance(request, dict) or "competition" not in request:
        raise damaged(folder.facts_file, "it holds no request")
    named = str(request["competition"])
    submission = str(folder.submission) if folder.submission.exists() else None
    last = lines[-1] if lines else None
    seconds = 0.0 if last is None else real(last["active_s"])
    competition = folder.read_contract()
    if competition is None:
        return Summary(run=str(folder.path), competition=named, submission=submission, program=None, seconds=seconds)
    from agentk.competitions.metrics.own import metric_of

    metric = metric_of(competition)
    ledger = Ledger.of(lines, metric.direction)
    best = None if ledger.best is None else ledger.attempts[ledger.best]
    program = folder.solution / "solution.py"
    found = {
        "run": str(folder.path),
        "competition": competition.name,
        "submission": submission,
        "program": str(program) if program.exists() else None,
        "metric": metric.name,
        "direction": metric.direction,
        "cv_score": None if best is None else best.score,
        "cv_std": None if best is None else best.std,
        "sound_score": _score(ledger, lambda attempt: attempt.recipe == "constant"),
        "baseline_score": _score(ledger, lambda attempt: attempt.recipe not in (None, "constant")),
        "winner": None if best is None else _described(best),
        "attempts": len(ledger.attempts),
        "blends": sum(attempt.kind == "blend" for attempt in ledger.attempts.values()),
        "failed": ledger.failed,
        "trials": sum(attempt.trials for attempt in ledger.attempts.values()),
        "seconds": round(seconds, 1),
        "first_submission_s": _first(lines),
        "traps": traps(lines),
        "stopped_by": ledger.ended,
        "models": spent_in_words(ledger.spent) if ledger.spent.calls else None,
        "cost": round(ledger.spent.cost, 6),
        "tokens": ledger.spent.tokens,
        "calls": ledger.spent.calls,
    }
    summary = Summary.model_validate(found | _ending(lines) | _grade(folder.path) | _public(lines, ledger.submitted))
    return summary.model_copy(update={"place": _place(summary, competition.folder, metric.direction)})


def traps(lines: Iterable[Line]) -> list[str]:
    """What memory knew to go wrong with such files, in words."""
    known = [line["lessons"] for line in lines if line["event"] == "traps"]
    return [str(one["text"]) for lessons in known if isinstance(lessons, list) for one in lessons if isinstance(one, dict)]


def _public(lines: list[Line], submitted: int | None) -> dict[str, JsonValue]:
    """What Kaggle said, which no reasoner sees."""
    found: dict[str, JsonValue] = {}
    for line in lines:
        if line["event"] == "public_score" and line["number"] == submitted:
            found["public_score"] = line["score"]
        elif line["event"] == "validation_doubted":
            found["validation_doubt"] = line["reason"]
        elif line["event"] == "validation_reopened" and isinstance(now := line["now"], dict):
            column = f" by {now['column']}" if now.get("column") else ""
            found["validation_doubt"] = (
                f"{line['reason']}; reopened, the stage would hold rows out by {now['scheme']} folds{column}"
            )
    return found


def _place(summary: Summary, data: Path, direction: Direction) -> str | None:
    """The place on a leaderboard.csv beside the data, once the run has ended."""
    board = data / LEADERBOARD
    scores = {"public": summary.public_score, "test": summary.test_score, "folds'": summary.cv_score}
    known = next(((what, score) for what, score in scores.items() if score is not None), None)
    if summary.stopped_by is None or known is None or not board.is_file():
        return None
    try:
        place = place_of(known[1], from_file(board), direction)
    except KaggleError:  # another table of that name
        return None
    return None if place is None else f"{place.words()}, by the {known[0]} score"


def write_grade(folder: Path, grade: dict[str, JsonValue]) -> None:
    """Keeps what the grader said, beside the run and never inside what a reasoner reads."""
    from agentk.graph.folder import replace

    (folder / GRADE_FOLDER).mkdir(exist_ok=True)
    replace(folder / GRADE_FOLDER / GRADE, json.dumps(grade) + "\n")


def _grade(folder: Path) -> dict[str, float]:
    path = folder / GRADE_FOLDER / GRADE
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _ending(lines: list[Line]) -> dict[str, JsonValue]:
    """What the end of the run recorded of itself."""
    for line in reversed(lines):
        if line["event"] in ("resumed", "rewound"):  # it has not ended again
            break
        if line["event"] == "run_finished":
            return {name: line[name] for name in ("interval", "occupancy", "step_ms") if name in line}
    return {}


def _first(lines: list[Line]) -> float | None:
    replaced = (line for line in lines if line["event"] == "submission_replaced")
    first = next(replaced, None)
    return None if first is None else real(first["active_s"])


def _score(ledger: Ledger, wanted: Callable[[Attempt], bool]) -> float | None:
    """The score of the first draft that is wanted."""
    return next((attempt.score for attempt in ledger.scored if attempt.kind == "draft" and wanted(attempt)), None)


def _described(attempt: Attempt) -> str:
    if attempt.kind == "blend":
        return f"{attempt.name} ({attempt.idea})"
    tuned = f", tuned over {attempt.trials} trials" if attempt.trials else ""
    status = "" if attempt.outcome.status is Status.SCORED else f", {attempt.outcome.status.words}"
    return f"#{attempt.number} {attempt.name}{tuned}{status}"
