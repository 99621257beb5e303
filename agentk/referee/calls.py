"""Calls: single executions of a solution in the sandbox, how they are put and how what they leave is read."""

from __future__ import annotations

import json
import shutil
import time
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from agentk.referee.handover import Handover
from agentk.referee.layout import Layout
from agentk.referee.predictions import RefusedError, read_predictions
from agentk.sandbox.protocol import End, Execution, Function, Limits, Result, Sandbox
from agentk.types.competition import Competition
from agentk.types.metric import Array
from agentk.types.outcome import Outcome, Status
from agentk.types.solution import Solution
from agentk.types.space import Params

HARNESS = "agentk.referee.harness"
FAILURE_BYTES = 16 << 10
STATUS = {
    End.FAILED: Status.FAILED,
    End.TIMED_OUT: Status.TIMED_OUT,
    End.OUT_OF_MEMORY: Status.OUT_OF_MEMORY,
    End.CRASHED: Status.CRASHED,
    End.REFUSED: Status.INVALID,
    End.CANCELLED: Status.CANCELLED,
}


class Calls:
    """Puts calls into the sandbox, and measures how long they hold its slots.

    `folder` is emptied at the start: what lies there was left by a process that is gone. `devices`: device files of a graphics
    card, for programs that are told to compute on one.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        handed: Handover,
        competition: Competition,
        layout: Layout,
        folder: Path,
        devices: tuple[Path, ...] = (),
    ) -> None:
        self._devices = devices
        self.sandbox, self.handed, self.competition, self.layout, self.folder = sandbox, handed, competition, layout, folder
        shutil.rmtree(folder, ignore_errors=True)
        self._busy: list[tuple[float, float]] = []  # when executions started, how long they held their slot
        self._marked = time.monotonic()
        self._count = 0

    def predict(self, solution: Solution, params: Params, call: int, limits: Limits, features: Path | None) -> Future[Result]:
        """`fit_predict` of one call, with the features that `prepare` made."""
        inputs = {"data": self.handed.data} if features is None else {"data": self.handed.data, "prepared": features}
        return self._submit(
            Execution(
                entry=Function(f"{HARNESS}:predict", load=f"{HARNESS}:load"),
                collect_to=self._fresh(),
                held={"rows": self.handed.rows, "fold": self.handed.calls[call]},
                inputs=inputs,
                arguments={"source": solution.source, "params": params, "prepared": features is not None},
                limits=limits,
            )
        )

    def prepare(self, solution: Solution, params: Params, limits: Limits) -> Future[Result]:
        """`prepare` on all rows, before those that wait for it."""
        return self._submit(
            Execution(
                entry=Function(f"{HARNESS}:prepare"),
                collect_to=self._fresh(),
                inputs={"rows": self.handed.rows, "data": self.handed.data},
                arguments={"source": solution.source, "params": params, "labels": list(self.handed.labels)},
                limits=limits,
            ),
            urgent=True,
        )

    def smoke(self, solution: Solution, params: Params, call: int, limits: Limits, picked: list[list[int]]) -> Future[Result]:
        """One call on some of its rows, before everything that waits: places to fit on, to hold out, and to predict again."""
        rows = dict(zip(("fit", "shown", "again"), picked, strict=True))
        arguments = {"source": solution.source, "params": params, "labels": list(self.handed.labels), **rows}
        return self._on_fold("smoke", call, limits, arguments)

    def look(self, source: str, params: Params, call: int, limits: Limits) -> Future[Result]:
        """`explore` on the rows of one call."""
        return self._on_fold("look", call, limits, {"source": source, "params": params})

    def _on_fold(self, target: str, call: int, limits: Limits, arguments: dict[str, Any]) -> Future[Result]:
        return self._submit(
            Execution(
                entry=Function(f"{HARNESS}:{target}", load=f"{HARNESS}:load"),
                collect_to=self._fresh(),
                held={"rows": self.handed.rows, "fold": self.handed.calls[call]},
                inputs={"data": self.handed.data},
                arguments=arguments,
                limits=limits,
            ),
            urgent=True,
        )

    def predictions(self, call: int, result: Result) -> Array | Outcome:
        """The checked predictions of a finished call: held-out rows, then test; or why there are none."""
        failure = self.failure(result)
        if failure is not None:
            return failure
        rows = len(self.layout.held_out(call)) + (self.handed.test_rows if self.layout.predicts_test(call) else 0)
        made = result.outputs.get("predictions.npy")
        if made is None:
            return Outcome(status=Status.INVALID, reason="the program ended without predictions")
        try:
            return read_predictions(made, rows, self.competition.width, self.competition.task)
        except RefusedError as error:
            return Outcome(status=Status.INVALID, reason=str(error))

    def features(self, result: Result) -> Path | Outcome:
        """The file of prepared features, which only solutions ever read; or why there is none."""
        failure = self.failure(result)
        if failure is not None:
            return Outcome(status=failure.status, reason=f"in prepare: {failure.reason}")
        made = result.outputs.get("prepared.pkl")
        return made or Outcome(status=Status.INVALID, reason="in prepare: the program ended without features")

    def failure(self, result: Result) -> Outcome | None:
        """How an execution failed, by its end or by what the harness wrote; None where it did not."""
        if result.end is not End.OK:
            return Outcome(status=STATUS[result.end], reason=result.reason)
        path = result.outputs.get("failure.json")
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                said = json.loads(file.read(FAILURE_BYTES))
            reason, memory = str(said["reason"])[:2000], bool(said["memory"])
        except (ValueError, KeyError, TypeError):
            reason, memory = "it failed and left no readable reason", False
        return Outcome(status=Status.OUT_OF_MEMORY if memory else Status.FAILED, reason=reason)

    def discard(self, result: Result) -> None:
        """Removes what a finished call left."""
        for folder in {path.parent for path in result.outputs.values()}:
            shutil.rmtree(folder, ignore_errors=True)

    def mark(self) -> None:
        """From now on occupancy is measured."""
        self._marked = time.monotonic()
        self._busy.clear()

    def occupancy(self) -> float:
        """Share of the slots' time since `mark`, or the beginning, that finished calls held them."""
        now = time.monotonic()
        busy = sum(max(min(start + wall, now) - max(start, self._marked), 0.0) for start, wall in list(self._busy))
        return busy / max((now - self._marked) * self.sandbox.slots, 1e-9)

    def _submit(self, execution: Execution, *, urgent: bool = False) -> Future[Result]:
        params = execution.arguments.get("params")
        if isinstance(params, dict) and params.get("device", "cpu") != "cpu":
            execution = replace(execution, devices=self._devices)
        future = self.sandbox.submit(execution, urgent=urgent)
        future.add_done_callback(self._note)
        return future

    def _note(self, future: Future[Result]) -> None:
        if not future.cancelled() and future.exception() is None:
            result = future.result()
            self._busy.append((result.started, result.wall_s))

    def _fresh(self) -> Path:
        self._count += 1
        return self.folder / str(self._count)
