"""Blending over again on drawn rows: which members, which strategy, which weights, and whether it beats the best program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agentk.referee.apply import combine, decide, ranks, sum_of
from agentk.referee.blend import Task, parts_of
from agentk.referee.choice import TIE, corrected
from agentk.referee.deciding import fit
from agentk.referee.differences import placements
from agentk.types.metric import Array

if TYPE_CHECKING:
    from agentk.referee.evaluation import Evaluation
    from agentk.referee.judge import Judge

MEMBERS = 24
ROWS = 2_000
"""Drawn rows that it is done on at most, far apart."""
PARTS = 3

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Reblending:
    """What a run that blends would have answered, had it known the truth of some rows alone.

    Whatever `blend` does is done: members are put in order, every strategy is tried on folds that did not teach its weights,
    the best one's decision is fitted. In what is left out it is cheaper: at most `ROWS` rows teach, of `PARTS` parts, and
    folds are not nested once more to compare the blend with a program. What that flatters is not scored: other rows are.
    """

    judge: Judge
    members: list[Array]  # (N, W) out-of-fold predictions, the best first
    _ranked: dict[int, Array] = field(default_factory=dict)

    @staticmethod
    def of(judge: Judge, ranked: Sequence[Evaluation]) -> Reblending | None:
        """Of programs, the best first; None where there is nothing to mix, or where it cannot be paid for.

        It can where the metric takes labels, as members are then compared by their probabilities; where it has losses of rows,
        but those of spans, which are compared word by word; where it is the area under the curve.
        """
        members = [one.oof for one in ranked if one.complete and one.oof is not None][:MEMBERS]
        if len(members) < 2 or judge.metric.form == "spans":
            return None
        rows = np.flatnonzero(judge.assignment >= 0)
        truth, member = judge.truth[rows], members[0][rows]
        fast = judge.metric.form == "labels" or judge.metric.losses(truth[:1], member[:1]) is not None
        area = not fast and judge.weights is None and placements(judge.rules, truth, member) is not None
        return Reblending(judge, members) if fast or area else None

    def instead_of(self, best: Array, learned: Places, asked: Places) -> Array | None:
        """Answers to the rows `asked`, (n, ...), once the rows `learned` have taught all there is to choose.

        None where the rule of choice keeps the best program, whose answers (N, ...) are given: a tie goes to the blend.
        """
        judge = self.judge
        learned = learned[:: -(-len(learned) // ROWS)]
        truth, counted = judge.truth[learned], judge.weighing(learned)
        task = Task(judge, truth, [member[learned] for member in self.members], counted)
        everything = np.ones(len(learned), dtype=bool)
        strategy, nested = task.best(parts_of(judge.assignment[learned], PARTS), everything)
        apart = judge.assignment[learned] if judge.apart else None
        decision = fit(judge.rules, nested, truth, counted, apart).model_dump()
        found, error = corrected(judge, learned, decide(decision, nested), best[learned])
        if found < -TIE * error:
            return None
        weights = strategy.weigh(everything)
        kept = np.flatnonzero(weights)
        chosen = [float(weights[i]) for i in kept]
        if strategy.method == "rank":
            mixed = sum_of(chosen, [self._ranks(int(i))[asked] for i in kept])
        else:
            mixed = combine([self.members[i][asked] for i in kept], chosen, strategy.method, judge.metric.link)
        return decide(decision, mixed)

    def _ranks(self, member: int) -> Array:
        """Ranks among all covered rows, sorted once: they order some of them as ranks of their own would."""
        if member not in self._ranked:
            covered = self.judge.assignment >= 0
            found = np.zeros_like(self.members[member])
            found[covered] = ranks(self.members[member][covered])
            self._ranked[member] = found
        return self._ranked[member]
