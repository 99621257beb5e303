"""A metric: what the referee scores answers with."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

Direction = Literal["maximize", "minimize"]
Form = Literal["labels", "probabilities", "values", "spans"]


class Metric(Protocol):
    """Scores final answers against the truth.

    Shapes, with N rows, C classes, T targets:
    truth   binary, multiclass: (N,) codes, positions in `Competition.classes`; multilabel: (N, T) of 0 and 1;
            regression, multioutput, ordinal: (N, T) values; spans: (N, 3), see `competitions.metrics.spans`.
    answer  form "labels": the truth's shape; "probabilities": (N, C), or (N, T) when multilabel; "values": (N, T);
            "spans": (N, 2) first character and the one behind the last.
    """

    @property
    def name(self) -> str:
        """As `--metric` takes it."""
        ...

    @property
    def direction(self) -> Direction:
        """Which way is better."""
        ...

    @property
    def form(self) -> Form:
        """What answers are."""
        ...

    @property
    def link(self) -> Literal["identity", "log", "log1p"]:
        """The scale on which errors are even: where predictions are averaged and targets are fitted."""
        ...

    def score(self, truth: Array, answer: Array, weights: Array | None = None) -> float:
        """The competition's number, in its own direction; weights: (N,) how much each row counts."""
        ...

    def losses(self, truth: Array, answer: Array, weights: Array | None = None) -> Array | None:
        """(N,) loss of each row, lower is better, whose mean orders as the score does; None where no such thing is."""
        ...


def gain(metric: Metric, score: float, over: float) -> float:
    """By how much `score` beats `over`, positive when better, whatever the metric's direction."""
    return score - over if metric.direction == "maximize" else over - score


def sign_of(direction: Direction) -> float:
    """What a score is multiplied with for more to be better: 1 or -1."""
    return 1.0 if direction == "maximize" else -1.0


def better_way(direction: str | None) -> str:
    """Which way is better, in words: "higher" or "lower"."""
    return "higher" if direction == "maximize" else "lower"
