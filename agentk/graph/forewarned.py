"""Forewarned: folds that public scores have contradicted on this very competition are not believed again."""

from __future__ import annotations

from agentk.competitions.draft import Draft
from agentk.competitions.reopening import belief, reconsidered
from agentk.competitions.setup import to_competition
from agentk.competitions.stages.split import SPLIT
from agentk.memory.consolidation import HELD_UP
from agentk.memory.features import features_of
from agentk.memory.lesson import Lesson, Provenance
from agentk.memory.protocol import Memory
from agentk.memory.rewards import drawn_in
from agentk.memory.value import Value
from agentk.types.competition import Competition

LEARNED = "an earlier run has shown"
"""How a reason that comes from memory begins: it is not learned again."""
REFUSED = "refused"
"""In a lesson's payload: the way of holding rows out that did not hold."""


def warning(competition: Competition, run: str, scheme: str, why: str, errors: float) -> Lesson:
    """What memory is told of folds that public scores contradict by so many standard errors.

    An error is that of a difference on the public rows, so that many rows weigh more than few.
    """
    here = features_of(competition)
    return Lesson(
        kind="setup",
        subject=f"setup:{SPLIT.name}:{scheme}",
        text=f"In files like these, {scheme} folds did not order programs as the leaderboard did: {why}",
        scope=here.run(run),
        features=here,
        payload={REFUSED: scheme},
        value=Value().add(here.digest, drawn_in(errors)),
        provenance=Provenance(origin="run", run=run, competition=here.digest),
    )


def forewarned(memory: Memory, draft: Draft) -> tuple[Draft, Competition]:
    """The finished draft and its contract, the validation stage reopened where memory knows that its folds did not hold here.

    What a person says of the folds stands.
    """
    competition = to_competition(draft)
    said = draft.overrides.validation or draft.overrides.column
    while not said and (known := _known(memory, draft, competition)) is not None:
        again = reconsidered(SPLIT, draft, f"{LEARNED}: {known.text}")
        if again is None:
            break
        draft, competition = again, to_competition(again)
    return draft, competition


def _known(memory: Memory, draft: Draft, competition: Competition) -> Lesson | None:
    """The lesson of this competition that speaks against the folds."""
    lying = memory.lessons(scope=features_of(competition).scope, kinds=("setup",))
    scheme = belief(SPLIT.name, draft)
    held = (one for one in lying if one.payload.get(REFUSED) == scheme and one.value.posterior().chance > HELD_UP)
    return next(held, None)
