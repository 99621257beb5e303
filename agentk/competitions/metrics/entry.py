"""What a metric consists of: its two functions, and how people call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from agentk.types.metric import Array, Direction, Form

Score = Callable[[Array, Array], float]
Losses = Callable[[Array, Array], "Array | None"]


def no_losses(truth: Array, answer: Array) -> None:
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

    def score(self, truth: Array, answer: Array) -> float:
        """The competition's number. Raises ValueError when the shapes do not fit each other."""
        if len(truth) != len(answer):
            raise ValueError(f"{self.name}: {len(truth)} true rows, {len(answer)} answers")
        truth, answer = np.asarray(truth, float), np.asarray(answer, float)
        if truth.ndim == 2 and (self.pooled or np.isnan(truth).any()):
            parts = [self.score_function(t, a) for t, a in self._known(truth, answer)]
            return float(np.mean(parts)) if parts else float("nan")
        return float(self.score_function(truth, answer))

    def losses(self, truth: Array, answer: Array) -> Array | None:
        """(N,) loss of each row, whose mean orders as the score does; None where no such thing is."""
        truth, answer = np.asarray(truth, float), np.asarray(answer, float)
        if truth.ndim == 2 and (self.pooled or np.isnan(truth).any()):
            return self._losses_known(truth, answer)
        return self.losses_function(truth, answer)

    def _known(self, truth: Array, answer: Array) -> list[tuple[Array, Array]]:
        """What is scored for itself where not every value is known, or none belongs to its row: the score is the mean over it.

        All values as rows of one target where they are `pooled`; the known ones of each target where the score is a mean over
        targets; else the rows of which everything is known.
        """
        known = ~np.isnan(truth)
        if self.pooled:
            return [(truth[known][:, None], answer[known][:, None])] if known.any() else []
        if is_by_target(self):
            pairs = zip(known.T, truth.T, answer.T, strict=True)
            return [(t[rows][:, None], a[rows][:, None]) for rows, t, a in pairs if rows.any()]
        whole = known.all(axis=1)
        return [(truth[whole], answer[whole])] if whole.any() else []

    def _losses_known(self, truth: Array, answer: Array) -> Array | None:
        """(N,) losses over known values, each weighted so that their mean is that of the score's parts."""
        known = ~np.isnan(truth)
        if not self.pooled and self.losses_function(np.where(known, truth, 0.0), answer) is None:
            return None
        rows = np.nonzero(known)[0] if self.pooled else np.concatenate([np.flatnonzero(part) for part in known.T])
        if not self.pooled and not is_by_target(self):
            rows = np.flatnonzero(known.all(axis=1))
        parts = self._known(truth, answer)
        found = [self.losses_function(t, a) for t, a in parts]
        shares = [np.asarray(part) / len(part) for part in found if part is not None]
        if len(shares) < len(found):
            return None
        values = np.concatenate(shares) if shares else np.empty(0)
        return np.bincount(rows, weights=values, minlength=len(truth)) * len(truth) / max(len(parts), 1)


@cache
def is_by_target(metric: NamedMetric) -> bool:
    """Whether the score of several targets is the mean of theirs, as the numbers say."""
    generator = np.random.default_rng(0)
    truth = (generator.random((40, 3)) < [0.2, 0.5, 0.7]).astype(float)
    answer = np.where(generator.random((40, 3)) < 0.7, truth, 1 - truth)
    if metric.form != "labels":
        answer = 0.1 + 0.7 * answer + 0.1 * generator.random((40, 3))
    each = [metric.score_function(truth[:, [at]], answer[:, [at]]) for at in range(3)]
    return bool(np.isclose(metric.score_function(truth, answer), np.mean(each), rtol=1e-9))


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
    return lambda truth, answer: float(np.mean([score(t, a) for t, a in columns(truth, answer)]))
