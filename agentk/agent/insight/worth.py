"""Worth: what one part of a result is worth, found by taking it away and comparing, paired, on the same held-out rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentk.graph.nodes.blend import CANDIDATES
from agentk.graph.workbench import Workbench
from agentk.referee.blend import blend
from agentk.referee.choice import prefers
from agentk.types.attempt import merits
from agentk.types.competition import Frozen

if TYPE_CHECKING:
    from agentk.graph.journal import Line
    from agentk.referee.evaluation import Evaluation


class Worth(Frozen):
    """A part and what the result loses without it; a line `explained` of the journal."""

    about: int  # the attempt that was looked at
    without: str  # what was taken away, in words
    number: int | None = None  # of the member of a blend that it was, or belongs to
    column: str | None = None  # of the data, where it was one that was shuffled
    score: float | None = None  # without it; None where that could not be scored
    gain: float | None = None  # positive: it helps, in the metric's units
    error: float | None = None  # standard error of the paired difference, corrected for training sets that overlap
    seconds: float = 0.0  # slot seconds that finding it out took
    reason: str = ""  # why it has no score, where it has none

    @property
    def pair(self) -> tuple[float, float] | None:
        """The gain and its error, where there are any."""
        return None if self.gain is None or self.error is None else (self.gain, self.error)

    @property
    def idle(self) -> bool:
        """Whether nothing at all changes without it."""
        return self.gain == 0 and self.error == 0

    @property
    def told(self) -> str:
        """The gain in words; within half an error it is called a tie, as the selection rule does."""
        if self.gain is None or self.error is None:
            return f"could not be scored: {self.reason}"
        verdict = "helps" if self.gain > self.error / 2 else "harms" if self.gain < -self.error / 2 else "makes no difference"
        return f"{verdict}: {self.gain:+.5g} ± {self.error:.2g}"


def compared(bench: Workbench, whole: Evaluation, rest: Evaluation) -> tuple[float, float]:
    """By how much the whole is better than the rest, and the error of that."""
    verdict = prefers(whole, rest, judge=bench.arena.referee.judge, average=False, simpler=False)
    return verdict.difference, verdict.error


def marginal(bench: Workbench, number: int) -> Worth:
    """What a scored attempt adds to the best blend: one with it is compared with one without it, each weighed anew."""
    merit = merits(bench.ledger.scored, bench.arena.metric.direction)
    ranked = sorted(bench.ledger.scored, key=lambda attempt: -merit[attempt.number])
    others = [attempt.number for attempt in ranked if attempt.number != number][:CANDIDATES]
    name = bench.ledger.attempts[number].name
    if not others:
        return Worth(about=number, without=f"{name} (nothing else is scored)", reason="there is nothing to compare it with")
    referee = bench.arena.referee
    rest = blend({one: bench.evaluation(one) for one in others}, referee=referee, key="without").evaluation
    whole = blend({one: bench.evaluation(one) for one in [*others, number]}, referee=referee, key="with").evaluation
    gain, error = compared(bench, whole, rest)
    return Worth(about=number, without=f"{name}, from the blend", number=number, score=rest.score, gain=gain, error=error)


def record(bench: Workbench, worth: Worth) -> Line:
    """Puts it into the journal."""
    return bench.journal.write("explained", **worth.model_dump(mode="json"))
