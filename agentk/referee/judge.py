"""The judge: turns out-of-fold predictions into answers and a score, each fold decided by what the other folds teach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from agentk.referee.apply import decide
from agentk.referee.deciding import fit
from agentk.referee.decision import Decision, default_decision
from agentk.referee.rules import Rules
from agentk.referee.surrogate import losses
from agentk.types.competition import Label, TaskKind
from agentk.types.metric import Array, Metric

if TYPE_CHECKING:
    from agentk.referee.evaluation import Evaluation


Rows: TypeAlias = NDArray[np.bool_] | NDArray[np.int64]
"""A mask, or places."""


@dataclass(frozen=True)
class Judgment:
    """A score without self-deception: no row's answer was decided with its own label."""

    score: float
    std: float  # over folds; 0 where there is one
    fold_scores: tuple[float, ...]
    merit: float  # what search goes by, higher is better: of the surrogate, or the score itself
    fold_merits: tuple[float, ...]
    answers: Array  # (N, ...) as the metric takes them; rows outside the mask hold the default's answer to zeros
    decision: Decision  # fitted on all covered rows: the one for test rows


@dataclass(frozen=True, eq=False)
class Judge:
    """Owns the truth (N,) or (N, T), as `Metric` has it, the fold of each row (N,), -1 for none, and how much each counts.

    apart: whether folds lie apart in time or by group, so that all of one may be wrong by what is right in another.
    """

    metric: Metric
    task: TaskKind
    classes: tuple[Label, ...]
    truth: Array
    assignment: NDArray[np.int64]
    weights: Array | None = None  # (N,); None: all count alike
    apart: bool = False

    @cached_property
    def rules(self) -> Rules:
        """What is known of the metric on this task."""
        return Rules.of(self.metric, self.task, self.classes, self.truth)

    def fit(self, predictions: Array, rows: NDArray[np.bool_]) -> Decision:
        """The decision that `rows` teach; predictions (N, W)."""
        apart = self.assignment[rows] if self.apart else None
        return fit(self.rules, predictions[rows], self.truth[rows], self.weighing(rows), apart)

    def weighing(self, rows: Rows) -> Array | None:
        """How much some rows count."""
        return None if self.weights is None else self.weights[rows]

    def score(self, rows: Rows, answers: Array) -> float:
        """The score of the answers to some rows."""
        return float(self.metric.score(self.truth[rows], answers, self.weighing(rows)))

    def judge(self, predictions: Array, mask: NDArray[np.bool_]) -> Judgment:
        """Scores (N, W) out-of-fold predictions over the rows of `mask`: the decision of each fold is fitted on the others."""
        present = [int(fold) for fold in np.unique(self.assignment[mask])]
        filled = np.where(mask[:, None], predictions, 0.0)
        plain = default_decision(self.rules, self.truth[mask])
        answers = decide(plain.model_dump(), filled).copy()  # a decision may hand the predictions themselves back
        fold_scores = []
        for fold in present:
            rows = mask & (self.assignment == fold)
            others = mask & (self.assignment != fold)
            if others.any():
                answers[rows] = decide(self.fit(filled, others).model_dump(), filled[rows])
            fold_scores.append(self.score(rows, answers[rows]))
        score = self.score(mask, answers[mask])
        fold_scores = [value if np.isfinite(value) else score for value in fold_scores]  # e.g. one class alone in a fold
        std = float(np.std(fold_scores, ddof=1)) if len(fold_scores) > 1 else 0.0
        merit, fold_merits = self._sign * score, [self._sign * value for value in fold_scores]
        apart = losses(self.rules, filled[mask], self.truth[mask])
        if apart is not None:
            folds = self.assignment[mask]
            lost = [self._mean(apart[folds == fold], mask & (self.assignment == fold)) for fold in present]
            merit, fold_merits = -self._mean(apart, mask), [-one for one in lost]
        return Judgment(score, std, _floats(fold_scores), merit, _floats(fold_merits), answers, self.fit(filled, mask))

    def answers(self, evaluation: Evaluation) -> Array:
        """(N, ...) out-of-fold answers of a scored evaluation."""
        if evaluation.answers is not None:
            return evaluation.answers
        if evaluation.oof is None or evaluation.mask is None:
            raise ValueError(f"evaluation {evaluation.key!r} has no predictions: {evaluation.outcome.reason}")
        return self.judge(evaluation.oof, evaluation.mask).answers

    def fold_score(self, fold: int, predictions: Array, done: NDArray[np.bool_]) -> float:
        """The score of one fold decided by the folds of `done` alone: a number that later folds do not change."""
        rows = self.assignment == fold
        if done.any():
            decision = self.fit(np.where(done[:, None], predictions, 0.0), done)
        else:
            decision = default_decision(self.rules, self.truth[rows])
        return self.score(rows, decide(decision.model_dump(), predictions[rows]))

    def fold_merit(self, fold: int, predictions: Array, done: NDArray[np.bool_], score: float) -> float:
        """What search goes by of one fold, higher is better: a number that later folds do not change. score: its `fold_score`."""
        rows = self.assignment == fold
        known = rows | done
        apart = losses(self.rules, predictions[known], self.truth[known])
        return self._sign * score if apart is None else -self._mean(apart[rows[known]], rows)

    def _mean(self, losses: Array, rows: NDArray[np.bool_]) -> float:
        """Of the losses of some rows, as they count; of all alike where none counts."""
        weights = self.weighing(rows)
        return float(np.average(losses, weights=weights if weights is not None and weights.any() else None))

    @property
    def _sign(self) -> float:
        return 1.0 if self.metric.direction == "maximize" else -1.0


def _floats(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
