"""Probes: executions that earn no score. A smoke run of a new program on few rows, and looks at the data."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agentk.referee.apply import decide
from agentk.referee.decision import default_decision
from agentk.referee.predictions import RefusedError, read_predictions
from agentk.sandbox.protocol import Limits, Result
from agentk.types.metric import Array
from agentk.types.outcome import Outcome, Status
from agentk.types.solution import EXPLORED, SMOKE_ROWS, SMOKE_SECONDS, Solution
from agentk.types.space import Params

if TYPE_CHECKING:
    from agentk.referee.calls import Calls
    from agentk.referee.judge import Judge
    from agentk.referee.layout import Layout

WAITING = 4.0
"""How many times its seconds a probe may take by the clock on the wall: others may compute beside it, and it may wait."""
EACH = 3
"""Rows of every class that a smoke run fits on, where there are as many."""

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Probed:
    """How a probe ended, and what it said."""

    outcome: Outcome  # SCORED: it ran to its end
    log: str = ""
    seconds: float = 0.0
    train_score: float | None = None  # smoke: of rows it was fitted on, decided by the default
    valid_score: float | None = None  # of rows held out from it


class Probe:
    """One probe under way. `done` does not wait; `result` does."""

    def __init__(self, probes: Probes, future: Future[Result] | None, refusal: Outcome | None = None) -> None:
        self._probes, self._future, self._refusal = probes, future, refusal

    def done(self) -> bool:
        """Whether it has ended."""
        return self._future is None or self._future.done()

    def result(self) -> Probed:
        """What came of it. Raises SandboxError when the sandbox itself failed."""
        if self._future is None:
            assert self._refusal is not None
            return Probed(self._refusal)
        return self._probes.read(self._future.result())

    def cancel(self) -> None:
        """Ends it; nothing more is heard of it."""
        if self._future is not None:
            self._probes.calls.sandbox.cancel(self._future)


class Probes:
    """Smoke runs and looks of one competition, always on the first call of the layout, whose held-out labels they never see."""

    def __init__(self, calls: Calls, judge: Judge, layout: Layout, seed: int) -> None:
        self.calls, self._judge, self._call = calls, judge, layout.calls[0]
        self._train, self._held = layout.train(self._call), layout.held_out(self._call)
        draw = np.random.default_rng(seed)
        self._fit = self._sample(draw)
        self._limits = Limits(wall_s=WAITING * SMOKE_SECONDS, cpu_s=SMOKE_SECONDS * calls.sandbox.cores)
        self._shown = np.sort(draw.permutation(len(self._held))[: SMOKE_ROWS // 5])
        self._again = self._fit[np.sort(draw.permutation(len(self._fit))[: SMOKE_ROWS // 5])]

    def smoke(self, solution: Solution, params: Params) -> Probe:
        """`prepare` and `fit_predict` once, on few rows: does it run, and does what it returns have the right shape?"""
        picked = [rows.tolist() for rows in (self._fit, self._shown, self._again)]
        return Probe(self, self.calls.smoke(solution, params, self._call, self._limits, picked))

    def look(self, source: str, params: Params) -> Probe:
        """Calls `explore(train, test, data_dir)` of a program and keeps what it prints."""
        return Probe(self, self.calls.look(source, params, self._call, self._limits))

    def refused(self, reason: str) -> Probe:
        """One that has ended before it began."""
        return Probe(self, None, Outcome(status=Status.INVALID, reason=reason))

    def read(self, result: Result) -> Probed:
        """What an execution left."""
        failure = self.calls.failure(result)
        made = result.outputs.get("predictions.npy")
        try:
            if failure is not None or made is None:
                ended = Outcome(status=Status.SCORED)
                said = result.log[:EXPLORED] if failure is None else result.log[-EXPLORED:]  # an error stands at the end
                return Probed(failure or ended, said, result.wall_s)
            rows = len(self._shown) + len(self._again)
            predictions = read_predictions(made, rows, self.calls.competition.width, self.calls.competition.task)
        except RefusedError as error:
            return Probed(Outcome(status=Status.INVALID, reason=str(error)), result.log[-EXPLORED:], result.wall_s)
        finally:
            self.calls.discard(result)
        shown = self._score(predictions[: len(self._shown)], self._held[self._shown])
        again = self._score(predictions[len(self._shown) :], self._train[self._again])
        return Probed(Outcome(status=Status.SCORED), result.log[-EXPLORED:], result.wall_s, train_score=again, valid_score=shown)

    def _score(self, predictions: Array, rows: Rows) -> float | None:
        judge = self._judge
        answers = decide(default_decision(judge.rules, judge.truth).model_dump(), predictions)
        score = judge.score(rows, answers)
        return score if np.isfinite(score) else None

    def _sample(self, draw: np.random.Generator) -> Rows:
        """Places among the training rows, in their order: at random, and a few of every class."""
        most = SMOKE_ROWS - SMOKE_ROWS // 5
        chosen = draw.permutation(len(self._train))[:most]
        if self._judge.task.classifies:
            labels = self._judge.truth[self._train]
            few = [np.flatnonzero(labels == value)[:EACH] for value in np.unique(labels)]
            chosen = np.concatenate([chosen, *few])
        return np.unique(chosen)
