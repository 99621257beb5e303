"""Public scores as evidence: whether the leaderboard's order of the attempts agrees with that of the folds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from agentk.agent.ending.summary import summarize
from agentk.agent.insight.evidence import Evidence, contract_of, evidence_of
from agentk.agent.leaderboard.submitting import journal_of, submissions_of
from agentk.graph.folder import RunFolder
from agentk.graph.journal import read
from agentk.referee.differences import difference
from agentk.types.competition import Competition
from agentk.types.metric import gain

LEAST = 3
"""Submissions before anything is said."""
SHARE = 0.3
"""Of the test rows that are taken to be public where the description does not say it: rather few, to allow for chance."""
LEVEL = 0.05
"""Of a false alarm, over all pairs together (Bonferroni)."""


@dataclass(frozen=True)
class Doubt:
    """Two attempts that the leaderboard orders against the folds, beyond what so few public rows explain."""

    better: int  # of the two, by the folds
    worse: int
    z: float
    pairs: int
    public_rows: int
    reason: str


def examine(folder: RunFolder) -> Doubt | None:
    """What public scores say against a run's folds; journaled once for each two attempts. None while they agree."""
    lines = list(read(folder.journal))
    scores = {one.number: one.score for one in submissions_of(lines).values() if one.number is not None and one.score is not None}
    if len(scores) < LEAST:
        return None
    found = doubt(evidence_of(folder), scores)
    if found is None:
        return None
    told = [line["numbers"] for line in lines if line["event"] == "validation_doubted"]
    if [found.better, found.worse] not in told:
        with journal_of(folder) as journal:
            journal.write(
                "validation_doubted",
                reason=found.reason,
                z=round(found.z, 2),
                pairs=found.pairs,
                public_rows=found.public_rows,
                numbers=[found.better, found.worse],
            )
    return found


def doubt(evidence: Evidence, scores: Mapping[int, float]) -> Doubt | None:
    """The strongest contradiction between public scores (by attempt) and out-of-fold rows, None where chance explains all.

    For each two attempts the paired difference on out-of-fold rows predicts that on the public rows. The paired error of one
    row, from the out-of-fold rows, gives the error of both; a pair contradicts when the signs differ and the two differences
    lie further apart than their joint error explains, at `LEVEL` over all pairs.
    """
    from scipy.stats import norm

    judge, metric = evidence.judge, evidence.judge.metric
    rows = public_rows(evidence.competition)
    pairs = list(combinations(sorted(scores), 2))
    strongest: Doubt | None = None
    for one, other in pairs:
        first, second = evidence.evaluation(one), evidence.evaluation(other)
        if first.mask is None or second.mask is None:
            continue
        both = first.mask & second.mask
        held, error = difference(
            judge.rules, judge.truth[both], judge.answers(first)[both], judge.answers(second)[both], judge.weighing(both)
        )
        shown = gain(metric, scores[one], scores[other])
        spread = error * math.sqrt(1 + both.sum() / rows)
        if held * shown >= 0 or not math.isfinite(spread) or spread == 0:
            continue
        z = abs(shown - held) / spread
        better, worse = (one, other) if held > 0 else (other, one)
        if strongest is None or z > strongest.z:
            reason = (
                f"the folds put #{better} ahead of #{worse} by {abs(held):.5f}, the leaderboard behind it by {abs(shown):.5f}: "
                f"{z:.1f} standard errors on about {rows:,} public rows"
            )
            strongest = Doubt(better, worse, z, len(pairs), rows, reason)
    critical = float(norm.isf(LEVEL / (2 * max(len(pairs), 1))))
    return strongest if strongest is not None and strongest.z > critical else None


def unexpected(folder: RunFolder, score: float) -> str | None:
    """In words, where a public score lies outside the range that the run expected on as many new rows; None within it.

    The run's 90% range is for all test rows; for the public ones alone it is wider by the root of their share.
    """
    expected = summarize(folder).interval
    if expected is None:
        return None
    competition = contract_of(folder)
    low, high = expected
    wider = math.sqrt(competition.test_rows / public_rows(competition))
    middle, half = (low + high) / 2, wider * (high - low) / 2
    if middle - half <= score <= middle + half:
        return None
    return f"the folds led to expect {middle - half:.5f} to {middle + half:.5f} on the public rows (90%)"


def public_rows(competition: Competition) -> int:
    """How many test rows the public scores are made of, as the description says, else `SHARE` of them."""
    said = re.search(r"(\d{1,2}(?:\.\d+)?) ?% of the test (?:data|set|rows)", competition.description)
    share = float(said[1]) / 100 if said else SHARE
    return max(1, round(share * competition.test_rows))
