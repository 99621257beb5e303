"""What a metric consists of: its two functions, and how people call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from agentk.types.metric import Array, Direction, Form


@dataclass(frozen=True)
class Weighing:
    """How much rows (N,) and columns (targets or classes, T) count; None: all alike."""

    rows: Array | None = None
    columns: Array | None = None

    def mean(self, values: Array) -> float:
        """(N,) values of rows in one."""
        return float(np.average(values, weights=self.rows))

    def across(self, scores: Any) -> float:
        """(T,) scores of columns in one."""
        return float(np.average(scores, weights=self.columns))

    def together(self, parts: Any) -> Array:
        """(T, N) losses of columns as the losses of rows (N,)."""
        return np.asarray(np.average(parts, axis=0, weights=self.columns), float)

    def median(self, values: Array) -> float:
        """The value with half of the weight on either side."""
        if self.rows is None:
            return float(np.median(values))
        order = np.argsort(values, kind="stable")
        reached = np.cumsum(self.rows[order])
        return float(values[order][np.searchsorted(reached, reached[-1] / 2)])

    def of(self, rows: Any) -> Weighing:
        """Of some rows alone."""
        return Weighing(None if self.rows is None else self.rows[rows], self.columns)

    def only(self, columns: Any) -> Weighing:
        """Of some columns alone."""
        return Weighing(self.rows, None if self.columns is None else self.columns[columns])


EVEN = Weighing()

Score = Callable[[Array, Array, Weighing], float]
Losses = Callable[[Array, Array, Weighing], "Array | None"]


def no_losses(truth: Array, answer: Array, weighing: Weighing) -> None:
    """For scores that are no mean over rows."""


@dataclass(frozen=True)
class NamedMetric:
    """A metric of the registry; meets `agentk.types.metric.Metric`."""

    name: str
    direction: Direction
    form: Form
    score_function: Score
    losses_function: Losses = no_losses
    link: Literal["identity", "log", "log1p"] = "identity"
    best: float = 1.0  # the score of answers that equal the truth
    places: int | None = None  # how many labels a row of the submission lists, best first; None: no list
    aliases: tuple[str, ...] = ()
    pooled: bool = False  # of several targets every known value is scored as a row of its own
    weighs_rows: bool = True  # whether rows may count differently
    columns: tuple[float, ...] = ()  # how much each target, or each class, counts; empty: all alike

    def score(self, truth: Array, answer: Array, weights: Array | None = None) -> float:
        """The competition's number, not a number where no row counts. Raises ValueError when the shapes do not fit each other."""
        if len(truth) != len(answer):
            raise ValueError(f"{self.name}: {len(truth)} true rows, {len(answer)} answers")
        if weights is not None and not weights.any():
            return float("nan")
        truth, answer, w = np.asarray(truth, float), np.asarray(answer, float), self._weighing(weights)
        if truth.ndim == 2 and (self.pooled or np.isnan(truth).any()):
            parts = self._known(truth, answer, w)
            scores = [self.score_function(part.truth, part.answer, part.weighing) for part in parts]
            return float(np.average(scores, weights=[part.share for part in parts])) if parts else float("nan")
        return float(self.score_function(truth, answer, w))

    def losses(self, truth: Array, answer: Array, weights: Array | None = None) -> Array | None:
        """(N,) loss of each row, whose mean orders as the score does; None where no such thing is."""
        truth, answer, w = np.asarray(truth, float), np.asarray(answer, float), self._weighing(weights)
        if truth.ndim == 2 and (self.pooled or np.isnan(truth).any()):
            return self._losses_known(truth, answer, w)
        losses = self.losses_function(truth, answer, w)
        if losses is None or weights is None:
            return losses
        return np.asarray(losses * weights * (len(weights) / max(float(weights.sum()), 1e-300)))

    def _weighing(self, rows: Array | None) -> Weighing:
        return Weighing(rows, np.array(self.columns) if self.columns else None) if self.columns or rows is not None else EVEN

    def _known(self, truth: Array, answer: Array, w: Weighing) -> list[_Part]:
        """What is scored for itself where not every value is known, or none belongs to its row: the score is the mean over it.

        All values as rows of one target where they are `pooled`; the known ones of each target where the score is a mean over
        targets; else the rows of which everything is known. What counts nothing is left out.
        """
        known = ~np.isnan(truth)
        rows = np.ones(len(truth)) if w.rows is None else w.rows
        columns = np.ones(truth.shape[1]) if w.columns is None else w.columns
        known &= (rows[:, None] > 0) & (columns > 0)
        even = w is EVEN
        if self.pooled:
            at, of = np.nonzero(known)
            pooled = EVEN if even else Weighing(rows[at] * columns[of])
            return [_Part(at, truth[known][:, None], answer[known][:, None], pooled)] if known.any() else []
        if is_by_target(self):
            found = [(np.flatnonzero(part), target) for target, part in enumerate(known.T) if part.any()]
            return [
                _Part(at, truth[at][:, [of]], answer[at][:, [of]], Weighing(w.rows).of(at), float(columns[of]))
                for at, of in found
            ]
        whole = np.flatnonzero(known.all(axis=1))
        return [_Part(whole, truth[whole], answer[whole], w.of(whole))] if len(whole) else []

    def _losses_known(self, truth: Array, answer: Array, w: Weighing) -> Array | None:
        """(N,) losses over known values, each weighted so that their mean is that of the score's parts."""
        known = ~np.isnan(truth)
        if not self.pooled and self.losses_function(np.where(known, truth, 0.0), answer, w) is None:
            return None
        parts = self._known(truth, answer, w)
        total = sum(part.share for part in parts)
        losses = np.zeros(len(truth))
        for part in parts:
            own = self.losses_function(part.truth, part.answer, part.weighing)
            if own is None:
                return None
            counted = np.ones(len(own)) if part.weighing.rows is None else part.weighing.rows
            values = np.asarray(own) * counted / counted.sum() * (part.share / total)
            losses += np.bincount(part.rows, weights=values, minlength=len(truth))
        return losses * len(truth)


@dataclass(frozen=True)
class _Part:
    """Values that are scored for themselves, the rows they stand in, and what the score counts among those of the others."""

    rows: NDArray[np.int64]
    truth: Array
    answer: Array
    weighing: Weighing
    share: float = 1.0


@cache
def is_by_target(metric: NamedMetric) -> bool:
    """Whether the score of several targets is the mean of theirs, as the numbers say."""
    generator = np.random.default_rng(0)
    truth = (generator.random((40, 3)) < [0.2, 0.5, 0.7]).astype(float)
    answer = np.where(generator.random((40, 3)) < 0.7, truth, 1 - truth)
    if metric.form != "labels":
        answer = 0.1 + 0.7 * answer + 0.1 * generator.random((40, 3))
    each = [metric.score_function(truth[:, [at]], answer[:, [at]], EVEN) for at in range(3)]
    return bool(np.isclose(metric.score_function(truth, answer, EVEN), np.mean(each), rtol=1e-9))


def single(values: Array) -> Array:
    """(N, 1) as (N,); anything else as it is."""
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values


def columns(truth: Array, answer: Array) -> list[tuple[Array, Array]]:
    """Truth and answer of each target."""
    truth = truth.reshape(len(truth), -1)
    answer = answer.reshape(len(answer), -1)
    if truth.shape != answer.shape:
        raise ValueError(f"{truth.shape[1]} true columns, {answer.shape[1]} answered")
    return list(zip(truth.T, answer.T, strict=True))


def column_mean(score: Score) -> Score:
    """The mean of a score over targets."""
    return lambda truth, answer, w: w.across([score(t, a, w) for t, a in columns(truth, answer)])
