"""Metrics of one's own: a function of a file, called in a sandbox that no solution shares."""

from __future__ import annotations

import atexit
import json
import shutil
import socket
import tempfile
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from pydantic import JsonValue

from agentk.competitions.metrics.entry import NamedMetric
from agentk.competitions.metrics.registry import metric_named
from agentk.competitions.metrics.talk import hear, say
from agentk.errors import RunError
from agentk.types.competition import Cells, Label, OwnMetric, TaskKind
from agentk.types.metric import Array

if TYPE_CHECKING:
    from agentk.sandbox.protocol import Result, Sandbox

LONGEST_S = 30.0
"""How long one call may take; setup refuses functions that need a fraction of it."""

_IMPORTS = ("numpy", "pandas", "scipy.stats", "sklearn.metrics")
_PROGRAMS = 64  # at once; each ends when nobody can call it any more
_OPENING_S = 120.0  # for the libraries and the person's file to be imported, on a busy machine too
_PARTING_S = 5.0  # until a process whose line is closed has told why
_FOR_EVER_S = 30 * 24 * 3600.0


class Scored(Protocol):
    """What a contract, finished or not, says of its metric."""

    @property
    def metric(self) -> str:
        """Its name."""
        ...

    @property
    def own_metric(self) -> OwnMetric | None:
        """The person's own function, where it is one."""
        ...

    @property
    def cells(self) -> Cells | None:
        """What is asked for in each row of the submission, where it has a row for every answer."""
        ...

    @property
    def column_weights(self) -> tuple[float, ...]:
        """Of each target or class, in the metric; none: all alike."""
        ...

    @property
    def task(self) -> TaskKind | None:
        """What is asked."""
        ...

    @property
    def classes(self) -> tuple[Label, ...]:
        """The labels by their codes."""
        ...


def metric_of(contract: Scored) -> NamedMetric:
    """The metric of a competition, by name or of the person's own. Raises SettingError when no metric is called so."""
    own = contract.own_metric
    pooled = contract.cells is not None and contract.cells.pooled
    if own is None:
        named = metric_named(contract.metric)
        return replace(named, pooled=pooled, columns=contract.column_weights) if pooled or contract.column_weights else named
    assert contract.task is not None
    return _made(own.model_dump_json(), json.dumps(spelling(own, contract.task, contract.classes)), pooled)


def spelling(own: OwnMetric, task: TaskKind, classes: Sequence[Label]) -> dict[str, JsonValue]:
    """The arguments of `serving.Spelling`."""
    labels: list[JsonValue] = [*classes] if task.classifies else []
    columns: dict[str, JsonValue] = {"columns": list(own.columns), "places": list(own.places)}
    return {"form": own.form, "classes": labels, **columns, "weights": own.weights_column}


@lru_cache(maxsize=8)
def _made(own: str, spelled: str, pooled: bool) -> NamedMetric:
    metric = OwnMetric.model_validate_json(own)
    caller = Caller(metric.file, metric.function, metric.source, json.loads(spelled))
    return NamedMetric(
        metric.name,
        metric.direction,
        metric.form,
        lambda truth, answer, w: caller.score(truth, answer, weights_for(metric, w.rows, len(truth))),
        link=metric.link,
        best=metric.best,
        pooled=pooled,
        weighs_rows=metric.weighed,
    )


def weights_for(metric: OwnMetric, weights: Array | None, rows: int) -> Array | None:
    """What the function is given as weights of so many rows: even ones where there are none and it takes some."""
    if not metric.weighed:
        return None
    takes = not metric.columns or metric.weights_column is not None
    return np.ones(rows) if weights is None and takes else weights


class MetricFailedError(Exception):
    """The function raised, or what it returned is no number; says so in one line."""


class MetricGoneError(RunError):
    """The process that the function is called in is gone, or does not answer."""


class Caller:
    """Calls one function in a process of its own, which it starts when it is first needed. May be called from any thread."""

    def __init__(self, file: str, function: str, source: str, spelled: Mapping[str, JsonValue] | None) -> None:
        """spelled: how truth and answers are given to it, see `spelling`; None where it is only to be described."""
        self._name = f"{file}:{function}"
        self._arguments: dict[str, JsonValue] = {
            "file": file,
            "function": function,
            "source": source,
            "spelling": None if spelled is None else dict(spelled),
        }
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self._ending: Future[Result] | None = None

    def __del__(self) -> None:
        """Nobody can call it any more: the process hears so, and ends."""
        if self._line is not None:
            self._line.close()

    def described(self) -> dict[str, JsonValue]:
        """What the function says of itself, see `serving`. Raises MetricFailedError and MetricGoneError."""
        with self._lock:
            found = self._open()
            self._hang_up()
        return found

    def called(self, truth: Array, answer: Array, weights: Array | None = None, within_s: float = LONGEST_S) -> float:
        """What the function returns. Raises MetricFailedError when that is no number, MetricGoneError when nothing comes."""
        with self._lock:
            if self._line is None:
                self._open()
            reply = self._exchanged((truth, answer) if weights is None else (truth, answer, weights), within_s)
        if "error" in reply:
            raise MetricFailedError(str(reply["error"]))
        return float(str(reply["score"]))

    def score(self, truth: Array, answer: Array, weights: Array | None = None) -> float:
        """The same; not a number where the function raises, as it may do on a fold that lacks a class."""
        try:
            return self.called(truth, answer, weights)
        except MetricFailedError:
            return float("nan")

    def _open(self) -> dict[str, JsonValue]:
        """Starts the process, and returns what it says first."""
        from agentk.sandbox.protocol import Execution, Function, Limits

        sandbox, place = _sandbox()
        self._line, theirs = socket.socketpair()
        limits = Limits(wall_s=_FOR_EVER_S, memory_bytes=8 << 30)
        entry = Function("agentk.competitions.metrics.serving:serve")
        self._ending = sandbox.submit(Execution(entry, place / "out", arguments=self._arguments, limits=limits, line=theirs))
        found = self._exchanged((), _OPENING_S)
        if "error" in found:
            self._hang_up()
            raise MetricFailedError(str(found["error"]))
        return found

    def _exchanged(self, matrices: Sequence[Array], within_s: float) -> dict[str, JsonValue]:
        """Says what there is to say, and returns the answer. Whatever goes wrong, the next call begins with a new process."""
        assert self._line is not None
        self._line.settimeout(within_s)
        try:
            if matrices:
                say(self._line, {}, matrices)
            heard = hear(self._line)
        except TimeoutError:
            self._hang_up()
            raise MetricGoneError(f"{self._name} took longer than {within_s:g} s") from None
        except OSError:
            heard = None
        except BaseException:  # interrupted: the answer that is under way would be taken for that of the next call
            self._hang_up()
            raise
        if heard is None:
            raise MetricGoneError(f"{self._name} could not be called: {self._last_words()}")
        return heard[0]

    def _last_words(self) -> str:
        """Why the process has ended."""
        assert self._ending is not None
        try:
            return self._ending.result(timeout=_PARTING_S).reason or "it left"
        except TimeoutError:
            return "it does not keep to what is agreed"
        finally:
            self._hang_up()

    def _hang_up(self) -> None:
        """Ends the process."""
        if self._line is not None and self._ending is not None:
            self._line.close()
            _sandbox()[0].cancel(self._ending)
        self._line, self._ending = None, None


@cache
def _sandbox() -> tuple[Sandbox, Path]:
    """The sandbox of metrics, opened when the first is needed and closed when this process ends; and a folder for it."""
    from agentk.sandbox.open import open_sandbox

    place = Path(tempfile.mkdtemp(prefix="agentk-metric-"))
    sandbox = open_sandbox(_PROGRAMS, 1, _IMPORTS, place)
    atexit.register(_close, sandbox, place)
    return sandbox, place


def _close(sandbox: Sandbox, place: Path) -> None:
    sandbox.close()
    shutil.rmtree(place, ignore_errors=True)
