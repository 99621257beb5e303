"""The typed questions of the graph and their answers: all that nodes and reasoners exchange.

A question is self-contained, serialisable and bounded: its size does not grow with the length of the run. An answer names
its giver.
"""

from __future__ import annotations

from typing import Literal, Protocol

from pydantic import Field, JsonValue

from agentk.types.attempt import Attempt, Switch
from agentk.types.competition import Competition, Frozen
from agentk.types.metric import Direction
from agentk.types.profile import Profile
from agentk.types.solution import EXPLORED


class Lesson(Frozen):
    """What memory brings to mind for a question."""

    id: str
    kind: str
    text: str
    value: float  # expected reward, in standard errors of the referee's score
    evidence: int  # competitions it rests on
    payload: dict[str, JsonValue] = {}
    why: str = ""
    record: dict[str, tuple[float, float]] = {}  # by competition (a digest): mean reward there, and how near it is, 0..1


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
    plain: bool = False  # whether one of them had the recipe's own parameters
    tunings: int = 0
    trials: int = 0
    failures: int = 0
    longer: float = 0.0  # a fold of it takes longer than this: seconds after which a draft was cut
    seconds: float = 0.0
    tunable: bool = False  # whether a search may find anything
    best: int | None = None  # attempt
    best_score: float | None = None
    best_merit: float | None = None  # what search goes by, higher is better
    fold_seconds: float | None = None  # of its last scored attempt
    sample: int | None = None  # training rows that its last attempt was limited to; None: all
    best_sample: int | None = None  # the same of its best attempt
    best_work: float = 1.0  # and the share of its usual work
    work: float = 1.0  # share of its usual work that its last attempt was limited to
    weight: float = 0.0  # of its attempts in the last blend
    switches: tuple[Switch, ...] | None = None  # what single switches were worth; None: not tried yet


class Running(Frozen):
    """An attempt that is under way: what it was limited to, and since when."""

    recipe: str  # or the name of a program that was written
    sample: int | None = None
    work: float = 1.0
    seconds: float = 0.0  # since it was queued; 0 where no clock ticks


class MemoryAction(Frozen):
    """What to do to memory itself, beside the answer; checked before it is applied.

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


Action = Literal["draft", "improve", "shrink", "debug", "tune", "bag", "ablate", "fuse", "blend", "explore", "wait", "stop"]
"""What may be done next.

draft    a program of another kind than those there are
improve  the parent with one attributable change
shrink   the parent, which took too long, made cheaper
debug    the parent, which failed, mended
tune     search over the parent's SPACE
bag      the parent again under another seed, for the blend to average
ablate   the parent without one of its parts, to learn what the part is worth
fuse     one program that joins what is good in several parents
blend    an average of attempts, chosen on their out-of-fold predictions; needs no program
explore  an unscored look at the data: a program whose printed output comes back as a note
"""
WRITTEN: tuple[Action, ...] = ("draft", "improve", "shrink", "debug", "ablate", "fuse", "explore")
"""Actions that a program has to be written for."""


class Option(Frozen):
    """An action that is legal now, with what it costs and what it may be expected to give."""

    action: Action
    parents: tuple[int, ...] = ()  # attempts it may be done to, the best first, at most 8; of them `fuse` takes two or more
    cost_s: float | None = None  # slot seconds, as the run's own attempts of the kind took; None: nothing is known
    gain: float | None = None  # in the metric's units: how far earlier ones of the kind got ahead of the best before, shrunk to 0
    tried: int = 0  # how many of the kind have ended
    why: str = ""


class Slice(Frozen):
    """A part of the training rows in which an attempt errs more than elsewhere."""

    column: str
    value: str  # as text: a category, an interval of numbers, or "missing"
    rows: int
    error: float  # mean absolute residual of its rows
    elsewhere: float  # of all others


class Diagnosis(Frozen):
    """What the referee can say of an attempt beyond its score. It knows the labels, and tells none."""

    number: int
    fold_seconds: float | None = None
    alike: float | None = None  # correlation of its out-of-fold residuals with those of the best, of classes within each of them
    nearest: int | None = None  # the attempt whose residuals are most like its own
    novelty: float | None = None  # 1 - that correlation: 0 errs as another one does, 1 errs independently
    off: float | None = None  # root mean square of its residuals, where the metric sees labels alone and moves more by chance
    train_score: float | None = None  # of rows it was fitted on, in the smoke run
    valid_score: float | None = None  # of rows held out from it, in the same run; the gap between both shows overfitting
    slices: tuple[Slice, ...] = ()  # the worst first, at most 5


class Note(Frozen):
    """What an exploration printed."""

    number: int
    aim: str
    output: str = Field(max_length=EXPLORED)
    source: str = Field(default="", exclude=True)  # of the program that printed it; the journal has it already


class Conclusion(Frozen):
    """What the model concluded from an attempt."""

    number: int  # of the attempt
    note: str


class PlanQuestion(Frozen):
    """What shall be tried next?"""

    step: int
    competition: Competition
    profile: Profile = Profile()
    direction: Direction
    tree: tuple[Attempt, ...]  # the best and the latest, at most 40
    standing: dict[int, float] = {}  # of these, how each stands against the better ones, in standard errors; failures at -1
    best: int | None  # the attempt whose answers are in submission.csv
    efforts: dict[str, Effort]  # by recipe
    pending: int  # attempts being executed
    started: tuple[str, ...] = ()  # their recipes, or the names of programs that were written
    running: tuple[Running, ...] = ()  # the same attempts, oldest first
    scored: int  # attempts that have a score
    since_blend: int  # scored attempts that no blend has seen
    person: tuple[str, ...] = ()  # hints of the person, oldest first
    lessons: tuple[Lesson, ...] = ()
    remedies: dict[int, str] = {}  # failed attempts that nobody has mended, each with the lesson whose change its program takes
    legal: tuple[Option, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()  # of the best and the latest that have a score, at most 8
    conclusions: tuple[Conclusion, ...] = ()  # the latest of the model's own, oldest first, at most 6
    notes: tuple[Note, ...] = ()  # of the latest explorations, oldest first, at most 6
    refused: tuple[
        str, ...
    ] = ()  # why the latest plans could not be acted on, at most 3; from the 2nd line on, a program's words
    since_gain: int = 0  # scored attempts since the best one
    stagnant: bool = False  # nothing has got better for long: only what brings something new is legal
    meanwhile: bool = False  # asked of the playbook while a model thinks: what is short, and keeps the slots busy
    resources: Resources
    seed: int

    def best_of(self, recipe: str) -> Attempt | None:
        """The best attempt of a recipe; None where it has none, or `tree` has left it out."""
        best = self.efforts.get(recipe, Effort()).best
        return next((attempt for attempt in self.tree if attempt.number == best), None)


class Plan(Frozen):
    """What to do next."""

    giver: str
    action: Action
    recipe: str | None = None  # draft: of the playbook's catalogue; its program needs no writing then
    variant: str | None = None
    parent: int | None = None  # the attempt that is improved, shrunk, debugged, tuned, bagged or ablated
    parents: tuple[int, ...] = ()  # fuse: the attempts that are joined, at least two
    idea: str = ""  # in one line: what is tried, and for an improvement the one thing that is changed
    predicted_gain: float | None = None  # in the metric's units, positive is better
    params: dict[str, JsonValue] = {}
    starts: tuple[dict[str, JsonValue], ...] = ()  # tune: parameter sets to try first
    within: dict[str, tuple[float, float]] = {}  # tune: bounds that the rest of the search keeps to
    seconds: float | None = None  # slot seconds that a fold may take; tune: seconds of the whole search
    trials: int | None = None
    screen: bool = False  # tune: the starts differ from the parent in one parameter each; what each is worth is kept
    held: tuple[str, ...] = ()  # tune: parameters that stay as the parent has them
    lessons: tuple[str, ...] = ()  # ids of those that led here
    memory: tuple[MemoryAction, ...] = Field(default=(), max_length=MEMORY_ACTIONS)


class Parent(Frozen):
    """An attempt that a program is written from, with its program."""

    attempt: Attempt
    source: str
    log: str = Field(default="", max_length=4000)  # its end
    diagnosis: Diagnosis | None = None


class Broken(Frozen):
    """A program written for this plan that its smoke run, or the audit before it, refused."""

    source: str
    reason: str
    log: str = Field(default="", max_length=4000)
    timed_out: bool = False  # it is too slow, not wrong: make it cheaper
    round: int = 1  # of mending, counted from 1


class CodeQuestion(Frozen):
    """Write the program that the plan asks for.

    A solution under the contract of `agentk.types.solution`; for an exploration a program with
    `explore(train, test, data_dir) -> None`, which sees labelled rows, unlabelled ones and the label-free data, and prints.
    """

    competition: Competition
    profile: Profile = Profile()
    direction: Direction
    plan: Plan
    parents: tuple[Parent, ...] = ()  # at most 4
    broken: Broken | None = None  # mend this one
    lessons: tuple[Lesson, ...] = ()  # those the plan rests on, and those that mend programs
    notes: tuple[Note, ...] = ()
    resources: Resources
    fold_seconds: float | None = None  # that a fold may take
    seed: int


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
    diagnosis: Diagnosis | None = None
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
