"""Lessons: the entries of memory, with the conditions they apply under and where they came from."""

from __future__ import annotations

import hashlib
import json
import math
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, JsonValue, model_validator

from agentk.memory.features import Features, metric_kind
from agentk.memory.scope import EVERYTHING, ScopePath
from agentk.memory.value import Value
from agentk.types.competition import Frozen, TaskKind

Kind = Literal["recipe", "params", "claim", "fix", "setup"]
KINDS: tuple[Kind, ...] = ("recipe", "params", "claim", "fix", "setup")

Bound = Annotated[float | None, BeforeValidator(lambda bound: None if bound in (math.inf, -math.inf) else bound)]
Range = tuple[Bound, Bound]
"""Smallest and largest value, both allowed; None, or inf: no bound."""


class Conditions(Frozen):
    """The competitions a lesson applies to; what is left out holds for all."""

    modality: tuple[str, ...] = ()
    task: tuple[TaskKind, ...] = ()
    metric: tuple[str, ...] = ()  # kinds of metric, see `features.METRIC_KINDS`
    rows: Range = (None, None)
    columns: Range = (None, None)
    classes: Range = (None, None)
    missing: Range = (None, None)
    numeric: Range = (None, None)
    categorical: Range = (None, None)
    text: Range = (None, None)
    widest: Range = (None, None)
    temporal: bool | None = None

    def holds(self, features: Features) -> bool:
        """Whether a competition is one of them."""
        return (
            (not self.modality or features.modality in self.modality)
            and (not self.task or features.task in self.task)
            and (not self.metric or metric_kind(features.metric) in self.metric)
            and (self.temporal is None or self.temporal == features.temporal)
            and all(_within(getattr(features, name), bounds) for name, bounds in self.ranges())
        )

    def ranges(self) -> list[tuple[str, Range]]:
        """The bounds by the feature's name."""
        names = ("rows", "columns", "classes", "missing", "numeric", "categorical", "text", "widest")
        return [(name, getattr(self, name)) for name in names if getattr(self, name) != (None, None)]

    def __str__(self) -> str:
        named = [("modality", self.modality), ("task", self.task), ("metric", self.metric)]
        words = [f"{name} {' or '.join(values)}" for name, values in named if values]
        for name, (low, high) in self.ranges():
            words.append(
                f"{name} {low:g} or more"
                if high is None
                else f"{name} {low or 0:g} to {high:g}"
                if low
                else f"{name} {high:g} or less"
            )
        if self.temporal is not None:
            words.append("test after train" if self.temporal else "test not after train")
        return ", ".join(words) or "always"


class Provenance(Frozen):
    """Where a lesson came from; outside of its competition the run is not told."""

    origin: str = "starter"  # starter, run, person, import
    run: str = ""
    attempt: int | None = None
    competition: str = ""  # digest


class Lesson(Frozen):
    """One entry of memory. What makes it what it is decides its id; values and counts may change, the id does not."""

    kind: Kind
    subject: str  # e.g. "recipe:lightgbm"; an inner scope's lesson overrides an outer one on the same subject
    text: str  # for people, prompts and the embedder
    scope: ScopePath = EVERYTHING
    general: str = ""  # the text without the competition's own names, where they differ: what may move outwards
    local: bool = False  # its payload names parts of the competition: it never leaves it
    conditions: Conditions = Conditions()
    features: Features | None = None  # of the competition where it was last seen to hold
    payload: dict[str, JsonValue] = Field(default_factory=dict)
    value: Value = Value()
    control: Value = Value()  # what followed when it was withheld, at the same point
    provenance: Provenance = Provenance()
    uses: int = 0
    created: int = 0  # both in runs that the memory has seen
    used: int = 0

    @model_validator(mode="after")
    def _named(self) -> Lesson:
        if not self.subject.strip() or not self.text.strip():
            raise ValueError("a lesson needs a subject and a text")
        return self

    @property
    def id(self) -> str:
        """Sixteen hexadecimal digits of kind, scope, subject, conditions, and of the payload or, without one, the text."""
        content = json.dumps(self.payload, sort_keys=True) if self.payload else self.text
        parts = "\n".join((self.kind, str(self.scope), self.subject, str(self.conditions), content))
        return hashlib.sha256(parts.encode()).hexdigest()[:16]

    @property
    def evidence(self) -> int:
        """Competitions its value rests on."""
        return self.value.competitions

    def merge(self, other: Lesson) -> Lesson:
        """The same lesson, met again: evidence and uses add up, the newer context stays."""
        return self.model_copy(
            update={
                "value": self.value.merge(other.value),
                "control": self.control.merge(other.control),
                "features": other.features or self.features,
                "uses": self.uses + other.uses,
                "created": min(self.created, other.created),
                "used": max(self.used, other.used),
            }
        )

    def credited(self, competition: str, reward: float, clock: int, withheld: bool = False) -> Lesson:
        """With one more reward, earned by using it or, `withheld`, without it."""
        if withheld:
            return self.model_copy(update={"control": self.control.add(competition, reward)})
        return self.model_copy(update={"value": self.value.add(competition, reward), "uses": self.uses + 1, "used": clock})


read_lesson = lru_cache(maxsize=4096)(Lesson.model_validate_json)
"""The lesson that this JSON holds."""


def _within(value: float, bounds: Range) -> bool:
    low, high = bounds
    return (low is None or value >= low) and (high is None or value <= high)
