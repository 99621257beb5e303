"""Diagnostics: what the winner gets right and wrong on rows that its programs had not seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agentk.agent.insight.evidence import Evidence
from agentk.competitions.metrics.spans import passage, spelled
from agentk.report.pictures import picture_of
from agentk.types.competition import ColumnKind, TaskKind
from agentk.types.metric import Array

if TYPE_CHECKING:
    import pandas as pd

BINS = 10
MOST_CLASSES = 25
MOST_SLICES = 12
FEWEST = 20
"""Rows of a slice below which its mean would say little."""
WORST = 12


@dataclass(frozen=True)
class SliceLoss:
    """A part of the rows, and how the loss in it differs from that of the rest."""

    column: str
    value: str
    rows: int
    loss: float  # mean over its rows
    apart: float  # loss minus that of the other rows
    error: float  # standard error of that

    @property
    def pair(self) -> tuple[float, float]:
        """By how much it is better than the rest, and the error of that."""
        return -self.apart, self.error

    @property
    def notable(self) -> bool:
        """Whether the difference is three standard errors or more: many slices are looked at."""
        return abs(self.apart) >= 3 * self.error


@dataclass(frozen=True)
class Diagnostics:
    """Of one attempt; what does not apply is None."""

    number: int
    rows: int
    loss: str  # what slices and worst rows are measured in
    confusion: tuple[tuple[str, ...], tuple[tuple[int, ...], ...]] | None = None  # classes; [true][said]
    calibration: tuple[tuple[float, float, int], ...] | None = None  # mean probability, observed share, rows
    calibration_of: str = ""
    calibration_error: float | None = None  # mean absolute gap, weighted by rows
    residuals: tuple[tuple[float, float, float, float], ...] | None = None  # mean prediction; residual 10%, 50%, 90%
    overall: float = 0.0
    slices: tuple[SliceLoss, ...] = ()
    worst: tuple[dict[str, str], ...] = ()  # row, loss; with the person's leave also what the row says
    pictures: tuple[str, ...] = ()  # of these rows, where their columns are pixels: addresses of images


def diagnose(evidence: Evidence, number: int, *, show_rows: bool = False) -> Diagnostics:
    """Looks at the out-of-fold predictions and answers of a scored attempt. Raises StoreError where they are gone."""
    judge, competition = evidence.judge, evidence.competition
    evaluation = evidence.evaluation(number)
    assert evaluation.oof is not None and evaluation.mask is not None, "a scored attempt has predictions"
    rows = np.flatnonzero(evaluation.mask)
    truth, oof, answers = judge.truth[rows], evaluation.oof[rows], judge.answers(evaluation)[rows]
    losses, loss = _losses(evidence, truth, oof, answers, judge.weighing(rows))
    features = evidence.train.iloc[rows].reset_index(drop=True)
    found: dict[str, Any] = {}
    if competition.task.classifies:
        found |= _classes(evidence, truth, oof, answers)
    elif competition.task is not TaskKind.MULTILABEL and truth.reshape(len(rows), -1).shape[1] == 1:
        said = (answers if answers.shape == truth.shape else oof).reshape(len(rows), -1)[:, 0]
        found["residuals"] = _residuals(said, truth.reshape(len(rows), -1)[:, 0])
    return Diagnostics(
        number=number,
        rows=len(rows),
        loss=loss,
        overall=float(losses.mean()),
        slices=_slices(evidence, features, losses),
        worst=_worst(evidence, features, rows, losses, truth, answers, show_rows=show_rows),
        pictures=_pictures(evidence, features, losses) if show_rows else (),
        **found,
    )


def _losses(evidence: Evidence, truth: Array, oof: Array, answers: Array, weights: Array | None) -> tuple[Array, str]:
    """(N,) losses: the metric's own where it has such, else what every prediction of the task has."""
    own = evidence.judge.metric.losses(truth, answers, weights)
    if own is not None:
        return own, f"{evidence.judge.metric.name}, row by row{', as rows count' if weights is not None else ''}"
    if evidence.competition.task.classifies:
        probability = oof[np.arange(len(truth)), truth.astype(int)]
        return -np.log(np.clip(probability, 1e-15, 1.0)), "log loss"
    if evidence.competition.task is TaskKind.MULTILABEL:
        return np.nanmean(np.abs(oof - truth), axis=1), "absolute error of the probabilities"
    return np.nanmean(np.abs(oof.reshape(len(truth), -1) - truth.reshape(len(truth), -1)), axis=1), "absolute error"


def _classes(evidence: Evidence, truth: Array, oof: Array, answers: Array) -> dict[str, Any]:
    names = tuple(str(label) for label in evidence.competition.classes)
    said = (answers if answers.ndim == 1 else oof.argmax(axis=1)).astype(int)
    codes = truth.astype(int)
    found: dict[str, Any] = {}
    if len(names) <= MOST_CLASSES:
        table = np.zeros((len(names), len(names)), dtype=int)
        np.add.at(table, (codes, said), 1)
        found["confusion"] = names, tuple(tuple(int(count) for count in row) for row in table)
    probabilities = answers if answers.ndim == 2 and answers.shape == oof.shape else oof
    if len(names) == 2:
        probability, hit, about = probabilities[:, 1], codes == 1, f"probability of {names[1]}"
    else:
        probability, hit, about = (
            probabilities.max(axis=1),
            probabilities.argmax(axis=1) == codes,
            "probability of the likeliest class",
        )
    if probability.min() >= 0 and probability.max() <= 1 + 1e-9:
        curve = _reliability(probability, hit)
        total = sum(count for _, _, count in curve)
        found |= {
            "calibration": curve,
            "calibration_of": about,
            "calibration_error": sum(count * abs(mean - share) for mean, share, count in curve) / total,
        }
    return found


def _reliability(probability: Array, hit: NDArray[np.bool_]) -> tuple[tuple[float, float, int], ...]:
    """Rows in `BINS` bins of equal width: what was promised, and what came."""
    place = np.minimum((probability * BINS).astype(int), BINS - 1)
    bins = [np.flatnonzero(place == one) for one in range(BINS)]
    return tuple((float(probability[at].mean()), float(hit[at].mean()), len(at)) for at in bins if len(at))


def _residuals(said: Array, truth: Array) -> tuple[tuple[float, float, float, float], ...]:
    """Truth minus prediction in bins of as many rows each, by prediction."""
    order = np.argsort(said, kind="stable")
    parts = [part for part in np.array_split(order, min(BINS, max(1, len(order) // 10))) if len(part)]
    found = []
    for part in parts:
        low, middle, high = np.quantile(truth[part] - said[part], [0.1, 0.5, 0.9])
        found.append((float(said[part].mean()), float(low), float(middle), float(high)))
    return tuple(found)


def _slices(evidence: Evidence, features: pd.DataFrame, losses: Array) -> tuple[SliceLoss, ...]:
    """The parts of the rows whose loss stands out most, by columns that have few values or an order."""
    found: list[SliceLoss] = []
    for column in evidence.competition.columns:
        if column.name not in features or column.kind not in (ColumnKind.NUMERIC, ColumnKind.BOOLEAN, ColumnKind.CATEGORICAL):
            continue
        for value, inside in _parts(features[column.name], column.kind):
            count = int(inside.sum())
            if FEWEST <= count <= len(losses) - FEWEST:
                own, others = losses[inside], losses[~inside]
                error = math.sqrt(float(own.var(ddof=1)) / count + float(others.var(ddof=1)) / len(others))
                apart = float(own.mean() - others.mean())
                found.append(SliceLoss(column.name, value, count, float(own.mean()), apart, error))
    found.sort(key=lambda one: -abs(one.apart) / max(one.error, 1e-12))
    return tuple(found[:MOST_SLICES])


def _parts(values: pd.Series[Any], kind: ColumnKind) -> list[tuple[str, NDArray[np.bool_]]]:
    """Named parts: values that occur often, or quarters of numbers; and rows without a value."""
    import pandas as pd

    missing = values.isna().to_numpy()
    parts = [("missing", missing)] if missing.any() else []
    if kind is ColumnKind.NUMERIC and values.nunique() > 8:
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64)
        edges = np.unique(np.nanquantile(numbers, [0.0, 0.25, 0.5, 0.75, 1.0]))
        for low, high in pairwise(edges):
            last = high == edges[-1]
            inside = (numbers >= low) & ((numbers <= high) if last else (numbers < high))
            parts.append((f"{low:.4g} to {high:.4g}", inside))
        return parts
    often = values.value_counts().index[:8]
    return parts + [(str(value)[:60], (values == value).to_numpy(dtype=bool, na_value=False)) for value in often]


def _worst(
    evidence: Evidence,
    features: pd.DataFrame,
    rows: NDArray[np.int64],
    losses: Array,
    truth: Array,
    answers: Array,
    *,
    show_rows: bool,
) -> tuple[dict[str, str], ...]:
    """The rows with the largest losses, by number; with the person's leave, what they hold."""
    found = []
    pixels = evidence.competition.pixels
    named = features if pixels is None else features.drop(columns=list(pixels.columns))
    for at in np.argsort(-losses, kind="stable")[:WORST]:
        told = {"row": str(int(rows[at])), "loss": f"{losses[at]:.4g}"}
        if show_rows:
            if evidence.competition.task is TaskKind.SPANS:
                told |= {"true": passage(truth[at, 0]).answer[:60], "said": spelled(truth[[at]], answers[[at]])[0][:60]}
            else:
                told |= {"true": _spelled(evidence, truth[at]), "said": _spelled(evidence, answers[at])}
            told |= {str(name): str(value)[:60] for name, value in named.iloc[at].items()}
        found.append(told)
    return tuple(found)


def _pictures(evidence: Evidence, features: pd.DataFrame, losses: Array) -> tuple[str, ...]:
    """Those of the same rows."""
    if (pixels := evidence.competition.pixels) is None:
        return ()
    return tuple(picture_of(features.iloc[at], pixels) for at in np.argsort(-losses, kind="stable")[:WORST])


def _spelled(evidence: Evidence, value: Any) -> str:
    classes = evidence.competition.classes
    if evidence.competition.task.classifies and np.ndim(value) == 0:
        return str(classes[int(value)])
    return " ".join(f"{one:.4g}" for one in np.ravel(value))
