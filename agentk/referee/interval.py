"""What score to expect on new rows: the best of many tries looks better than it is, and a bootstrap takes that back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from agentk.referee.formulas import tables
from agentk.referee.reblend import Places, Reblending
from agentk.types.metric import Array, sign_of

if TYPE_CHECKING:
    from agentk.referee.evaluation import Evaluation
    from agentk.referee.judge import Judge

DRAWS = 200
FAST, SLOW = 40, 5
"""Evaluations that take part at most, the best ones: where the metric has losses or a fast form, and where it has not."""
WORK, FEWEST_DRAWS = 5_000_000, 25
"""Rows scored in all, at most, as long as that leaves a few draws: with many rows one draw is like another."""
LOOKED_AT = 10_000
"""Drawn rows that a slow metric chooses by at most."""
BLENDED = 25
"""Draws on which is blended over again; several lots of new rows are then taken from what each has left out."""


@dataclass(frozen=True)
class Interval:
    """The expected score of the choice on as many new rows as asked for, in the metric's own direction."""

    score: float
    low: float
    high: float


def expected_score(
    judge: Judge,
    evaluations: Sequence[Evaluation],
    rows: int,
    *,
    blends: Sequence[Evaluation] | None = None,
    seed: int = 0,
    level: float = 0.9,
    draws: int = DRAWS,
) -> Interval:
    """BBC-CV (Tsamardinos, Greasidou & Borboudakis 2018): out-of-fold rows are drawn with replacement, the best evaluation on
    them is chosen, and scored on `rows` rows drawn from those that were left out.

    evaluations: of programs; blends: those mixtures of them that came out scored, None where no blend was tried. Where one was,
    it is tried again on the drawn rows: members, strategy, weights and decision, against the best program by the rule of choice
    (`reblend.py`). Where that cannot be paid for (spans, metrics without losses of rows or a fast form but the area under the
    curve), blends take part as they stand, as evaluations whose out-of-fold rows are nested already.

    The interval holds `level` of these scores; it covers the choice, the training rows' chance and that of the new rows, not a
    drift between them, nor the choice among a search's trials, whose out-of-fold rows are not kept.
    Raises ValueError when no evaluation is scored.
    """
    programs = _ranked(judge, evaluations)
    reblending = None if blends is None else Reblending.of(judge, programs)
    ranked = programs if reblending else _ranked(judge, [*programs, *(blends or ())])
    if not ranked:
        raise ValueError("nothing to expect a score of: no evaluation is scored")
    fast = judge.rules.formula is not None or judge.metric.losses(judge.truth[:1], judge.answers(ranked[0])[:1]) is not None
    ranked = ranked[: FAST if fast else SLOW]
    masks = [one.mask for one in ranked if one.mask is not None]
    common = np.flatnonzero(np.all(masks, axis=0))
    if not len(common):
        ranked, common = ranked[:1], np.flatnonzero(masks[0])
    answers = [judge.answers(one) for one in ranked]
    chosen_by = _Chooser(judge, judge.truth[common], [one[common] for one in answers], judge.weighing(common))
    rng = np.random.default_rng(seed)
    scores = []
    draws = min(draws if fast else max(draws // 4, 1), max(WORK // max(len(common), rows), FEWEST_DRAWS))
    lots = -(-draws // BLENDED) if reblending else 1
    bags = -(-draws // lots)
    for drawn in _drawn(rng, len(common), bags):
        seen = np.bincount(drawn, minlength=len(common)) > 0
        learned, left = common[seen], common[~seen]
        if not len(left):
            continue
        best = answers[chosen_by.best(drawn)]
        blended = reblending.instead_of(best, learned, left) if reblending else None
        said = best[left] if blended is None else blended
        for _ in range(lots):
            new = rng.choice(len(left), rows)
            scores.append(judge.metric.score(judge.truth[left[new]], said[new], judge.weighing(left[new])))
    kept = np.array(scores)[np.isfinite(scores)]
    if not len(kept):
        raise ValueError(f"{judge.metric.name} has no value on rows drawn at random: there are too few rows")
    low, high = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(kept.mean()), float(low), float(high))


def _ranked(judge: Judge, evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    """Those that have a score, the best first."""
    sign = sign_of(judge.metric.direction)
    return sorted((one for one in evaluations if one.score is not None), key=lambda one: -sign * float(one.score or 0.0))


def _drawn(rng: np.random.Generator, rows: int, bags: int) -> Iterator[Places]:
    """Bags of as many places as there are rows, drawn with replacement; in all of them together every row as often as any
    (balanced: Davison, Hinkley & Schechtman 1986), so that few will do, but where rows are so many that it makes no difference.
    """
    if rows * bags <= 2 * WORK:
        yield from rng.permutation(np.tile(np.arange(rows), bags)).reshape(bags, rows)
    else:
        yield from (rng.integers(0, rows, rows) for _ in range(bags))


class _Chooser:
    """Finds the evaluation that scores best on drawn rows, by losses, by tables, or by the metric itself."""

    def __init__(self, judge: Judge, truth: Array, answers: list[Array], weights: Array | None) -> None:
        self.judge, self.truth, self.answers, self.weights = judge, truth, answers, weights
        losses = [judge.metric.losses(truth, answer, weights) for answer in answers]
        self.losses = np.column_stack([loss for loss in losses if loss is not None]) if losses[0] is not None else None
        labels = judge.rules.labels
        if self.losses is None and judge.rules.formula is not None and labels is not None:
            self.codes = labels.codes(truth), [labels.codes(answer) for answer in answers]

    def best(self, drawn: Places) -> int:
        """The position of the evaluation."""
        if self.losses is not None:
            counts = np.bincount(drawn, minlength=len(self.losses))
            return int(np.argmin(counts @ self.losses))
        formula, labels, metric = self.judge.rules.formula, self.judge.rules.labels, self.judge.metric
        if formula is not None and labels is not None:
            true, said = self.codes
            one, counted = np.zeros(len(drawn), dtype=np.int64), self._weighing(drawn)
            found = [tables(true[drawn], code[drawn], one, labels.count, counted) for code in said]
            return int(np.argmax([float(formula(each)[0]) for each in found]))
        sign = sign_of(metric.direction)
        drawn = drawn[:LOOKED_AT]
        counted = self._weighing(drawn)
        return int(np.argmax([sign * metric.score(self.truth[drawn], answer[drawn], counted) for answer in self.answers]))

    def _weighing(self, drawn: Places) -> Array | None:
        return None if self.weights is None else self.weights[drawn]
