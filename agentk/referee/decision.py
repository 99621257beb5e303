"""The decision: what turns predictions into answers, as plain data; and that of someone who has seen no prediction."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from agentk.referee.apply import TINY
from agentk.referee.rules import Rules, class_counts, least_answer
from agentk.types.competition import Frozen, TaskKind
from agentk.types.metric import Array


class AsIs(Frozen):
    """The predictions are the answers."""

    kind: Literal["as_is"] = "as_is"


class Argmax(Frozen):
    """The class of the largest weighted probability; in a binary task, a threshold on the positive class."""

    kind: Literal["argmax"] = "argmax"
    weights: tuple[float, ...]


class Thresholds(Frozen):
    """Every target is true from its threshold on."""

    kind: Literal["thresholds"] = "thresholds"
    thresholds: tuple[float, ...]


class Cuts(Frozen):
    """A real-valued grade becomes one of `grades`: as many steps up as cuts lie at or below it."""

    kind: Literal["cuts"] = "cuts"
    cuts: tuple[tuple[float, ...], ...]  # ascending, one tuple a target
    grades: tuple[float, ...]


class Calibrate(Frozen):
    """Probabilities softmax(scale * log p + bias): Platt's scaling of two classes, vector scaling of more (Guo 2017).

    Of several labels a row each is a pair of its own, all with one scale and bias. Below the floor p counts as the floor.
    """

    kind: Literal["calibrate"] = "calibrate"
    scale: float
    bias: tuple[float, ...]
    floor: float = TINY
    pairs: bool = False


class Adjust(Frozen):
    """Values slope * x + shift on the link scale, clipped, and where they are `whole` rounded."""

    kind: Literal["adjust"] = "adjust"
    link: Literal["identity", "log", "log1p"]
    slope: float = 1.0
    shift: float = 0.0
    low: float | None = None
    high: float | None = None
    whole: bool = False


Decision = Annotated[AsIs | Argmax | Thresholds | Cuts | Calibrate | Adjust, Field(discriminator="kind")]


def default_decision(rules: Rules, truth: Array) -> Decision:
    """The decision of someone who has seen no prediction: argmax, one half, the nearest grade, within the link's domain.

    Probabilities stay what they are, unless classes count otherwise than they are frequent.
    """
    metric, task = rules.metric, rules.task
    if metric.form in ("probabilities", "spans"):
        counts = class_counts(rules, truth)
        return AsIs() if counts is None else Calibrate(scale=1.0, bias=tuple(np.log(counts).tolist()))
    if task is TaskKind.MULTILABEL:
        return Thresholds(thresholds=(0.5,) * truth.shape[1]) if metric.form == "labels" else AsIs()
    if task.classifies:
        return Argmax(weights=(1.0,) * len(rules.classes))
    if metric.form == "labels":
        grades = _grades(rules, truth)
        halves = tuple(float(value) for value in (grades[1:] + grades[:-1]) / 2)
        return Cuts(cuts=(halves,) * _width(truth), grades=tuple(grades.tolist()))
    low = least_answer(metric, truth)
    return AsIs() if low is None else Adjust(link=metric.link, low=low)


def _grades(rules: Rules, truth: Array) -> Array:
    if rules.labels is not None and rules.labels.grades is not None:
        return rules.labels.grades
    return np.array([float(value) for value in rules.classes]) if rules.classes else np.unique(truth)


def _width(truth: Array) -> int:
    return 1 if truth.ndim == 1 else truth.shape[1]
