"""Stepping: a run held open by one process between its steps; opened when it is needed, closed whatever happens."""

from __future__ import annotations

import signal
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from difflib import get_close_matches
from types import FrameType
from typing import TYPE_CHECKING, Any

from agentk.agent.request import Request
from agentk.agent.session import session
from agentk.agent.steps import Step, steps_of
from agentk.errors import ReasonerError, RunError, SettingError
from agentk.graph.folder import RunFolder, room_needed
from agentk.graph.journal import Line, read
from agentk.graph.ledger import Ledger
from agentk.graph.rewind import rewind
from agentk.reasoning.questions import Plan
from agentk.types.space import Params

if TYPE_CHECKING:
    from agentk.graph.build import Walk
    from agentk.graph.workbench import Workbench

Until = str | Callable[[Step], bool]


class Paused(KeyboardInterrupt):
    """The person asked for a pause: the run stands between two steps, nothing is lost, and the next step goes on from here."""

    def _render_traceback_(self) -> list[str]:  # how IPython shows it
        return [f"paused: {self}"]


class Stepper:
    """One run, one node at a time. Between steps programs under way run on in the sandbox, and the budget's clock stands still.

    It is opened by the first call that needs it (RunError when another process works on it) and closed by `close`, by the end
    of the process, when it is forgotten, or by an error; the next call opens it again.
    """

    def __init__(self, folder: RunFolder, request: Request) -> None:
        self.folder = folder
        self.request = request
        self.watcher: Callable[[Workbench], None] = lambda _bench: None  # told of every opening
        self._open: tuple[Workbench, Walk] | None = None
        self._closing: weakref.finalize[Any, Any] | None = None
        self._busy = threading.Lock()
        self._further = False
        self._since: list[Line] = []  # what the journal was told after the last step

    @property
    def bench(self) -> Workbench:
        """The run, opened where it is not."""
        return self._opened()[0]

    def going(self) -> Workbench:
        """The run, opened to go on. Raises RunError when it has ended."""
        if over := self._over:
            raise self._ended(over)
        return self.bench

    @property
    def next(self) -> str | None:
        """The node that the next step runs; None once the run has ended."""
        return None if self._over else self._opened()[1].next

    @property
    def _over(self) -> str | None:
        """Why the run has ended, where it has and nothing of it is to be opened again: that would say it goes on."""
        return self.ledger.ended if self._open is None and not self._further else None

    @property
    def steps(self) -> list[Step]:
        """All steps behind the current branch."""
        return steps_of(self.folder, read(self.folder.journal))

    @property
    def ledger(self) -> Ledger:
        """What has been tried so far; read from the journal where the run is not open."""
        if self._open is not None:
            return self._open[0].ledger
        from agentk.agent.ending.summary import summarize

        return Ledger.of(read(self.folder.journal), summarize(self.folder).direction or "maximize")

    def step(self) -> Step:
        """Runs one node. Raises Paused on an interrupt that does not wait for its end, RunError when the run has ended."""
        bench = self.going()
        bench.pausing = False
        try:
            return self._one()
        finally:
            bench.pausing = False

    def until(self, until: Until | None) -> Iterator[Step]:
        """Steps, up to and with the one that `until` names or accepts; to the end of the run without it. Raises Paused."""
        wanted = _wanted(until)
        self.going().pausing = False
        ended = False
        while not ended:
            step = self._one()
            yield step
            ended = wanted(step) or self.next is None
            if not ended and self.bench.pausing:
                raise self._paused("between two steps")

    def _one(self) -> Step:
        if not self._busy.acquire(blocking=False):
            raise RunError(f"{self.folder.path.name} is at work already in this process: pause it, or wait for it")
        try:
            with self._harmless():
                bench, walk = self._opened()
                if walk.next is None and not self._further:
                    raise self._ended(bench.ledger.ended)
                self._further = False
                bench.clock.go()
                with _interruptible(bench):
                    walk.go()
                bench.clock.pause()
                step = Step(self.folder, tuple(self._since))
                self._since.clear()
                return step
        finally:
            self._busy.release()

    def _ended(self, why: str | None) -> RunError:
        return RunError(
            f"{self.folder.path.name} has ended ({why}): more(budget=…) or more(attempts=…) gives it more to spend, "
            "rewind(step) goes back"
        )

    def pause(self) -> None:
        """Asks a run that works in another thread to stop at the next place where it can go on later."""
        if self._open is not None:
            self._open[0].pausing = True

    def finish(self) -> None:
        """Ends the run here: the steps that follow blend once more, write what is taken away, and close the journal."""
        self.bench.stop("the person")

    def more(self, budget: float | None, attempts: int | None) -> None:
        """A new whole budget in seconds, a new whole number of attempts; a run that has ended goes on."""
        self.close()
        update: dict[str, object] = {"attempts": attempts}
        if budget is not None:
            update["budget"] = budget
        self.request = self.request.model_copy(update=update)
        self._further = True

    def edit(self, *, plan: Plan | None = None, code: str | None = None, params: Params | None = None) -> None:
        """Changes an answer that is not acted on yet. Raises SettingError when there is no such answer, or it cannot be."""
        from agentk.graph.edit import edit_code, edit_plan

        bench, walk = self._opened()
        last = self.steps[-1].node if self.steps else None
        if plan is not None:
            if last != "plan":
                raise SettingError(f"there is no plan to edit: the last step was {last or 'none'}; step(until='plan') makes one")
            try:
                walk.edit(edit_plan(bench, walk.state, plan))
            except ReasonerError as error:
                raise SettingError(f"this plan cannot be: {error}") from None
        if code is not None or params is not None:
            if last != "code" or walk.next != "execute":
                raise SettingError(
                    f"there is no program to edit: the last step was {last or 'none'}; step(until='code') has one written, "
                    "rewind(step) goes back to one"
                )
            edit_code(bench, walk.state["next"] - 1, code, params)

    def rewind(self, to: Step) -> None:
        """Goes back to the end of a step, of any branch, and begins a new branch there. Raises RunError for one of setup."""
        if "next" not in to.state:
            raise RunError(f"step {to.number} ({to.node}) belongs to setup, which all branches share: start a new run instead")
        rewind(self.bench.journal, to.line)
        self.close()

    def close(self) -> None:
        """Gives the run back: sandbox, journal and lock. Twice is once."""
        self._open = None
        self._since = []
        if self._closing is not None:
            self._closing()
            self._closing = None

    def _opened(self) -> tuple[Workbench, Walk]:
        if self._open is None:
            from agentk.graph.build import opened
            from agentk.graph.nodes.execute import recover

            stack = ExitStack()
            try:
                bench = stack.enter_context(session(self.folder, self.request))
                bench.journal.listen(self._since.append)
                if bench.folder.contract.exists():
                    recover(bench)
                walk = stack.enter_context(opened(bench, by_step=True))
            except BaseException:
                stack.close()
                raise
            self._open = bench, walk
            self._closing = weakref.finalize(self, stack.close)
            bench.clock.pause()
            self.watcher(bench)
        return self._open

    @contextmanager
    def _harmless(self) -> Iterator[None]:
        """Whatever ends a node in its middle closes the run: what is on disk is whole, what is in memory may not be."""
        try:
            with room_needed(self.folder.path):
                yield
        except KeyboardInterrupt:
            if self._open is not None and self._open[0].pausing:
                self._open[0].clock.pause()
                raise self._paused("between two looks at what is under way") from None
            self.close()
            raise Paused("in the middle of a node; what was under way will be done again") from None
        except RunError:
            raise
        except BaseException:
            self.close()
            raise

    def _paused(self, where: str) -> Paused:
        assert self._open is not None
        self._open[0].pausing = False
        return Paused(f"{where}; {self._open[1].next} is next")


def _wanted(until: Until | None) -> Callable[[Step], bool]:
    from agentk.competitions.setup import STAGES
    from agentk.graph.build import MAIN

    if until is None:
        return lambda _step: False
    if callable(until):
        return until
    nodes = [*(stage.name for stage in STAGES), *MAIN]
    if until not in nodes:
        near = get_close_matches(until, nodes, n=1)
        raise SettingError(
            f"there is no node {until!r}" + (f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(nodes)}")
        )
    return lambda step: step.node == until


@contextmanager
def _interruptible(bench: Workbench) -> Iterator[None]:
    """The first Ctrl-C or kernel interrupt asks for a pause, a second one ends the node at once."""

    def ask(_signum: int, _frame: FrameType | None) -> None:
        if bench.pausing:
            bench.pausing = False
            raise KeyboardInterrupt
        bench.pausing = True

    previous: Any = None
    with suppress(ValueError):  # in another thread: `pause` asks
        previous = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        if previous is not None:
            signal.signal(signal.SIGINT, previous)
