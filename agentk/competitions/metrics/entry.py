"""What a metric consists of: its two functions, and how people call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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

    def score(self, truth: Array, answer: Array) -> float:
        """The competition's number. Raises ValueError when the shapes do not fit each other."""
        if len(truth) != len(answer):
            raise ValueError(f"{self.name}: {len(truth)} true rows, {len(answer)} answers")
        return float(self.score_function(np.asarray(truth, float), np.asarray(answer, float)))

    def losses(self, truth: Array, answer: Array) -> Array | None:
        """(N,) loss of each row, whose mean orders as the score does; None where no such thing is."""
        return self.losses_function(np.asarray(truth, float), np.asarray(answer, float))


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
