"""The typed questions of the graph and their answers: all that nodes and reasoners exchange.

A question is self-contained, serialisable and bounded: its size does not grow with the length of the run. An answer names
its giver.
"""

from __future__ import annotations

from typing import Literal, Protocol

from pydantic import Field, JsonValue

from agentk.types.attempt import Attempt
from agentk.types.competition import Competition, Frozen
from agentk.types.metric import Direction
from agentk.types.profile import Profile


class Lesson(Frozen):
    """What memory brings to mind for a question."""

    id: str
    kind: str
    text: str
    value: float  # expected reward, in standard errors of the referee's score
    evidence: int  # competitions it rests on
    payload: dict[str, JsonValue] = {}
    why: str = ""


class Resources(Frozen):
    """What is left to spend, and what there is to work with."""

    seconds_left: float | None  # None: no clock
    seconds_total: float | None
    attempts_left: int | None  # None: no count
    slots: int
    cores: int  # of each slot
    libraries: tuple[str, ...]


class Effort(Frozen):
    """What one recipe has been given so far, and what it gave."""

    drafts: int = 0
    tunings: int = 0
    trials: int = 0
    failures: int = 0
    longer: float = 0.0  # a fold of it takes longer than this: seconds after which a draft was cut
    seconds: float = 0.0
    tunable: bool = False  # whether a search may find anything
    best: int | None = None  # attempt
    best_score: float | None = None
    fold_seconds: float | None = None  # of its last scored attempt
    weight: float = 0.0  # of its attempts in the last blend


class MemoryAction(Frozen):
    """What a reasoner does to memory itself, beside its answer (Agent K's intrinsic actions); checked before it is applied.

    recall: `query`; what is found is among the lessons of the next questions
    remember: `text`, perhaps a `recipe` that it speaks of and the `kind`; kept for this run until the run's end judges it
    revise: `lesson` says `text` from now on; only what this run has remembered itself
    forget: `lesson` is not shown again in this run; what this run has remembered itself is removed
    """

    act: Literal["recall", "remember", "revise", "forget"]
    query: str = Field(default="", max_length=300)
    kind: Literal["claim", "fix", "setup"] = "claim"
    text: str = Field(default="", max_length=600)
    recipe: str = Field(default="", max_length=100)
    lesson: str = Field(default="", max_length=16)  # its id


MEMORY_ACTIONS = 4
"""Memory actions that one answer may hold."""


class PlanQuestion(Frozen):
    """What shall be tried next?"""

    step: int
    competition: Competition
    profile: Profile = Profile()
    direction: Direction
    tree: tuple[Attempt, ...]  # the best and the latest, at most 40
    best: int | None  # the attempt whose answers are in submission.csv
    efforts: dict[str, Effort]  # by recipe
    pending: int  # attempts being executed
    started: tuple[str, ...] = ()  # their recipes
    scored: int  # attempts that have a score
    since_blend: int  # scored attempts that no blend has seen
    person: tuple[str, ...] = ()  # hints of the person, oldest first
    lessons: tuple[Lesson, ...] = ()
    resources: Resources
    seed: int


class Plan(Frozen):
    """What to do next."""

    giver: str
    action: Literal["draft", "improve", "debug", "tune", "blend", "wait", "stop"]
    recipe: str | None = None
    variant: str | None = None
    parent: int | None = None  # the attempt that is improved, debugged or tuned
    idea: str = ""
    params: dict[str, JsonValue] = {}
    starts: tuple[dict[str, JsonValue], ...] = ()  # tune: parameter sets to try first
    seconds: float | None = None  # slot seconds that a fold may take; tune: seconds of the whole search
    trials: int | None = None
    lessons: tuple[str, ...] = ()  # ids of those that led here
    memory: tuple[MemoryAction, ...] = Field(default=(), max_length=MEMORY_ACTIONS)


class CodeQuestion(Frozen):
    """Write the program that the plan asks for."""

    competition: Competition
    profile: Profile = Profile()
    plan: Plan
    parent_source: str | None = None
    parent_reason: str = ""


class Code(Frozen):
    """A program and the parameters it is first executed with."""

    giver: str
    name: str
    source: str
    params: dict[str, JsonValue] = {}


class ReflectQuestion(Frozen):
    """What does this result teach?"""

    competition: Competition
    profile: Profile = Profile()
    direction: Direction
    attempt: Attempt
    parent: Attempt | None
    incumbent: Attempt | None
    verdict: str  # of the selection rule
    log: str = Field(default="", max_length=4000)


class Reflection(Frozen):
    """What is concluded from a result."""

    giver: str
    note: str
    memory: tuple[MemoryAction, ...] = Field(default=(), max_length=MEMORY_ACTIONS)


class Reasoner(Protocol):
    """Answers the graph's questions."""

    @property
    def name(self) -> str:
        """How its answers are signed."""
        ...

    def plan(self, question: PlanQuestion) -> Plan:
        """What to try next."""
        ...

    def code(self, question: CodeQuestion) -> Code:
        """The program for a plan. Raises ReasonerError where there is none."""
        ...

    def reflect(self, question: ReflectQuestion) -> Reflection:
        """What a result teaches."""
        ...
