"""Flights: the calls of tasks in the sandbox. Which is submitted when, what follows when one lands, and what is taken back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agentk.referee.cache import FoldCache, PreparedCache
from agentk.referee.calls import Calls
from agentk.referee.judge import Judge
from agentk.referee.task import Task
from agentk.sandbox.protocol import Result
from agentk.types.metric import Array
from agentk.types.outcome import Outcome, Status


@dataclass(frozen=True)
class _Flight:
    """An execution in the sandbox: a call of a task, or the preparation that several may wait for."""

    task: Task | None
    call: int
    prepared: str | None


class Flights:
    """Carries tasks through the sandbox, call by call; finished calls and features are kept in `folder` for later ones.

    `ended` is told of each task that has all its calls, and of each that failed or was pruned, with that outcome.
    """

    def __init__(self, calls: Calls, judge: Judge, folder: Path, ended: Callable[[Task, Outcome | None], None]) -> None:
        self._calls, self._judge, self._layout, self._ended = calls, judge, calls.layout, ended
        self._folds, self._features = FoldCache(folder), PreparedCache(folder)
        self._tasks: dict[str, Task] = {}
        self._flying: dict[Future[Result], _Flight] = {}
        self._preparing: set[str] = set()

    @property
    def keys(self) -> set[str]:
        """Of the tasks under way."""
        return {*self._tasks}

    @property
    def empty(self) -> bool:
        """Whether nothing is in the sandbox."""
        return not self._flying

    def begin(self, task: Task) -> None:
        """Takes a task up."""
        self._tasks[task.key] = task
        self._advance(task)

    def land(self, timeout: float | None) -> None:
        """Takes what has finished; where nothing has, waits for it, at most `timeout` seconds, without end when None."""
        done, _ = wait(self._flying, timeout=timeout, return_when=FIRST_COMPLETED)
        for future in done:
            self._land(future)

    def cancel(self, key: str) -> None:
        """Ends a task, if it is under way; `ended` does not hear of it."""
        task = self._tasks.pop(key, None)
        if task is not None:
            self._ground(task)

    def forget(self, digest: str) -> None:
        """Drops the kept calls of this content."""
        self._folds.forget(digest)

    def _advance(self, task: Task) -> None:
        """Submits what may be submitted: everything, or under a watch the next call alone; ends the task when all is in."""
        while task.calls and not (task.watch is not None and self._in_flight(task)):
            kept = self._folds.find(task.digest, task.calls[0])
            if kept is not None:
                if not self._arrived(task, task.calls.pop(0), *kept):
                    return
                continue
            features = None if task.prepared is None else self._features.find(task.prepared)
            if task.prepared is not None and features is None:
                self._prepare(task, task.prepared)
                return
            call = task.calls.pop(0)
            future = self._calls.predict(task.solution, task.params, call, task.limits, features)
            self._flying[future] = _Flight(task, call, None)
        if len(task.done) == task.wanted:
            del self._tasks[task.key]
            self._ended(task, None)

    def _in_flight(self, task: Task) -> bool:
        return any(flight.task is task for flight in self._flying.values())

    def _prepare(self, task: Task, digest: str) -> None:
        """Makes the features that a task waits for, unless they are being made."""
        if digest not in self._preparing:
            future = self._calls.prepare(task.solution, task.params, task.limits)
            self._preparing.add(digest)
            self._flying[future] = _Flight(None, -1, digest)

    def _land(self, future: Future[Result]) -> None:
        """Takes one finished execution."""
        flight = self._flying.pop(future, None)
        if flight is None:  # its task ended while this batch of results was being taken
            return
        result = future.result()
        if flight.prepared is not None:
            self._land_features(flight.prepared, result)
        elif flight.task is not None:
            self._land_call(flight.task, flight.call, result)
        self._calls.discard(result)

    def _land_features(self, digest: str, result: Result) -> None:
        self._preparing.discard(digest)
        waiting = [task for task in self._tasks.values() if task.prepared == digest and task.calls]
        made = self._calls.features(result)
        if isinstance(made, Path):
            self._features.keep(digest, made, {task.prepared for task in self._tasks.values() if task.prepared})
        for number, task in enumerate(waiting):
            task.seconds += result.wall_s if number == 0 else 0.0
            task.logs["prepare"] = result.log
            if isinstance(made, Path):
                self._advance(task)
            else:
                self._fail(task, made)

    def _land_call(self, task: Task, call: int, result: Result) -> None:
        task.seconds += result.wall_s
        task.logs[f"fold {call}"] = result.log
        predictions = self._calls.predictions(call, result)
        if isinstance(predictions, Outcome):
            self._fail(task, predictions)
            return
        self._folds.keep(task.digest, call, predictions, result.wall_s)
        if self._arrived(task, call, predictions, 0.0):
            self._advance(task)

    def _arrived(self, task: Task, call: int, predictions: Array, seconds: float) -> bool:
        """Notes a finished call; False when the watch ends the task for it."""
        task.done[call] = predictions
        task.seconds += seconds
        if task.watch is None or call >= self._layout.folds:
            return True
        oof = task.out_of_fold(self._layout, self._calls.competition.width)
        earlier = [fold for fold in task.done if fold < self._layout.folds and fold != call]
        done = np.isin(self._layout.assignment, earlier)
        task.scores.append(self._judge.fold_score(call, oof, done))
        task.merits.append(self._judge.fold_merit(call, oof, done, task.scores[-1]))
        if len(task.done) < task.wanted and not task.watch(list(task.merits)):
            folds = len(task.scores)
            self._fail(
                task, Outcome(status=Status.PRUNED, reason=f"after {folds} fold{'s' * (folds > 1)} others are clearly better")
            )
            return False
        return True

    def _fail(self, task: Task, outcome: Outcome) -> None:
        """Ends a task and what of it is still queued or running."""
        self.cancel(task.key)
        self._ended(task, outcome)

    def _ground(self, task: Task) -> None:
        """Takes what a task has in the sandbox back, and features that nobody else waits for."""
        awaited = {other.prepared for other in self._tasks.values()}
        for future, flight in list(self._flying.items()):
            if flight.task is task or (
                flight.prepared is not None and flight.prepared == task.prepared and flight.prepared not in awaited
            ):
                del self._flying[future]
                if flight.prepared is not None:
                    self._preparing.discard(flight.prepared)
                self._calls.sandbox.cancel(future)
