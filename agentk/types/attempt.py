"""An attempt: one execution of one solution, a node of the tree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import JsonValue

from agentk.types.competition import Frozen
from agentk.types.metric import Direction, sign_of
from agentk.types.outcome import Outcome

Kind = Literal["draft", "improve", "shrink", "debug", "tune", "bag", "ablate", "fuse", "blend"]


class Switch(Frozen):
    """One parameter of a program set otherwise, and what that was worth."""

    name: str
    value: JsonValue
    gains: tuple[float, ...]  # merit over the program as it was, by fold; positive is better


class Attempt(Frozen):
    """What is remembered of an attempt; its files lie in attempts/<number>/."""

    number: int
    parent: int | None
    kind: Kind
    name: str  # of the solution, readable: "lightgbm", "blend of 4"
    origin: str  # who proposed it: "playbook", "person", a model's name
    recipe: str | None = None  # the recipe it was composed of, where it was
    idea: str = ""  # in one line, what it tries
    predicted_gain: float | None = None  # over its parent, as its plan had it, in the metric's units
    parents: tuple[int, ...] = ()  # fuse: the attempts it joins
    params: dict[str, JsonValue] = {}
    outcome: Outcome
    score: float | None = None  # of all out-of-fold rows, decision cross-fitted
    std: float | None = None  # over folds
    fold_scores: tuple[float, ...] = ()
    merit: float | None = None  # what search goes by, higher is better; None in runs of earlier versions
    fold_merits: tuple[float, ...] = ()
    smoke: tuple[float | None, float | None] | None = None  # scores of its smoke run: rows it was fitted on, rows held out
    seconds: float = 0.0  # slot seconds spent
    limit: float | None = None  # seconds that each fold was allowed, where the plan said so
    weights: dict[int, float] = {}  # blend: of each attempt it averages
    method: str = "mean"  # blend: how members are combined
    seen: tuple[int, ...] = ()  # blend: attempts it was chosen from
    trials: int = 0  # tune: parameter sets tried
    tunable: bool = False  # whether its SPACE holds anything untried
    switches: tuple[Switch, ...] | None = None  # tune, where single switches were tried one by one: those that were scored
    lessons: tuple[str, ...] = ()  # ids of the lessons that led to it
    chosen: bool = False  # whether the selection rule put its answers into submission.csv
    verdict: str = ""  # what the selection rule said

    @property
    def title(self) -> str:
        """Number, kind and name, no word twice: "#2 draft lightgbm", "#6 blend of 3"."""
        return f"#{self.number} {self.name if self.name.startswith(self.kind) else f'{self.kind} {self.name}'}"

    @property
    def result(self) -> str:
        """What came of it: the score with its spread over folds, or how it ended and why."""
        if self.score is None:
            return f"{self.outcome.status.words}: {self.outcome.reason}"
        return f"{self.score:.5f}" + ("" if self.std is None else f" ± {self.std:.5f}")

    @property
    def sample(self) -> int | None:
        """Training rows that its fits were limited to; None: all."""
        most = self.params.get("most_rows")
        return most if isinstance(most, int) else None

    @property
    def work(self) -> float:
        """The share of its usual work that a fit was limited to, 1 for all of it."""
        return float(str(self.params.get("most_work", 1.0)))


def ranked(attempts: Iterable[Attempt], direction: Direction) -> list[Attempt]:
    """Those that have a score, the best first; equal ones in the order given."""
    sign = sign_of(direction)
    return sorted((one for one in attempts if one.score is not None), key=lambda one: -sign * (one.score or 0.0))


def merits(attempts: Sequence[Attempt], direction: Direction) -> dict[int, float]:
    """What search goes by, by the number of each scored attempt, higher is better: scores where one of them has no merit."""
    scored = [one for one in attempts if one.score is not None]
    known = {one.number: one.merit for one in scored if one.merit is not None}
    if len(known) == len(scored):
        return known
    sign = sign_of(direction)
    return {one.number: sign * one.score for one in scored if one.score is not None}


def seedless(attempts: Iterable[Attempt]) -> frozenset[int]:
    """Numbers of those whose program does not hang on its seed: another one gave the same score on every fold."""
    known = {attempt.number: attempt for attempt in attempts}
    return frozenset(
        one.parent
        for one in known.values()
        if one.kind == "bag" and one.parent in known and one.fold_scores and one.fold_scores == known[one.parent].fold_scores
    )
