"""Deciding: the decision is fitted on out-of-fold rows, and kept only where it helps beyond noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from agentk.referee import searches
from agentk.referee.apply import TINY, as_pairs, decide
from agentk.referee.decision import Adjust, Argmax, Calibrate, Cuts, Decision, Thresholds, default_decision
from agentk.referee.differences import Rows, difference
from agentk.referee.drawn import in_proportion
from agentk.referee.formulas import Formula, Labels, accuracy, balanced_accuracy, kappa, macro_f1, rightness
from agentk.referee.rules import Rules, has_losses, least_answer
from agentk.types.competition import TaskKind
from agentk.types.metric import Array, Metric, gain

HELPS = 1.0
"""A search replaces the default when its cross-checked gain exceeds this many standard errors; any gain will do where the
default has no claim of its own (`_settled`)."""
SAMPLE = 6_000
"""Rows that a decision is fitted on at most."""
FLOORS = (TINY, 0.01)
"""Below which probabilities are not believed: neighbors and forests say 0 for what they have not seen."""
SHARES = (0.02, 0.05, 0.1, 0.2, 0.4)
"""Of the mean, that a floor may be."""
MANY_CLASSES = 30
"""More have no weights of their own, only one rule for all."""
FEWEST = 20
"""With fewer rows there is nothing to learn a decision from."""


def fit(rules: Rules, predictions: Array, truth: Array, weights: Array | None = None, apart: Rows | None = None) -> Decision:
    """The decision that serves the metric best on predictions (N, W) that were made without their rows' truth.

    Each search is fitted on one half of the rows and tried on the other, both ways; the best one replaces the default
    where it gains, more than `HELPS` standard errors if the default is best in theory, and is then fitted on all rows. Where
    rows count differently, searches are shown each as often as it counts.

    apart: (N,) folds, where they lie apart in time or by group: the halves are whole folds then, since what is wrong in all of
    one fold, as a level that has moved, is no better known in the next, and half of what the two halves' gains differ by is
    an error too. With a single fold to learn from, a default that is best in theory stays.
    """
    default = default_decision(rules, truth)
    settled, folds = _settled(rules, default), np.unique(apart) if apart is not None else np.arange(0)
    if len(truth) < FEWEST or (settled and len(folds) == 1):
        return default
    order = np.random.default_rng(0).permutation(len(truth))[:SAMPLE]
    predictions, truth = predictions[order], truth[order]
    weights = None if weights is None else weights[order]
    first = np.arange(len(order)) < len(order) // 2
    if apart is not None and len(folds) > 1:
        first = apart[order] < folds[len(folds) // 2]
    halves = np.flatnonzero(first), np.flatnonzero(~first)
    plain = decide(default.model_dump(), predictions)
    best, most, helps = None, 0.0, HELPS if settled else 0.0
    for search in _searches(rules, default, predictions[:2]):
        answers = plain.copy()
        for learned, tried in (halves, halves[::-1]):
            shown = in_proportion(None if weights is None else weights[learned], len(truth[learned]))
            learnt = search(predictions[learned][shown], truth[learned][shown])
            answers[tried] = decide(learnt.model_dump(), predictions[tried])
        found, error = _gain(rules, truth, answers, plain, weights, halves, whole_folds=len(folds) > 1)
        if found > max(helps * error, most):
            best, most = search, found
    shown = in_proportion(weights, len(truth))
    return best(predictions[shown], truth[shown]) if best else default


def _settled(rules: Rules, default: Decision) -> bool:
    """Whether honest predictions need no search: of tables' scores only accuracy is served best by the likeliest class."""
    return not (isinstance(default, Argmax) and rules.formula is not None and rules.formula not in (accuracy, rightness))


def _gain(
    rules: Rules, truth: Array, answers: Array, plain: Array, weights: Array | None, halves: tuple[Rows, Rows], whole_folds: bool
) -> tuple[float, float]:
    """The gain over the default and its error; where scores are slow, from the two halves alone."""
    metric = rules.metric

    def score(given: Array, half: Rows) -> float:
        return metric.score(truth[half], given[half], None if weights is None else weights[half])

    fast = rules.formula is not None or metric.losses(truth[:1], plain[:1]) is not None
    found, error = difference(rules, truth, answers, plain, weights) if fast else (0.0, 0.0)
    if fast and not whole_folds:
        return found, error
    one, two = (gain(metric, score(answers, half), score(plain, half)) for half in halves)
    return (found if fast else (one + two) / 2), max(error, abs(one - two) / 2)


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
        leaning = np.array(default.bias) if isinstance(default, Calibrate) else 0.0
        return [_calibrated(rules.task, floor, leaning) for floor in FLOORS] if has_losses(rules, some) else []
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
    find = searches.class_weights if labels.count <= MANY_CLASSES else searches.rarity_weights
    return lambda p, y: Argmax(weights=tuple(find(p, labels.codes(y), formula)))


def _cuts_search(labels: Labels | None, formula: Formula | None, grades: tuple[float, ...]) -> Search:
    def search(predictions: Array, truth: Array) -> Decision:
        columns = truth.reshape(len(truth), -1)
        cuts = [searches.matched_cuts(predictions[:, t], columns[:, t], np.array(grades)) for t in range(columns.shape[1])]
        if formula is not None and labels is not None:
            cuts[0] = searches.search_cuts(predictions[:, 0], labels.codes(truth), cuts[0], formula)
        return Cuts(cuts=tuple(tuple(column.tolist()) for column in cuts), grades=grades)

    return search


def _calibrated(task: TaskKind, floor: float, leaning: Array | float) -> Search:
    def search(predictions: Array, truth: Array) -> Decision:
        pairs = not task.classifies
        shares = as_pairs(predictions) if pairs else predictions
        known = ~np.isnan(truth.reshape(-1))  # of several targets some may be unknown
        scale, bias = searches.calibration(np.maximum(shares[known], floor), truth.reshape(-1)[known].astype(np.int64))
        return Calibrate(scale=scale, bias=tuple(bias + leaning), floor=floor, pairs=pairs)

    return search


def _clipped(metric: Metric) -> Search:
    return lambda _, y: Adjust(
        link=metric.link, low=max(float(np.nanmin(y)), least_answer(metric, y) or -np.inf), high=float(np.nanmax(y))
    )


def _rounded(metric: Metric) -> Search:
    return lambda _, y: Adjust(link=metric.link, low=least_answer(metric, y), whole=True)


def _floored(metric: Metric) -> Search:
    def search(predictions: Array, truth: Array) -> Decision:
        floors = [Adjust(link=metric.link, low=share * float(np.nanmean(truth))) for share in SHARES]
        losses = [-gain(metric, metric.score(truth, decide(one.model_dump(), predictions)), 0.0) for one in floors]
        return floors[int(np.argmin(losses))]

    return search


def _shifted(metric: Metric) -> Search:
    def search(predictions: Array, truth: Array) -> Decision:
        return Adjust(
            link=metric.link, shift=searches.median_shift(predictions, truth, metric.link), low=least_answer(metric, truth)
        )

    return search


def _levelled(metric: Metric) -> Search:
    def search(predictions: Array, truth: Array) -> Decision:
        shift = searches.best_shift(predictions, truth, metric)
        return Adjust(link=metric.link, shift=shift, low=least_answer(metric, truth))

    return search


def _scaled(metric: Metric) -> Search:
    def search(predictions: Array, truth: Array) -> Decision:
        return Adjust(link="identity", slope=searches.median_scale(predictions, truth), low=least_answer(metric, truth))

    return search


def _fitted_line(metric: Metric) -> Search:
    def search(predictions: Array, truth: Array) -> Decision:
        slope, shift = searches.line(predictions, truth, metric.link)
        return Adjust(link=metric.link, slope=slope, shift=shift, low=least_answer(metric, truth))

    return search
