"""The workbench: everything the nodes of one run work with. The state that langgraph keeps holds none of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Protocol

from pydantic import JsonValue

from agentk.errors import AgentKError
from agentk.graph.clock import Clock
from agentk.graph.folder import RunFolder, replace
from agentk.graph.journal import Journal
from agentk.graph.ledger import Ledger
from agentk.graph.lessons import Recollection
from agentk.llms.record import Call
from agentk.memory.protocol import Memory
from agentk.reasoning.questions import Lesson, Reasoner, Resources
from agentk.types.competition import Competition
from agentk.types.metric import Array, Metric
from agentk.types.profile import Profile
from agentk.types.solution import Solution

if TYPE_CHECKING:
    from agentk.competitions.draft import Draft
    from agentk.graph.proposing import Proposing  # which works on the bench that holds it
    from agentk.referee.diagnosis import Diagnoser
    from agentk.referee.evaluation import Evaluation
    from agentk.referee.referee import Referee


class Arena(Protocol):
    """What a competition that is set up is worked on with."""

    @property
    def competition(self) -> Competition:
        """The contract."""
        ...

    @property
    def metric(self) -> Metric:
        """What answers are scored with."""
        ...

    @property
    def referee(self) -> Referee:
        """The owner of the labels."""
        ...

    def submission(self, answers: Array) -> bytes:
        """submission.csv with these answers (M, ...) of the test rows, checked."""
        ...

    def sound_answers(self) -> Array:
        """The best answers that no model is needed for."""
        ...

    def findings(self) -> tuple[str, ...]:
        """Leaks and shifts between train and test."""
        ...

    @property
    def diagnoser(self) -> Diagnoser:
        """How scored programs err."""
        ...

    @property
    def profile(self) -> Profile:
        """What the columns hold, in numbers."""
        ...


@dataclass(frozen=True)
class Setting:
    """What the person set for the run."""

    seed: int
    slots: int
    cores: int
    attempts: int | None = None
    libraries: tuple[str, ...] = ()
    solution: Solution | None = None  # a person's own program

    @property
    def ordered(self) -> bool:
        """Whether decisions see exactly the outcomes of `lookahead` decisions ago, so that a seed fixes the run."""
        return self.attempts is not None

    @property
    def lookahead(self) -> int:
        """Attempts under way at once: one more than there are slots, so that none waits for the slowest fold of another."""
        return self.slots + 1


@dataclass
class Workbench:
    """The services of a run, opened once a process."""

    folder: RunFolder
    journal: Journal
    clock: Clock
    ledger: Ledger
    setting: Setting
    reasoner: Reasoner
    memory: Memory
    first_draft: Callable[[], Draft]  # where setup begins
    open_arena: Callable[[Competition], Arena]
    deliver: Callable[[Workbench], None]  # writes what the person takes away
    notice: Callable[[str, str], None] = lambda _node, _text: None  # for a display: where in the graph, and what is going on
    pausing: bool = False  # whether the person asked to stop between two nodes, and go on later
    stopped: str | None = None  # why the run shall end, once something asked for it
    finished: dict[str, Evaluation] = field(default_factory=dict)  # collected from the referee, not settled yet
    evaluations: dict[int, Evaluation] = field(default_factory=dict)  # of settled attempts, read on demand
    paces: list[float] = field(default_factory=list)  # seconds of each step that were the graph's own
    mark: float | None = None  # the graph's own seconds when this step began
    waited: float = 0.0  # seconds spent on the referee's work and on waiting for it, not on the graph's own
    proposing: Proposing | None = None  # a model that works beside the reasoner
    calls: SimpleQueue[Call] = field(default_factory=SimpleQueue)  # of models, not in the journal yet
    residuals: dict[int, Array] = field(default_factory=dict)  # of settled attempts, for diagnoses
    _arena: Arena | None = None

    def settle_competition(self, competition: Competition) -> None:
        """Keeps the contract that setup arrived at."""
        replace(self.folder.contract, competition.model_dump_json(indent=1) + "\n")

    @property
    def arena(self) -> Arena:
        """The referee and what goes with it. Raises AgentKError before setup has ended."""
        if self._arena is None:
            competition = self.folder.read_contract()
            if competition is None:
                raise AgentKError(
                    f"{self.folder.contract} is missing: setup of this run has not ended; `agentk resume` goes on with it"
                )
            self._arena = self.open_arena(competition)
            self.ledger.direction = self._arena.metric.direction
        return self._arena

    @property
    def opened(self) -> bool:
        """Whether the arena is there already, without opening it."""
        return self._arena is not None

    @cached_property
    def recollection(self) -> Recollection:
        """What memory brings to mind for this competition, recalled once a process."""
        return Recollection(self.memory, self.arena.competition, self.folder, self.journal, self.ledger, self.setting.seed)

    @property
    def lessons(self) -> tuple[Lesson, ...]:
        """The lessons that reasoners are shown."""
        return self.recollection.shown

    def evaluation(self, number: int) -> Evaluation:
        """The predictions of a settled attempt."""
        if number not in self.evaluations:
            from agentk.referee.evaluation import load

            self.evaluations[number] = load(self.folder.attempt(number))
        return self.evaluations[number]

    def resources(self) -> Resources:
        """What is left to spend."""
        setting = self.setting
        taken = self.ledger.counted + len(self.pending())
        return Resources(
            seconds_left=None if self.clock.budget is None else max(0.0, self.clock.left()),
            seconds_total=self.clock.budget,
            attempts_left=None if setting.attempts is None else max(0, setting.attempts - taken),
            slots=setting.slots,
            cores=setting.cores,
            libraries=setting.libraries,
        )

    def pending(self) -> list[int]:
        """Attempts under way, oldest first."""
        return self.ledger.under_way

    def stop(self, reason: str) -> None:
        """Asks the run to end at the next opportunity; the first reason counts."""
        self.stopped = self.stopped or reason

    def rest(self) -> None:
        """Where a node that waits may be left and entered again. Raises KeyboardInterrupt when a pause was asked for."""
        if self.pausing:
            raise KeyboardInterrupt

    def count_step(self) -> None:
        """Begins a step: from one decision to the next."""
        own = self.clock.active() - self.waited
        if self.mark is not None:
            self.paces.append(own - self.mark)
        self.mark = own

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Time in here is the referee's, the blend's or the delivery's, not the graph's own."""
        since = time.monotonic()
        try:
            yield
        finally:
            self.waited += time.monotonic() - since

    def over(self) -> str | None:
        """Why no further work shall begin, None while it may."""
        if self.stopped is None and self.clock.left() <= 0:
            self.stopped = "budget"
        return self.stopped

    def record_calls(self) -> None:
        """Puts the calls of models that have ended into the journal."""
        with suppress(Empty):
            while True:
                self.journal.write("model_call", **self.calls.get_nowait().model_dump(mode="json"))

    def answer(self, node: str, giver: str, question: dict[str, JsonValue], answer: dict[str, JsonValue]) -> None:
        """Puts a question and its answer into the journal."""
        self.journal.write("question", durable=False, node=node, question=question)
        self.journal.write("answer", durable=False, node=node, giver=giver, answer=answer)
