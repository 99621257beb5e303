"""The story of a run, gathered from its folder as plain values: what the report tells, also while it runs or after a crash."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from agentk.agent.ending.summary import Summary, summarize
from agentk.agent.insight.evidence import contract_of
from agentk.agent.insight.worth import Worth
from agentk.errors import AgentKError
from agentk.graph.branches import history
from agentk.graph.folder import RunFolder
from agentk.graph.journal import Line, read, real, whole
from agentk.graph.ledger import Ledger
from agentk.report.spending import Spending, spending_of
from agentk.types.attempt import Attempt
from agentk.types.competition import Competition
from agentk.types.metric import Direction, sign_of

LOG_TAIL = 6000
"""Characters of an attempt's log that are shown."""
MOST_LOGS = 400_000
"""Characters of all logs together, the latest first."""


@dataclass(frozen=True)
class Moment:
    """An attempt, and what the journal knows of it beside its own record."""

    attempt: Attempt
    ended_s: float  # active seconds of the run when it ended
    depth: int = 0
    left: bool = False  # it belongs to a branch that was left by a rewind
    note: str = ""  # what was concluded from it
    giver: str = ""  # who drew the conclusion
    lessons: tuple[tuple[str, str], ...] = ()  # text, why it was recalled
    source: str = ""  # digest of its program
    moved: tuple[tuple[str, str, str], ...] = ()  # parameter, value, default
    log: str = ""
    gain: tuple[float, float] | None = None  # paired over folds, to the parent or to the first plain model; and its error
    gain_to: int | None = None  # the attempt it was compared with
    gain_over: tuple[float, float] | None = None  # the same over the first plain model


@dataclass(frozen=True)
class Story:
    """A run, told."""

    summary: Summary
    competition: Competition | None
    facts: Mapping[str, Any]
    direction: Direction
    best: int | None
    moments: tuple[Moment, ...] = ()  # by number
    sources: Mapping[str, str] = field(default_factory=dict)  # digest -> program
    worths: tuple[Worth, ...] = ()
    spending: tuple[Spending, ...] = ()
    steps: tuple[tuple[float, float], ...] = ()  # active seconds, best score so far
    pending: tuple[int, ...] = ()
    budget: Mapping[str, Any] = field(default_factory=dict)
    edits: tuple[str, ...] = ()  # what the person said or brought
    learned: tuple[str, ...] = ()  # lessons that were written
    trouble: str | None = None  # what could not be read

    @property
    def ideas(self) -> list[Worth]:
        """What was taken out of the winner, or joined it."""
        return [worth for worth in self.worths if worth.column is None]

    @property
    def columns(self) -> list[Worth]:
        """What each column tells the winner, the most telling first."""
        found = [worth for worth in self.worths if worth.column is not None and worth.gain is not None]
        return sorted(found, key=lambda worth: -(worth.gain or 0.0))

    @property
    def versions(self) -> str:
        """Libraries that results depend on."""
        found = self.facts.get("versions")
        return ", ".join(f"{name} {version}" for name, version in found.items()) if isinstance(found, dict) else ""

    def tree_order(self) -> list[Moment]:
        """Parents before their children, siblings by number."""
        known = {moment.attempt.number for moment in self.moments}
        children: dict[int | None, list[Moment]] = defaultdict(list)
        for moment in self.moments:
            parent = moment.attempt.parent
            children[parent if parent in known else None].append(moment)
        found: list[Moment] = []
        waiting = list(reversed(children[None]))
        while waiting:
            moment = waiting.pop()
            found.append(moment)
            waiting += reversed(children[moment.attempt.number])
        return found

    @property
    def winner(self) -> Moment | None:
        """The attempt whose answers are in submission.csv."""
        return next((moment for moment in self.moments if moment.attempt.number == self.best), None)


def tell(folder: RunFolder) -> Story:
    """Reads the folder. What is damaged is said in `trouble`; only a folder that is no run raises, as RunError."""
    facts = folder.facts()
    trouble = None
    lines: list[Line] = []
    try:
        lines.extend(read(folder.journal))
    except AgentKError as error:
        trouble = str(error)
    competition = None
    try:
        competition = contract_of(folder)
    except (AgentKError, ValueError) as error:
        trouble = trouble or str(error)
    summary = summarize(folder) if trouble is None or (competition is None and lines) else _bare(folder, facts)
    direction = summary.direction or "maximize"
    ledger = Ledger.of(lines, direction)
    moments, sources = _moments(folder, ledger, lines)
    return Story(
        summary=summary,
        competition=competition,
        facts=facts,
        direction=direction,
        best=ledger.best,
        moments=moments,
        sources=sources,
        worths=_worths(lines, ledger.best),
        spending=spending_of(lines),
        steps=tuple(_steps(history(lines))),
        pending=tuple(ledger.under_way) if ledger.ended is None else (),
        budget=next((line for line in reversed(lines) if line["event"] == "budget"), {}),
        edits=tuple(str(line.get("hint") or f"brought {line.get('model')}") for line in lines if line["event"] == "edited"),
        learned=tuple(str(line["text"]) for line in lines if line["event"] == "lesson_written"),
        trouble=trouble,
    )


def _bare(folder: RunFolder, facts: Mapping[str, Any]) -> Summary:
    request = facts.get("request")
    named = str(request.get("competition")) if isinstance(request, dict) else folder.path.name
    return Summary(run=str(folder.path), competition=named, submission=None, program=None)


def _moments(folder: RunFolder, ledger: Ledger, lines: Sequence[Line]) -> tuple[tuple[Moment, ...], dict[str, str]]:
    notes = _notes(lines)
    lessons: dict[int, list[tuple[str, str]]] = defaultdict(list)
    ended: dict[int, float] = {}
    for line in lines:
        if line["event"] == "lesson_used":
            lessons[whole(line["number"])].append((str(line["text"]), str(line.get("why", ""))))
        elif line["event"] == "attempt_finished":
            ended[whole(line["number"])] = real(line["active_s"])
    sources: dict[str, str] = {}
    plain = next((one for one in ledger.scored if one.kind == "draft" and one.recipe != "constant"), None)
    room = MOST_LOGS
    found = []
    everything = ledger.attempts | ledger.abandoned
    for number in sorted(everything, reverse=True):
        attempt = everything[number]
        digest, moved = _program(folder, attempt, sources)
        log = _tail(folder, number, min(LOG_TAIL, room))
        room -= len(log)
        other = everything.get(attempt.parent) if attempt.parent is not None else plain
        gain = None if other is None or other is attempt else paired(attempt, other, ledger.direction)
        note, giver = notes.get(number, ("", ""))
        found.append(
            Moment(
                attempt=attempt,
                ended_s=ended.get(number, 0.0),
                depth=_depth(attempt, everything),
                left=number in ledger.abandoned,
                note=note,
                giver=giver,
                lessons=tuple(lessons[number]),
                source=digest,
                moved=moved,
                log=log,
                gain=gain,
                gain_to=None if gain is None or other is None else other.number,
                gain_over=None if plain is None or plain is attempt else paired(attempt, plain, ledger.direction),
            )
        )
    return tuple(reversed(found)), sources


def _program(folder: RunFolder, attempt: Attempt, sources: dict[str, str]) -> tuple[str, tuple[tuple[str, str, str], ...]]:
    """The digest of an attempt's program, kept once, and the parameters that are not at their default."""
    try:
        solution = folder.read_solution(attempt)
    except (OSError, UnicodeDecodeError):
        return "", ()
    if attempt.kind == "blend":
        return "", ()
    sources.setdefault(solution.digest, solution.source)
    try:
        space = solution.space
    except ValueError:
        space = {}
    shown = []
    for name, value in attempt.params.items():
        default = space[name].default if name in space else None
        if name not in space or value != default:
            shown.append((name, _short(value), "" if name not in space else _short(default)))
    return solution.digest, tuple(shown)


def _short(value: object) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)[:200]


def _tail(folder: RunFolder, number: int, length: int) -> str:
    path = folder.attempt(number) / "log.txt"
    if length <= 0 or not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4 * length))
        return file.read().decode("utf-8", "replace")[-length:]


def _depth(attempt: Attempt, attempts: Mapping[int, Attempt]) -> int:
    depth = 0
    while attempt.parent is not None and attempt.parent in attempts and depth < 12:
        attempt, depth = attempts[attempt.parent], depth + 1
    return depth


def paired(attempt: Attempt, other: Attempt, direction: Direction) -> tuple[float, float] | None:
    """By how much an attempt is better than another, from the differences of their folds, and the error of that.

    The variance is corrected for training sets that overlap (Nadeau & Bengio 2003). None where they do not share all folds.
    """
    count = len(attempt.fold_scores)
    if count < 2 or count != len(other.fold_scores) or attempt.score is None or other.score is None:
        return None
    apart = np.asarray(attempt.fold_scores) - np.asarray(other.fold_scores)
    apart = sign_of(direction) * apart
    return float(apart.mean()), float(apart.std(ddof=1) * math.sqrt(1 / count + 1 / (count - 1)))


def _notes(lines: Sequence[Line]) -> dict[int, tuple[str, str]]:
    """What was concluded from each attempt, and by whom: a question of reflection and the answer that follows it."""
    found: dict[int, tuple[str, str]] = {}
    asked: int | None = None
    for line in lines:
        if line.get("node") != "reflect":
            continue
        if line["event"] == "question" and isinstance(line["question"], dict):
            asked = whole(line["question"]["attempt"])
        elif line["event"] == "answer" and asked is not None and isinstance(line["answer"], dict):
            found[asked] = (str(line["answer"].get("note") or line["answer"].get("refused") or ""), str(line["giver"]))
            asked = None
    return found


def _worths(lines: Sequence[Line], best: int | None) -> tuple[Worth, ...]:
    """What taking things away has shown: of the winner as it is, and of models that a person added; the last word counts."""
    found: dict[tuple[int, int | None, str], Worth] = {}
    for line in lines:
        if line["event"] == "explained":
            worth = Worth.model_validate({name: line[name] for name in Worth.model_fields if name in line})
            if worth.about in (best, worth.number):
                found[worth.about, worth.number, worth.without] = worth
    return tuple(found.values())


def _steps(lines: Sequence[Line]) -> list[tuple[float, float]]:
    return [
        (real(line["active_s"]), real(line["score"]))
        for line in lines
        if line["event"] == "submission_replaced" and line.get("score") is not None
    ]
