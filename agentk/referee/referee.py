"""The referee: runs solutions fold by fold in the sandbox and is alone in knowing the labels they are scored on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agentk.referee.apply import decide, from_link, to_link
from agentk.referee.audit import Identifiers, audit, identifiers_of
from agentk.referee.cache import FoldCache, PreparedCache, content_digest, prepare_params
from agentk.referee.decision import default_decision
from agentk.referee.evaluation import Evaluation, columns_of, covered
from agentk.referee.handover import hand_over
from agentk.referee.judge import Judge
from agentk.referee.layout import Layout, make_layout
from agentk.referee.predictions import RefusedError, read_predictions
from agentk.sandbox.protocol import End, Execution, Function, Limits, Result, Sandbox
from agentk.types.competition import Competition
from agentk.types.metric import Array, Metric
from agentk.types.outcome import Outcome, Status
from agentk.types.solution import Solution
from agentk.types.space import Params

if TYPE_CHECKING:
    import pandas as pd

Watch = Callable[[list[float]], bool]

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


@dataclass
class _Task:
    """An evaluation under way."""

    key: str
    solution: Solution
    params: Params
    limits: Limits
    watch: Watch | None
    calls: list[int]  # still to be submitted, in order
    wanted: int
    digest: str
    prepared: str | None  # digest of the features it waits for
    done: dict[int, Array] = field(default_factory=dict)
    seconds: float = 0.0
    scores: list[float] = field(default_factory=list)  # as `watch` sees them
    logs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Flight:
    """An execution in the sandbox: a call of a task, or the preparation that several may wait for."""

    task: _Task | None
    call: int
    prepared: str | None
    folder: Path


class Referee:
    """Evaluates solutions of one competition over one fold layout. Not thread-safe: one caller, the sandbox runs in parallel.

    truth, metric: as `agentk.types.metric` has them. `folder` is the referee's own, kept between processes: finished calls
    are found there again. `extra`: further labelled rows, trained on in every call, never scored. `data_dir`: the
    label-free view of the data that solutions see; None: one with the files that rows name and nothing else.
    """

    def __init__(
        self,
        competition: Competition,
        train: pd.DataFrame,
        test: pd.DataFrame,
        truth: Array,
        metric: Metric,
        sandbox: Sandbox,
        folder: Path,
        *,
        seed: int,
        data_dir: Path | None = None,
        layout: Layout | None = None,
        extra: pd.DataFrame | None = None,
    ) -> None:
        """Raises CompetitionError, SettingError or StoreError when rows, layout or folder do not do."""
        self.competition, self.metric, self.sandbox, self.folder, self.seed = competition, metric, sandbox, folder, seed
        self.layout = layout or make_layout(competition, train, test, truth, seed)
        self.judge = Judge(metric, competition.task, competition.classes, truth, self.layout.assignment)
        self.identifiers: Identifiers = identifiers_of(competition, train, test)
        self.columns = columns_of(competition)
        self._test_rows = len(test)
        self._handed = hand_over(competition, train, test, self.layout, folder, extra=extra, data_dir=data_dir)
        self._folds, self._features = FoldCache(folder), PreparedCache(folder)
        self._tasks: dict[str, _Task] = {}
        self._digests: dict[str, str] = {}
        self._flying: dict[Future[Result], _Flight] = {}
        self._preparing: dict[str, Future[Result]] = {}
        self._ready: list[Evaluation] = []
        self._busy: list[tuple[float, float]] = []  # when executions started, how long they held their slot
        self._marked = time.monotonic()
        self._count = 0

    @property
    def pending(self) -> set[str]:
        """Keys of evaluations under way or not collected yet."""
        return {*self._tasks, *(evaluation.key for evaluation in self._ready)}

    def submit(
        self,
        solution: Solution,
        params: Params,
        *,
        key: str,
        seconds: float | None = None,
        limits: Limits | None = None,
        watch: Watch | None = None,
        folds: Sequence[int] | None = None,
    ) -> None:
        """Queues an evaluation; `collect` returns it under `key`.

        seconds  that each call may take; shortens `limits`
        watch    is shown the scores of the folds so far, each decided by earlier folds alone; a fold is begun only after
                 it said go on, and when it says no the evaluation ends as pruned
        folds    only these; the evaluation is then not complete, and a later one under the same content continues it
        """
        if key in self.pending:
            raise ValueError(f"an evaluation {key!r} is under way already")
        refusal = audit(solution, self.competition, self.identifiers)
        if refusal is not None:
            self._ready.append(Evaluation(key, Outcome(status=Status.INVALID, reason=refusal)))
            return
        params = self.params(params)
        limits = limits or Limits()
        if seconds is not None:
            limits = replace(limits, wall_s=min(seconds, limits.wall_s))
        needed = prepare_params(solution.source, params)
        calls = list(self.layout.calls) if folds is None else sorted(set(folds))
        task = _Task(
            key,
            solution,
            params,
            limits,
            watch,
            calls,
            wanted=len(calls),
            digest=content_digest(solution, params, self._handed.digest),
            prepared=None if needed is None else content_digest(solution, needed, self._handed.digest),
        )
        self._tasks[key] = task
        self._digests[key] = task.digest
        self._advance(task)

    def collect(self, timeout: float | None) -> list[Evaluation]:
        """What has finished; waits for something at most `timeout` seconds, without end when None; [] when nothing is under way.

        Raises SandboxError when the sandbox itself fails.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            done, _ = wait(self._flying, timeout=0)
            if not done and not self._ready and self._flying:
                left = None if deadline is None else max(deadline - time.monotonic(), 0.0)
                done, _ = wait(self._flying, timeout=left, return_when=FIRST_COMPLETED)
            for future in done:
                self._land(future)
            if self._ready or not self._flying or (deadline is not None and time.monotonic() >= deadline):
                ready, self._ready = self._ready, []
                return ready

    def cancel(self, key: str) -> None:
        """Ends an evaluation; nothing more is heard of it. Its finished calls are kept until `forget`."""
        task = self._tasks.pop(key, None)
        if task is not None:
            self._ground(task)
        self._ready = [evaluation for evaluation in self._ready if evaluation.key != key]

    def forget(self, key: str) -> None:
        """Drops the kept calls of an evaluation, once they are safe elsewhere or of no more use."""
        digest = self._digests.pop(key, None)
        if digest is not None and digest not in self._digests.values():
            self._folds.forget(digest)

    def answers(self, evaluation: Evaluation) -> Array:
        """The final answers (M, ...) of the test rows."""
        if evaluation.test is None or evaluation.decision is None:
            raise ValueError(
                f"evaluation {evaluation.key!r} has no test predictions: {evaluation.outcome.reason or 'it is not complete'}"
            )
        return decide(evaluation.decision.model_dump(), evaluation.test)

    def params(self, params: Params) -> Params:
        """What a call is given: the parameters with the reserved ones. A seed among them wins, so that seeds can be averaged."""
        return {**params, "seed": params.get("seed", self.seed), "threads": self.sandbox.cores, "device": "cpu"}

    def plain_answers(self, predictions: Array) -> Array:
        """Answers to (M, W) predictions that no out-of-fold rows are known of: decided by the default."""
        return decide(default_decision(self.judge.rules, self.judge.truth).model_dump(), predictions)

    def evaluate(self, key: str, oof: Array, test: Array | None, *, seconds: float = 0.0, log: str = "") -> Evaluation:
        """Judges (N, W) out-of-fold predictions, NaN where uncovered, and (M, W) test predictions."""
        mask = covered(oof)
        judgment = self.judge.judge(oof, mask)
        if not np.isfinite(judgment.score):
            outcome = Outcome(status=Status.INVALID, reason=f"{self.metric.name} of its predictions is {judgment.score}")
            return Evaluation(key, outcome, seconds=seconds, log=log)
        return Evaluation(
            key=key,
            outcome=Outcome(status=Status.SCORED),
            fold_scores=judgment.fold_scores,
            score=judgment.score,
            std=judgment.std,
            oof=oof,
            mask=mask,
            test=test,
            seconds=seconds,
            log=log,
            decision=judgment.decision,
            complete=test is not None and bool(np.array_equal(mask, self.layout.covered)),
            columns=tuple(self.columns),
            answers=judgment.answers,
        )

    def mark(self) -> None:
        """From now on occupancy is measured."""
        self._marked = time.monotonic()
        self._busy.clear()

    def occupancy(self) -> float:
        """Share of the slots' time since `mark` (or the beginning) that finished executions held them."""
        now = time.monotonic()
        busy = sum(max(min(start + wall, now) - max(start, self._marked), 0.0) for start, wall in list(self._busy))
        return busy / max((now - self._marked) * self.sandbox.slots, 1e-9)

    def _advance(self, task: _Task) -> None:
        """Submits what may be submitted: everything, or under a watch the next call alone; ends the task when all is in."""
        while task.calls and not (task.watch is not None and self._in_flight(task)):
            kept = self._folds.find(task.digest, task.calls[0])
            if kept is not None:
                if not self._arrived(task, task.calls.pop(0), *kept):
                    return
                continue
            if task.prepared is not None and self._features.find(task.prepared) is None:
                self._prepare(task)
                return
            self._launch(task, task.calls.pop(0))
        if len(task.done) == task.wanted:
            self._finish(task)

    def _in_flight(self, task: _Task) -> bool:
        return any(flight.task is task for flight in self._flying.values())

    def _launch(self, task: _Task, call: int) -> None:
        inputs = {"data": self._handed.data}
        if task.prepared is not None and (features := self._features.find(task.prepared)) is not None:
            inputs["prepared"] = features
        execution = Execution(
            entry=Function(f"{HARNESS}:predict", load=f"{HARNESS}:load"),
            collect_to=self._fresh_folder(),
            held={"rows": self._handed.rows, "fold": self._handed.calls[call]},
            inputs=inputs,
            arguments={"source": task.solution.source, "params": task.params, "prepared": "prepared" in inputs},
            limits=task.limits,
        )
        self._fly(execution, _Flight(task, call, None, execution.collect_to))

    def _prepare(self, task: _Task) -> None:
        """Makes the features that a task waits for, unless they are being made."""
        assert task.prepared is not None
        if task.prepared in self._preparing:
            return
        execution = Execution(
            entry=Function(f"{HARNESS}:prepare"),
            collect_to=self._fresh_folder(),
            inputs={"rows": self._handed.rows, "data": self._handed.data},
            arguments={"source": task.solution.source, "params": task.params, "labels": list(self._handed.labels)},
            limits=task.limits,
        )
        self._preparing[task.prepared] = self._fly(execution, _Flight(None, -1, task.prepared, execution.collect_to))

    def _fly(self, execution: Execution, flight: _Flight) -> Future[Result]:
        future = self.sandbox.submit(execution, urgent=flight.prepared is not None)
        self._flying[future] = flight
        future.add_done_callback(self._note)
        return future

    def _note(self, future: Future[Result]) -> None:
        if not future.cancelled() and future.exception() is None:
            result = future.result()
            self._busy.append((result.started, result.wall_s))

    def _fresh_folder(self) -> Path:
        self._count += 1
        return self.folder / "collected" / f"{time.time_ns()}-{self._count}"

    def _land(self, future: Future[Result]) -> None:
        """Takes one finished execution."""
        flight = self._flying.pop(future, None)
        if flight is None:  # its task ended while this batch of results was being taken
            return
        result = future.result()
        try:
            if flight.prepared is not None:
                self._land_features(flight.prepared, result)
            elif flight.task is not None:
                self._land_call(flight.task, flight.call, result)
        finally:
            _remove(flight.folder, result)

    def _land_features(self, digest: str, result: Result) -> None:
        del self._preparing[digest]
        waiting = [task for task in self._tasks.values() if task.prepared == digest and task.calls]
        failure = _failure(result)
        made = result.outputs.get("prepared.pkl")
        if failure is None and made is None:
            failure = Outcome(status=Status.INVALID, reason="prepare ended without its features")
        if failure is None and made is not None:
            self._features.keep(digest, made, {task.prepared for task in self._tasks.values() if task.prepared})
        for number, task in enumerate(waiting):
            task.seconds += result.wall_s if number == 0 else 0.0
            task.logs["prepare"] = result.log
            if failure is not None:
                self._fail(task, Outcome(status=failure.status, reason=f"in prepare: {failure.reason}"))
            else:
                self._advance(task)

    def _land_call(self, task: _Task, call: int, result: Result) -> None:
        task.seconds += result.wall_s
        task.logs[f"fold {call}"] = result.log
        failure = _failure(result)
        if failure is None:
            rows = len(self.layout.held_out(call)) + (self._test_rows if self.layout.predicts_test(call) else 0)
            try:
                made = result.outputs.get("predictions.npy")
                if made is None:
                    raise RefusedError("the program ended without predictions")
                predictions = read_predictions(made, rows, self.competition.width, self.competition.task)
            except RefusedError as error:
                failure = Outcome(status=Status.INVALID, reason=str(error))
        if failure is not None:
            self._fail(task, failure)
            return
        self._folds.keep(task.digest, call, predictions, result.wall_s)
        if self._arrived(task, call, predictions, 0.0):
            self._advance(task)

    def _arrived(self, task: _Task, call: int, predictions: Array, seconds: float) -> bool:
        """Notes a finished call; False when the watch ends the task for it."""
        task.done[call] = predictions
        task.seconds += seconds
        if task.watch is None or call >= self.layout.folds:
            return True
        oof = self._out_of_fold(task)
        earlier = [fold for fold in task.done if fold < self.layout.folds and fold != call]
        task.scores.append(self.judge.fold_score(call, oof, np.isin(self.layout.assignment, earlier)))
        if len(task.done) < task.wanted and not task.watch(list(task.scores)):
            folds = len(task.scores)
            self._fail(
                task, Outcome(status=Status.PRUNED, reason=f"after {folds} fold{'s' * (folds > 1)} others are clearly better")
            )
            return False
        return True

    def _out_of_fold(self, task: _Task) -> Array:
        oof = np.full((len(self.layout.assignment), self.competition.width), np.nan)
        for call, predictions in task.done.items():
            held_out = self.layout.held_out(call)
            oof[held_out] = predictions[: len(held_out)]
        return oof

    def _finish(self, task: _Task) -> None:
        link = self.metric.link
        tests = [
            to_link(task.done[call][len(self.layout.held_out(call)) :], link)
            for call in sorted(task.done)
            if self.layout.predicts_test(call)
        ]
        test = from_link(np.mean(tests, axis=0), link) if tests else None
        del self._tasks[task.key]
        self._ready.append(self.evaluate(task.key, self._out_of_fold(task), test, seconds=task.seconds, log=_log(task)))

    def _fail(self, task: _Task, outcome: Outcome) -> None:
        """Ends a task and what of it is still queued or running."""
        self._tasks.pop(task.key, None)
        self._ground(task)
        self._ready.append(
            Evaluation(
                task.key,
                outcome,
                fold_scores=tuple(task.scores),
                seconds=task.seconds,
                log=_log(task),
                columns=tuple(self.columns),
            )
        )

    def _ground(self, task: _Task) -> None:
        """Takes what a task has in the sandbox back, and features that nobody else waits for."""
        awaited = {other.prepared for other in self._tasks.values()}
        for future, flight in list(self._flying.items()):
            if flight.task is task or (
                flight.prepared is not None and flight.prepared == task.prepared and flight.prepared not in awaited
            ):
                del self._flying[future]
                if flight.prepared is not None:
                    self._preparing.pop(flight.prepared, None)
                self.sandbox.cancel(future)


def _failure(result: Result) -> Outcome | None:
    """How an execution failed, by its end or by what the harness wrote; None where it did not."""
    if result.end is not End.OK:
        return Outcome(status=STATUS[result.end], reason=result.reason)
    path = result.outputs.get("failure.json")
    if path is None:
        return None
    try:
        said = json.loads(path.read_bytes()[:FAILURE_BYTES])
        reason, memory = str(said["reason"])[:2000], bool(said["memory"])
    except (ValueError, KeyError, TypeError):
        reason, memory = "it failed and left no readable reason", False
    return Outcome(status=Status.OUT_OF_MEMORY if memory else Status.FAILED, reason=reason)


def _log(task: _Task) -> str:
    """The logs of its executions, without empty ones."""
    return "\n".join(f"--- {name}\n{text.rstrip()}" for name, text in task.logs.items() if text.strip())


def _remove(folder: Path, result: Result) -> None:
    for path in result.outputs.values():
        path.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
