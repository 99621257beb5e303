"""The decision: what turns predictions into answers, fitted on out-of-fold rows and kept only where it helps beyond noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from agentk.referee import searches
from agentk.referee.apply import TINY, as_pairs, decide
from agentk.referee.choice import difference
from agentk.referee.drawn import in_proportion
from agentk.referee.formulas import Formula, Labels, accuracy, balanced_accuracy, kappa, macro_f1, recognize, rightness
from agentk.types.competition import Frozen, Label, TaskKind
from agentk.types.metric import Array, Metric, gain

HELPS = 1.0
"""A search replaces the default when its cross-checked gain exceeds this many standard errors; any gain will do where the
default has no claim of its own (`_settled`)."""
SAMPLE = 6_000
"""Rows that a decision is fitted on at most."""
FLOORS = (TINY, 0.01)
"""Below which probabilities are not believed: neighbors and forests say 0 for what they have not seen."""
FLOOR = 0.02
"""Of the mean: no less is answered where answers near 0 cost all."""
SHARES = (0.02, 0.05, 0.1, 0.2, 0.4)
"""Of the mean, that a floor may be."""
FEWEST = 20
"""With fewer rows there is nothing to learn a decision from."""


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


@dataclass(frozen=True, eq=False)
class Rules:
    """How answers of a task are scored: the metric, its spelling of labels, and its fast form where it has one."""

    metric: Metric
    task: TaskKind
    classes: tuple[Label, ...]
    labels: Labels | None
    formula: Formula | None
    whole: bool = False  # every true value is a whole number, and the metric rewards hitting it
    lopsided: bool = False  # answers above the truth cost otherwise than as far below it

    @staticmethod
    def of(metric: Metric, task: TaskKind, classes: tuple[Label, ...], truth: Array) -> Rules:
        """truth: all of it, as the metric has it."""
        labels = Labels.of(metric, task, classes, truth)
        formula = recognize(metric, labels, labels.codes(truth)) if labels else None
        known = truth[~np.isnan(truth)] if metric.form == "values" else truth[:0]
        whole = bool(len(known)) and bool(np.all(known == np.round(known))) and _sharp(metric, truth[:50])
        return Rules(metric, task, classes, labels, formula, whole, metric.form == "values" and _lopsided(metric, truth))


def default_decision(rules: Rules, truth: Array) -> Decision:
    """The decision of someone who has seen no prediction: argmax, one half, the nearest grade, within the link's domain."""
    metric, task = rules.metric, rules.task
    if metric.form in ("probabilities", "spans"):
        return AsIs()
    if task is TaskKind.MULTILABEL:
        return Thresholds(thresholds=(0.5,) * truth.shape[1]) if metric.form == "labels" else AsIs()
    if task.classifies:
        return Argmax(weights=(1.0,) * len(rules.classes))
    if metric.form == "labels":
        grades = _grades(rules, truth)
        halves = tuple(float(value) for value in (grades[1:] + grades[:-1]) / 2)
        return Cuts(cuts=(halves,) * _width(truth), grades=tuple(grades.tolist()))
    low = _domain(metric, truth)
    return AsIs() if low is None else Adjust(link=metric.link, low=low)


def fit(rules: Rules, predictions: Array, truth: Array, weights: Array | None = None) -> Decision:
    """The decision that serves the metric best on predictions (N, W) that were made without their rows' truth.

    Each search is fitted on one half of the rows and tried on the other, both ways; the best one replaces the default
    where it gains, more than `HELPS` standard errors if the default is best in theory, and is then fitted on all rows. Where
    rows count differently, searches are shown each as often as it counts.
    """
    default = default_decision(rules, truth)
    if len(truth) < FEWEST:
        return default
    order = np.random.default_rng(0).permutation(len(truth))[:SAMPLE]
    predictions, truth = predictions[order], truth[order]
    weights = None if weights is None else weights[order]
    halves = slice(None, len(order) // 2), slice(len(order) // 2, None)
    plain = decide(default.model_dump(), predictions)
    best, most, helps = None, 0.0, HELPS if _settled(rules, default) else 0.0
    for search in _searches(rules, default, predictions[:2]):
        answers = plain.copy()
        for learned, tried in (halves, halves[::-1]):
            shown = in_proportion(None if weights is None else weights[learned], len(truth[learned]))
            learnt = search(predictions[learned][shown], truth[learned][shown])
            answers[tried] = decide(learnt.model_dump(), predictions[tried])
        found, error = _gain(rules, truth, answers, plain, weights, halves)
        if found > max(helps * error, most):
            best, most = search, found
    shown = in_proportion(weights, len(truth))
    return best(predictions[shown], truth[shown]) if best else default


def _settled(rules: Rules, default: Decision) -> bool:
    """Whether honest predictions need no search: of tables' scores only accuracy is served best by the likeliest class."""
    return not (isinstance(default, Argmax) and rules.formula is not None and rules.formula not in (accuracy, rightness))


def _gain(
    rules: Rules, truth: Array, answers: Array, plain: Array, weights: Array | None, halves: tuple[slice, slice]
) -> tuple[float, float]:
    """The gain over the default and its error; where scores are slow, from the two halves alone."""
    metric = rules.metric
    if rules.formula is not None or metric.losses(truth[:1], plain[:1]) is not None:
        return difference(rules, truth, answers, plain, weights)

    def score(given: Array, half: slice) -> float:
        return metric.score(truth[half], given[half], None if weights is None else weights[half])

    one, two = (gain(metric, score(answers, half), score(plain, half)) for half in halves)
    return (one + two) / 2, abs(one - two) / 2


Search = Callable[[Array, Array], Decision]


def _searches(rules: Rules, default: Decision, some: Array) -> list[Search]:
    """The searches worth a try for this metric; each maps predictions and truth to a decision. some: rows of predictions."""
    metric, labels = rules.metric, rules.labels
    if isinstance(default, Argmax) and labels is not None:
        wanted = [rules.formula] if rules.formula else [macro_f1, balanced_accuracy]
        return [_weights_search(labels, formula) for formula in wanted]
    if isinstance(default, Cuts):
        wanted = [rules.formula or kappa(2)]
        grades = default.grades
        return [_cuts_search(labels, None, grades), *(_cuts_search(labels, formula, grades) for formula in wanted if labels)]
    if isinstance(default, Thresholds):
        return [
            lambda p, y: Thresholds(thresholds=tuple(searches.thresholds(p, y, common=False))),
            lambda p, y: Thresholds(thresholds=tuple(searches.thresholds(p, y, common=True))),
        ]
    if metric.form == "spans":
        return []
    if metric.form == "probabilities":
        return [_calibrated(rules.task, floor) for floor in FLOORS] if _has_losses(rules, some) else []
    found = [_clipped(metric), _shifted(metric), _fitted_line(metric)]
    if metric.link == "identity":
        found.append(_scaled(metric))
    if isinstance(default, Adjust) and metric.link == "identity":
        found.append(_floored(metric))
    if rules.lopsided:
        found.append(_levelled(metric))
    if rules.whole:
        found.append(_rounded(metric))
    return found


def _weights_search(labels: Labels, formula: Formula) -> Search:
    return lambda p, y: Argmax(weights=tuple(searches.class_weights(p, labels.codes(y), formula)))


def _cuts_search(labels: Labels | None, formula: Formula | None, grades: tuple[float, ...]) -> Search:
    def search(predictions: Array, truth: Array) -> Decision:
        columns = truth.reshape(len(truth), -1)
        cuts = [searches.matched_cuts(predictions[:, t], columns[:, t], np.array(grades)) for t in range(columns.shape[1])]
        if formula is not None and labels is not None:
            cuts[0] = searches.search_cuts(predictions[:, 0], labels.codes(truth), cuts[0], formula)
        return Cuts(cuts=tuple(tuple(column.tolist()) for column in cuts), grades=grades)

    return search


def _calibrated(task: TaskKind, floor: float) -> Search:
    def search(predictions: Array, truth: Array) -> Decision:
        pairs = not task.classifies
        shares = as_pairs(predictions) if pairs else predictions
        known = ~np.isnan(truth.reshape(-1))  # of several targets some may be unknown
        scale, bias = searches.calibration(np.maximum(shares[known], floor), truth.reshape(-1)[known].astype(np.int64))
        return Calibrate(scale=scale, bias=tuple(bias), floor=floor, pairs=pairs)

    return search


def _clipped(metric: Metric) -> Search:
    return lambda _, y: Adjust(
        link=metric.link, low=max(float(np.nanmin(y)), _domain(metric, y) or -np.inf), high=float(np.nanmax(y))
    )


def _rounded(metric: Metric) -> Search:
    return lambda _, y: Adjust(link=metric.link, low=_domain(metric, y), whole=True)


def _floored(metric: Metric) -> Search:
    def search(predictions: Array, truth: Array) -> Decision:
        floors = [Adjust(link=metric.link, low=share * float(np.nanmean(truth))) for share in SHARES]
        losses = [-gain(metric, metric.score(truth, decide(one.model_dump(), predictions)), 0.0) for one in floors]
        return floors[int(np.argmin(losses))]

    return search


def _shifted(metric: Metric) -> Search:
    def search(predictions: Array, truth: Array) -> Decision:
        return Adjust(link=metric.link, shift=searches.median_shift(predictions, truth, metric.link), low=_domain(metric, truth))

    return search


def _levelled(metric: Metric) -> Search:
    def search(predictions: Array, truth: Array) -> Decision:
        shift = searches.best_shift(predictions, truth, metric)
        return Adjust(link=metric.link, shift=shift, low=_domain(metric, truth))

    return search


def _scaled(metric: Metric) -> Search:
    def search(predictions: Array, truth: Array) -> Decision:
        return Adjust(link="identity", slope=searches.median_scale(predictions, truth), low=_domain(metric, truth))

    return search


def _fitted_line(metric: Metric) -> Search:
    def search(predictions: Array, truth: Array) -> Decision:
        slope, shift = searches.line(predictions, truth, metric.link)
        return Adjust(link=metric.link, slope=slope, shift=shift, low=_domain(metric, truth))

    return search


def _domain(metric: Metric, truth: Array) -> float | None:
    """The least value that is answered: any, 0 of counts, the least seen, or where answers near 0 cost all a part of the mean."""
    if metric.link == "identity":
        mean = float(np.nanmean(truth))
        if mean > 0 and np.nanmin(truth) >= 0 and _diverges(metric, truth):
            return FLOOR * mean
        return 0.0 if _are_counts(metric, truth) else None
    return 0.0 if metric.link == "log1p" else float(truth[truth > 0].min(initial=np.inf))


def _are_counts(metric: Metric, truth: Array) -> bool:
    """Whether the values are whole numbers, none below zero, and the metric one of errors, which an impossible answer adds to."""
    known = truth[~np.isnan(truth)]
    whole = len(known) > 0 and bool(np.all((known >= 0) & (known == np.round(known))))
    return whole and metric.losses(truth[:2], truth[:2]) is not None


def _grades(rules: Rules, truth: Array) -> Array:
    if rules.labels is not None and rules.labels.grades is not None:
        return rules.labels.grades
    return np.array([float(value) for value in rules.classes]) if rules.classes else np.unique(truth)


def _has_losses(rules: Rules, some: Array) -> bool:
    if not rules.task.classifies:
        return rules.metric.losses(np.zeros_like(some), np.full_like(some, 0.5)) is not None
    count = len(rules.classes)
    codes = np.arange(count, dtype=np.float64)
    return rules.metric.losses(codes, np.full((count, count), 1.0 / count)) is not None


def _sharp(metric: Metric, truth: Array) -> bool:
    """Whether losses grow in proportion to small errors, as absolute ones do; squared ones want the mean, whatever values are."""
    near, far = metric.losses(truth, truth + 0.01), metric.losses(truth, truth + 0.02)
    return near is not None and far is not None and float(far.sum()) < 2.5 * float(near.sum())


def _lopsided(metric: Metric, truth: Array) -> bool:
    """Whether answers above the truth cost otherwise than as far below it."""
    one = np.ones_like(truth[:2])
    above, below = metric.losses(one, one + 0.1), metric.losses(one, one - 0.1)
    return above is not None and below is not None and abs(float(above.sum() - below.sum())) > 0.25 * float(below.sum())


def _diverges(metric: Metric, truth: Array) -> bool:
    """Whether losses grow without end as answers come near to 0."""
    one = np.ones_like(truth[:2])
    near, nearer = metric.losses(one, 1e-4 * one), metric.losses(one, 1e-9 * one)
    return near is not None and nearer is not None and float(nearer.sum()) > 1.5 * float(near.sum())


def _width(truth: Array) -> int:
    return 1 if truth.ndim == 1 else truth.shape[1]
