"""The blend: an ensemble of evaluations, weighed on out-of-fold predictions and scored on folds it was not weighed on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agentk.referee import weights
from agentk.referee.apply import combine, ranks, sum_of, to_link
from agentk.referee.drawn import in_proportion
from agentk.types.competition import TaskKind
from agentk.types.metric import Array

if TYPE_CHECKING:
    from agentk.referee.evaluation import Evaluation
    from agentk.referee.judge import Judge
    from agentk.referee.referee import Referee

MOST = 8
"""Members at most, so that remaking the blend costs no more than the run did."""
PARTS = 5
SAMPLE = 5_000
"""Rows on which members and strategies are compared at most."""

REMEMBERED = 64
"""Mixtures whose order is kept, at most."""

Rows = NDArray[np.bool_]
Weigh = Callable[[Rows], Array]


@dataclass(frozen=True)
class Blend:
    """Weights by the key of the member, how they are combined (`apply.combine`), and the judged result."""

    weights: dict[int, float]
    method: str
    evaluation: Evaluation


@dataclass(frozen=True)
class Strategy:
    """A way to weigh the members on some rows; `method` says how they are then combined."""

    method: str
    weigh: Weigh

    def predict(self, task: Task, learned: Rows, asked: Rows) -> Array:
        """Predictions of the rows asked for, with the weights that other rows teach.

        Where order alone counts they are ranks among all rows, which know no label: folds that are predicted with other
        weights, or by another method, are on one scale, as the score compares rows across folds.
        """
        found = self.weigh(learned)
        if not task.order_counts:
            kept = np.flatnonzero(found)
            chosen = [float(found[i]) for i in kept]
            return combine([task.members[i][asked] for i in kept], chosen, self.method, task.judge.metric.link)
        return task.ordered(self.method, found)[asked]


def blend(evaluations: Mapping[int, Evaluation], *, referee: Referee, key: str) -> Blend:
    """The best of several strategies: greedy selection, the plain mean of the best, stacking, ranks where only order counts;
    of spans, those that the best agree on.

    The rows of a fold are predicted by the strategy and the weights that the other folds alone have chosen, so that the
    score of the blend is honest; for test rows all folds choose. Only complete evaluations take part. Raises ValueError
    when there is none.
    """
    judge, covered = referee.judge, referee.layout.covered
    members = {
        number: one for number, one in evaluations.items() if one.complete and one.oof is not None and one.test is not None
    }
    if not members:
        raise ValueError("nothing to blend: no evaluation is complete")
    oofs = [one.oof[covered] for one in members.values() if one.oof is not None]
    tests = [one.test for one in members.values() if one.test is not None]
    task = Task(judge, judge.truth[covered], oofs, judge.weighing(covered))
    parts = parts_of(judge.assignment[covered])
    everything = np.ones(int(covered.sum()), dtype=bool)
    honest = np.empty_like(oofs[0])
    for part in parts:
        others = ~part if len(parts) > 1 else part
        inner = [other for other in parts if other is not part] or [part]
        honest[part] = task.best(inner, others)[0].predict(task, others, part)
    chosen, _ = task.best(parts, everything)
    found = chosen.weigh(everything)
    kept = np.flatnonzero(found)
    oof = np.full((len(covered), honest.shape[1]), np.nan)
    oof[covered] = honest
    test = combine([tests[i] for i in kept], [float(found[i]) for i in kept], chosen.method, judge.metric.link)
    numbers = list(members)
    seconds = sum(members[numbers[i]].seconds for i in kept)
    evaluation = referee.evaluate(key, oof, test, seconds=seconds)
    return Blend({numbers[i]: float(found[i]) for i in kept}, chosen.method, evaluation)


class Task:
    """What the strategies know: the members' predictions on covered rows, and a loss that is even where the metric is not."""

    def __init__(self, judge: Judge, truth: Array, members: list[Array], weights: Array | None = None) -> None:
        """truth (N, ...), members M matrices (N, W), weights (N,) of rows."""
        self.judge, self.truth, self.members, self.weights = judge, truth, members, weights
        metric, task = judge.metric, judge.task
        self.probabilities = task.classifies or task.value == "multilabel"
        self.order_counts = self.probabilities and metric.form == "probabilities" and self._losses_of(members[0]) is None
        self.spans = task is TaskKind.SPANS
        if self.spans:
            self.cells = np.zeros((len(truth), 0))  # no weights are fitted to spans
        elif self.probabilities:
            self.cells = np.stack([self._true_probability(member, truth) for member in members], axis=-1)
        else:
            true = to_link(truth.reshape(members[0].shape), metric.link)
            self.cells = np.stack([to_link(member, metric.link) - true for member in members], axis=-1)
        self._orders: dict[bytes, NDArray[np.int64]] = {}
        self._ordered: dict[tuple[str, bytes], Array] = {}
        self.level = None if self.probabilities or self.spans else self._level()

    @cached_property
    def ranked(self) -> list[Array]:
        """Each member's ranks over all rows, sorted once."""
        return [ranks(member) for member in self.members]

    @cached_property
    def strategies(self) -> list[Strategy]:
        """What is worth a try."""
        return _strategies(self)

    def best(self, parts: list[Rows], within: Rows) -> tuple[Strategy, Array]:
        """The strategy that does best on the rows `within`, each part of them predicted with the weights that the other parts
        teach, and these predictions (N, W), of no meaning on other rows."""
        nested = [_nested(self, strategy, parts, within) for strategy in self.strategies]
        best = int(np.argmax([self.merit(predictions, within) for predictions in nested]))
        return self.strategies[best], nested[best]

    def ordered(self, method: str, found: Array) -> Array:
        """(N, W) ranks of the members combined with these weights, over all rows; sorted once, as many parts agree on weights."""
        key = method, found.tobytes()
        if key not in self._ordered:
            kept = np.flatnonzero(found)
            chosen = [float(found[i]) for i in kept]
            if method == "rank":
                mixed = sum_of(chosen, [self.ranked[i] for i in kept])
            else:
                mixed = combine([self.members[i] for i in kept], chosen, method, self.judge.metric.link)
            if len(self._ordered) >= REMEMBERED:
                self._ordered.clear()
            self._ordered[key] = ranks(mixed)
        return self._ordered[key]

    def taught(self, rows: Rows) -> NDArray[np.int64]:
        """Places of the rows that weights are learned on, each as often as it counts."""
        places = np.flatnonzero(rows)
        return places[in_proportion(None if self.weights is None else self.weights[places], len(places))]

    def order(self, rows: Rows) -> NDArray[np.int64]:
        """(M,) the members, the best on some rows first."""
        key = rows.tobytes()
        if key not in self._orders:
            self._orders[key] = np.argsort([-self.merit(member, rows) for member in self.members], kind="stable")
        return self._orders[key]

    def merit(self, predictions: Array, rows: Rows) -> float:
        """How good predictions are on some rows, higher is better: by the metric where it takes predictions, else by the loss."""
        metric = self.judge.metric
        looked = np.flatnonzero(rows)
        looked = looked[:: -(-len(looked) // SAMPLE)]
        truth, predictions = self.truth[looked], predictions[looked]
        weights = None if self.weights is None else self.weights[looked]
        if metric.form != "labels":
            score = metric.score(truth, predictions, weights)
            return score if metric.direction == "maximize" else -score
        if self.probabilities:
            merits = np.log(np.maximum(self._true_probability(predictions, truth), 1e-15))
        else:
            merits = -((predictions - truth.reshape(predictions.shape)) ** 2)
        counted = np.ones(len(truth)) if weights is None else weights
        cells = np.where(np.isnan(merits), 0.0, counted.reshape(-1, *(1,) * (merits.ndim - 1)))
        return float((np.nan_to_num(merits) * cells).sum() / max(float(cells.sum()), 1e-300))

    def _true_probability(self, member: Array, truth: Array) -> Array:
        """(N,), or (N, T) when multilabel: the probability given to what is true, NaN where that is unknown."""
        if self.judge.task.classifies:
            return np.asarray(member[np.arange(len(member)), truth.reshape(-1).astype(np.int64)])
        return np.asarray(np.where(np.isnan(truth), np.nan, np.where(truth > 0.5, member, 1.0 - member)))

    def _losses_of(self, member: Array) -> Array | None:
        return self.judge.metric.losses(self.truth[:50], member[:50])

    def _level(self) -> float | None:
        """The quantile that the metric asks for, where its losses are sizes of errors on its link scale; None for other losses.

        Found from the losses alone: a half where errors above and below the truth cost the same.
        """
        if self.judge.metric.form != "values":
            return None
        errors = self.cells[..., 0].reshape(len(self.truth), -1)
        whole = np.flatnonzero(np.isfinite(errors).all(axis=1))[:50]
        losses = self.judge.metric.losses(self.truth[whole], self.members[0][whole]) if len(whole) else None
        if losses is None:
            return None
        sides = np.column_stack([np.maximum(side * errors[whole], 0.0).mean(axis=1) for side in (1.0, -1.0)])
        above, below = (float(cost) for cost in np.linalg.lstsq(sides, losses)[0])
        if min(above, below) <= 0 or not np.allclose(sides @ [above, below], losses, rtol=1e-6):
            return None
        return below / (above + below)


def _strategies(task: Task) -> list[Strategy]:
    """What is worth a try here; the plain ones first, which win ties."""
    sizes = sorted({min(size, len(task.members), MOST) for size in (1, 2, 3, 5, 8)})
    if task.spans:
        sizes = [size for size in sizes if size != 2]  # of two that differ the first would always be taken
    plain = [Strategy("agree" if task.spans else "mean", _leading(task, size)) for size in sizes]
    if len(task.members) == 1 or task.spans:
        return [Strategy(strategy.method, _remembered(strategy.weigh)) for strategy in plain]
    objective = weights.log_loss if task.probabilities else weights.squared if task.level is None else weights.tilted(task.level)
    found = [*plain, Strategy("mean", lambda rows: _few(weights.greedy(task.cells[task.taught(rows)], objective)))]
    if task.order_counts:
        found += [Strategy("rank", strategy.weigh) for strategy in plain[1:]]
        if task.judge.task.value == "binary":
            # ranks that fit the truth best in squares order it nearly as well as can be, without a sort a step
            misses = np.stack([member[:, -1] - task.truth.reshape(-1) for member in task.ranked], axis=-1)
            found.append(Strategy("rank", lambda rows: _few(weights.greedy(misses[task.taught(rows)], weights.squared))))
    elif task.judge.task.classifies and task.members[0].shape[1] <= 20:
        found.append(Strategy("geometric", _stacked(task)))
    elif not task.probabilities and task.level is None:
        found.append(Strategy("mean", _least_squares(task)))
    return [Strategy(strategy.method, _remembered(strategy.weigh)) for strategy in found]


def _remembered(weigh: Weigh) -> Weigh:
    """The same, asked once for the same rows: without folds j and k is without folds k and j."""
    known: dict[bytes, Array] = {}

    def asked(rows: Rows) -> Array:
        key = rows.tobytes()
        if key not in known:
            known[key] = weigh(rows)
        return known[key]

    return asked


def _leading(task: Task, size: int) -> Weigh:
    """Equal weights of the best members."""

    def weigh(rows: Rows) -> Array:
        chosen = np.zeros(len(task.members))
        chosen[task.order(rows)[:size]] = 1.0 / size
        return chosen

    return weigh


def _stacked(task: Task) -> Weigh:
    def weigh(rows: Rows) -> Array:
        leading = np.flatnonzero(_leading(task, min(MOST, len(task.members)))(rows))
        found = np.zeros(len(task.members))
        shown = task.taught(rows)
        chosen = [task.members[i][shown] for i in leading]
        found[leading] = weights.geometric(chosen, task.truth.reshape(-1)[shown].astype(np.int64))
        return found

    return weigh


def _least_squares(task: Task) -> Weigh:
    link = task.judge.metric.link
    true = to_link(task.truth.reshape(task.members[0].shape), link)
    columns = task.cells + true[..., None]

    def weigh(rows: Rows) -> Array:
        shown = task.taught(rows)
        aim, given = true[shown].reshape(-1), columns[shown].reshape(-1, columns.shape[-1])
        return _few(weights.non_negative(given[~np.isnan(aim)], aim[~np.isnan(aim)]))

    return weigh


def _few(found: Array) -> Array:
    """The heaviest `MOST` members, their total as before."""
    kept = np.zeros_like(found)
    heaviest = np.argsort(-found, kind="stable")[:MOST]
    kept[heaviest] = found[heaviest]
    return np.asarray(kept * (found.sum() / kept.sum()))


def _nested(task: Task, strategy: Strategy, parts: list[Rows], within: Rows) -> Array:
    """(N, W) predictions of a strategy on the rows `within`, those of each part weighed on the other parts."""
    made = np.empty_like(task.members[0])
    for part in parts:
        others = within & ~part
        made[part] = strategy.predict(task, others if others.any() else within, part)
    return made


def parts_of(folds: NDArray[np.int64], most: int = PARTS) -> list[Rows]:
    """Folds, at most so many parts of them, so that nesting stays cheap."""
    part = np.unique(folds, return_inverse=True)[1] % most
    return [part == number for number in range(int(part.max()) + 1)]
