"""What score to expect on new rows: the best of many tries looks better than it is, and a bootstrap takes that back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from agentk.referee.formulas import tables
from agentk.types.metric import Array

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


@dataclass(frozen=True)
class Interval:
    """The expected score of the choice on as many new rows as asked for, in the metric's own direction."""

    score: float
    low: float
    high: float


def expected_score(
    judge: Judge, evaluations: Sequence[Evaluation], rows: int, *, seed: int = 0, level: float = 0.9, draws: int = DRAWS
) -> Interval:
    """BBC-CV (Tsamardinos, Greasidou & Borboudakis 2018): out-of-fold rows are drawn with replacement, the best evaluation on
    them is chosen, and scored on `rows` rows drawn from those that were left out.

    The interval holds `level` of these scores; it covers the choice, the training rows' chance and that of the new rows, not a
    drift between them. A blend takes part as one of the evaluations: its own out-of-fold rows are nested already.
    Raises ValueError when no evaluation is scored.
    """
    sign = 1.0 if judge.metric.direction == "maximize" else -1.0
    ranked = sorted((one for one in evaluations if one.score is not None), key=lambda one: -sign * float(one.score or 0.0))
    if not ranked:
        raise ValueError("nothing to expect a score of: no evaluation is scored")
    fast = judge.rules.formula is not None or judge.metric.losses(judge.truth[:1], judge.answers(ranked[0])[:1]) is not None
    ranked = ranked[: FAST if fast else SLOW]
    masks = [one.mask for one in ranked if one.mask is not None]
    common = np.flatnonzero(np.all(masks, axis=0))
    if not len(common):
        ranked, common = ranked[:1], np.flatnonzero(masks[0])
    truth = judge.truth[common]
    answers = [judge.answers(one)[common] for one in ranked]
    weights = judge.weighing(common)
    chosen_by = _Chooser(judge, truth, answers, weights)
    rng = np.random.default_rng(seed)
    scores = []
    draws = draws if fast else max(draws // 4, 1)
    for _ in range(min(draws, max(WORK // max(len(common), rows), FEWEST_DRAWS))):
        drawn = rng.integers(0, len(common), len(common))
        left = np.setdiff1d(np.arange(len(common)), drawn)
        if not len(left):
            continue
        new = rng.choice(left, rows)
        counted = None if weights is None else weights[new]
        scores.append(judge.metric.score(truth[new], answers[chosen_by.best(drawn)][new], counted))
    kept = np.array(scores)[np.isfinite(scores)]
    if not len(kept):
        raise ValueError(f"{judge.metric.name} has no value on rows drawn at random: there are too few rows")
    low, high = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(kept.mean()), float(low), float(high))


class _Chooser:
    """Finds the evaluation that scores best on drawn rows, by losses, by tables, or by the metric itself."""

    def __init__(self, judge: Judge, truth: Array, answers: list[Array], weights: Array | None) -> None:
        self.judge, self.truth, self.answers, self.weights = judge, truth, answers, weights
        losses = [judge.metric.losses(truth, answer, weights) for answer in answers]
        self.losses = np.column_stack([loss for loss in losses if loss is not None]) if losses[0] is not None else None
        labels = judge.rules.labels
        if self.losses is None and judge.rules.formula is not None and labels is not None:
            self.codes = labels.codes(truth), [labels.codes(answer) for answer in answers]

    def best(self, drawn: np.ndarray[tuple[int], np.dtype[np.int64]]) -> int:
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
        sign = 1.0 if metric.direction == "maximize" else -1.0
        drawn = drawn[:LOOKED_AT]
        counted = self._weighing(drawn)
        return int(np.argmax([sign * metric.score(self.truth[drawn], answer[drawn], counted) for answer in self.answers]))

    def _weighing(self, drawn: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Array | None:
        return None if self.weights is None else self.weights[drawn]
