"""The ledger: what a run has tried so far, folded from the journal; nodes read it, the journal is its only source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from agentk.graph.branches import history
from agentk.graph.journal import Line, real, whole
from agentk.llms.record import Spent, call_of
from agentk.reasoning.questions import Effort, Note
from agentk.types.attempt import Attempt, merits, ranked
from agentk.types.metric import Direction
from agentk.types.outcome import Status
from agentk.types.solution import RESERVED

BEST = 20
LATEST = 20
NOTE = 3000
"""Characters of a note."""


@dataclass
class Ledger:
    """Attempts by number and what follows from them."""

    direction: Direction = "maximize"
    attempts: dict[int, Attempt] = field(default_factory=dict)
    started: set[int] = field(default_factory=set)
    since: dict[int, float] = field(default_factory=dict)  # when an attempt was started, in active seconds
    reflected: set[int] = field(default_factory=set)  # attempts that a conclusion was drawn from
    weights: dict[int, float] = field(default_factory=dict)  # of the last blend, by attempt
    blended: set[int] = field(default_factory=set)  # attempts some blend has seen
    best: int | None = None  # the attempt that the selection rule preferred last
    submitted: int | None = None  # the attempt whose answers are in submission.csv; behind `best` only after a kill
    follows: bool = True  # whether submission.csv is of this branch: not from a rewind on, until it is written again
    abandoned: dict[int, Attempt] = field(default_factory=dict)  # attempts of branches that were left
    hints: list[str] = field(default_factory=list)
    heard: dict[str, int] = field(default_factory=dict)  # letter of the person -> number of the attempt it became or met
    stages: set[str] = field(default_factory=set)  # of setup that passed, and "findings" once leaks and shifts were looked for
    notes: list[Note] = field(default_factory=list)  # what looks at the data printed
    conclusions: dict[int, tuple[str, str]] = field(default_factory=dict)  # attempt -> who concluded what from it
    spent: Spent = field(default_factory=Spent)  # on models, by all branches
    _asked: int | None = None  # the attempt that a conclusion was asked on last
    ended: str | None = None  # stopped_by of the last run_finished, None while it goes on

    @classmethod
    def of(cls, lines: Iterable[Line], direction: Direction) -> Ledger:
        """The ledger after these journal lines: of the current branch, with what the others tried set apart."""
        lines, ledger = list(lines), cls(direction)
        behind = history(lines)
        for line in behind:
            ledger.apply(line)
        if len(behind) < len(lines):
            known = {str(line["seq"]) for line in behind}
            for line in lines:  # what was paid on a branch that was left is paid
                if line["event"] == "model_call" and str(line["seq"]) not in known:
                    ledger.apply(line)
            left = [line for line in lines if line["event"] == "attempt_finished" and str(line["seq"]) not in known]
            ledger.abandoned = {whole(line["number"]): Attempt.model_validate(line["attempt"]) for line in left}
        return ledger

    def apply(self, line: Line) -> None:
        """Takes one line of the current branch into account; lines of other events change nothing."""
        match line["event"]:
            case "attempt_finished":
                attempt = Attempt.model_validate(line["attempt"])
                self.attempts[attempt.number] = attempt
                self.blended |= set(attempt.seen)
                if attempt.chosen:
                    self.best = attempt.number
                if attempt.weights:
                    self.weights = dict(attempt.weights)
            case "attempt_started":
                self.started.add(whole(line["number"]))
                self.since[whole(line["number"])] = real(line.get("active_s", 0.0))
            case "submission_replaced":
                self.submitted, self.follows = None if line["number"] is None else whole(line["number"]), True
            case "rewound":
                renumbered = line["renumbered"]
                assert isinstance(renumbered, dict)
                self.started = self.started - {int(old) for old in renumbered} | {whole(new) for new in renumbered.values()}
                self.follows, self.ended = False, None
            case "edited":
                self._edited(line)
            case "question" | "answer" | "explored" | "model_call":
                self._said(line)
            case "stage":
                self.stages.add(str(line["stage"]))
            case "resumed" | "run_finished":
                self.ended = str(line["stopped_by"]) if "stopped_by" in line else None
            case _:
                pass

    def _edited(self, line: Line) -> None:
        if "hint" in line:
            self.hints.append(str(line["hint"]))
        if "letter" in line:
            self.heard[str(line["letter"])] = whole(line["number"])

    def _said(self, line: Line) -> None:
        """What reasoners asked, answered and found out."""
        match line["event"]:
            case "question" if line["node"] == "reflect":
                question = line["question"]
                assert isinstance(question, dict)
                self._asked = whole(question["attempt"])
                self.reflected.add(self._asked)
            case "answer" if line["node"] == "reflect":
                answer = line["answer"]
                assert isinstance(answer, dict)
                if self._asked is not None and "note" in answer:
                    self.conclusions[self._asked] = (str(line["giver"]), str(answer["note"]))
            case "explored":
                number = self.notes[-1].number + 1 if self.notes else 1
                self.notes.append(
                    Note(number=number, aim=str(line["aim"]), output=str(line["output"])[:NOTE], source=str(line["source"]))
                )
            case "model_call":
                self.spent = self.spent.plus(call_of(line))
            case _:
                pass

    @property
    def scored(self) -> list[Attempt]:
        """Attempts with a score of their own, blends left out, by number."""
        return [attempt for attempt in self._in_order() if attempt.outcome.status is Status.SCORED and attempt.kind != "blend"]

    @property
    def under_way(self) -> list[int]:
        """Attempts that were started and have not ended, oldest first."""
        return sorted(self.started - self.attempts.keys())

    @property
    def counted(self) -> int:
        """Attempts that ended and count against a limit on attempts: blends cost nothing, what was cut short may come again."""
        ended = (attempt for attempt in self.attempts.values() if attempt.kind != "blend")
        return sum(attempt.outcome.status is not Status.CANCELLED for attempt in ended)

    @property
    def failed(self) -> int:
        """Attempts that ended without a score, pruned and cancelled ones left out."""
        return sum(attempt.outcome.status.at_fault for attempt in self.attempts.values())

    @property
    def since_blend(self) -> int:
        """Scored attempts that no blend has seen."""
        return sum(attempt.number not in self.blended for attempt in self.scored)

    def tree(self) -> tuple[Attempt, ...]:
        """The best and the latest attempts, in order, at most `BEST + LATEST`: a bounded view of a run of any length."""
        latest = self._in_order()[-LATEST:]
        chosen = {attempt.number: attempt for attempt in (*ranked(self.scored, self.direction)[:BEST], *latest)}
        return tuple(chosen[number] for number in sorted(chosen))

    def efforts(self, folds: int) -> dict[str, Effort]:
        """By recipe (or, for other programs, by name): what it was given and what it gave."""
        efforts: dict[str, Effort] = {}
        merit = merits([one for one in self._in_order() if one.kind != "blend"], self.direction)
        for attempt in self._in_order():
            if attempt.kind == "blend":
                continue
            name = attempt.recipe or attempt.name
            before = efforts.get(name, Effort())
            tuned = attempt.kind == "tune"
            searched = tuned and attempt.switches is None  # single switches were tried for all recipes' sake
            tried = attempt.outcome.status is not Status.CANCELLED  # what was cut short may be tried again
            update: dict[str, object] = {
                "drafts": before.drafts + (tried and not tuned),
                "plain": before.plain or (tried and not tuned and attempt.params.keys() <= set(RESERVED)),
                "tunings": before.tunings + searched,
                "trials": before.trials + (attempt.trials if searched or not tuned else 0),
                "tunable": attempt.tunable,
                "seconds": before.seconds + (attempt.seconds if searched or not tuned else 0.0),
                "sample": before.sample if tuned else attempt.sample,
                "work": before.work if tuned else attempt.work,
                "weight": before.weight + self.weights.get(attempt.number, 0.0),
                "switches": before.switches if attempt.switches is None else attempt.switches,
            }
            if attempt.outcome.status is Status.SCORED and attempt.score is not None:
                if not tuned:
                    update["fold_seconds"] = attempt.seconds / max(folds, 1)
                own = merit[attempt.number]
                if before.best_merit is None or own > before.best_merit:
                    update |= {"best": attempt.number, "best_score": attempt.score, "best_merit": own}
                    update |= {"best_sample": attempt.sample, "best_work": attempt.work}
            elif attempt.outcome.status.at_fault:
                update["failures"] = before.failures + 1
                if attempt.outcome.status is Status.TIMED_OUT:
                    update["longer"] = max(before.longer, attempt.limit or 0.0)
            efforts[name] = before.model_copy(update=update)
        return efforts

    def _in_order(self) -> list[Attempt]:
        return [self.attempts[number] for number in sorted(self.attempts)]
