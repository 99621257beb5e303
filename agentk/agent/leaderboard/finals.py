"""Two finals: the best expected, and of the attempts that are as good the one that errs most differently."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from agentk.agent.insight.evidence import Evidence, evidence_of
from agentk.agent.leaderboard.submitting import SECOND, journal_of
from agentk.competitions.scoring.truth import check_submission, format_submission
from agentk.errors import AgentKError, RunError
from agentk.graph.folder import RunFolder, replace
from agentk.graph.journal import read
from agentk.graph.ledger import Ledger
from agentk.referee.apply import decide
from agentk.referee.differences import difference
from agentk.referee.evaluation import Evaluation
from agentk.types.attempt import Attempt
from agentk.types.metric import Array

GOOD = 2.0
"""Corrected standard errors by which the second may be worse and still count as good."""


@dataclass(frozen=True)
class Finals:
    """The two attempts, how alike their test predictions are, and by how much the second is behind on out-of-fold rows."""

    best: Attempt
    second: Attempt
    correlation: float
    behind: float
    error: float  # standard error of `behind`, corrected as the selection rule corrects it

    @property
    def reason(self) -> str:
        """Why this one, in words."""
        where = "behind" if self.behind >= 0 else "ahead"
        return (
            f"{abs(self.behind):.5f} ± {self.error:.5f} {where} on the same rows; of those as good the most different, "
            f"its test predictions correlate {self.correlation:.3f} with the first's"
        )


def propose(folder: RunFolder) -> Finals:
    """Chooses the finals, writes submission-2.csv and journals it. Raises RunError where there are no two good attempts."""
    ledger = Ledger.of(read(folder.journal), "maximize")
    if ledger.best is None or ledger.best != ledger.submitted:
        raise RunError(f"{folder.path.name} has no winner yet: `agentk resume {folder.path.name}` goes on with it")
    evidence = evidence_of(folder)
    best = ledger.attempts[ledger.best]
    kept = evidence.evaluation(best.number)
    found = [_compared(evidence, best, kept, other) for other in ledger.attempts.values() if other.number != best.number]
    good = [one for one in found if one is not None and one.behind <= GOOD * one.error]
    if not good:
        raise RunError(
            f"no other attempt of {folder.path.name} is as good as its winner within {GOOD:g} standard errors: "
            "submit the winner alone"
        )
    finals = min(good, key=lambda one: (one.correlation, one.second.number))
    _write(folder, evidence, evidence.evaluation(finals.second.number))
    with journal_of(folder) as journal:
        number, correlation = finals.second.number, round(finals.correlation, 4)
        journal.write("final_proposed", file=SECOND, number=number, correlation=correlation, reason=finals.reason)
    return finals


def _compared(evidence: Evidence, best: Attempt, kept: Evaluation, other: Attempt) -> Finals | None:
    if other.score is None:
        return None
    second = evidence.evaluation(other.number)
    if second.test is None or second.decision is None or second.mask is None or kept.test is None or kept.mask is None:
        return None
    judge, both = evidence.judge, kept.mask & second.mask
    if not second.complete or not both.any():
        return None
    ahead, error = difference(
        judge.rules, judge.truth[both], judge.answers(kept)[both], judge.answers(second)[both], judge.weighing(both)
    )
    folds = max(len(np.unique(judge.assignment[both])), 2)
    return Finals(best, other, likeness(kept.test, second.test), ahead, error * math.sqrt(1 + folds / (folds - 1)))


def likeness(one: Array, other: Array) -> float:
    """The mean correlation of the columns of two (M, W) predictions; a column that is constant in one of them counts as alike."""
    found = []
    for left, right in zip(one.T, other.T, strict=True):
        flat = left.std() == 0 or right.std() == 0
        found.append(1.0 if flat else float(np.corrcoef(left, right)[0, 1]))
    return float(np.mean(found))


def _write(folder: RunFolder, evidence: Evidence, second: Evaluation) -> None:
    assert second.decision is not None and second.test is not None
    answers = decide(second.decision.model_dump(), second.test)
    frame = format_submission(evidence.competition, answers, evidence.test)
    if problems := check_submission(evidence.competition, frame):
        raise AgentKError(f"a submission that would not be valid was not written: {'; '.join(problems)}. This is agentk's fault")
    replace(folder.path / SECOND, frame.to_csv(index=False).encode())
