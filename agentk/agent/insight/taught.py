"""Taught: what an ablation has found out about a winner's parts becomes lessons."""

from __future__ import annotations

from collections.abc import Sequence

from agentk.agent.ending.learning import write_down
from agentk.agent.insight.ablation import Idea
from agentk.agent.insight.worth import Worth
from agentk.graph.workbench import Workbench
from agentk.memory.features import Features, features_of, private_words
from agentk.memory.lesson import Lesson, Provenance
from agentk.memory.rewards import drawn_in
from agentk.memory.value import Value


def teach(bench: Workbench, found: Sequence[tuple[Idea, Worth]], before: int) -> list[Lesson]:
    """Tells memory what was found out, once; the lessons written. `before`: how much earlier calls have found out already."""
    competition = bench.arena.competition
    here = features_of(competition)
    run = f"{bench.folder.path.name}~taken-apart-{before}"
    lessons = [lesson for idea, worth in found if (lesson := _lesson(bench, idea, worth, here, run)) is not None]
    if bench.memory.frozen or not lessons:
        return []
    bench.memory.remember(lessons, private=private_words(competition))
    bench.memory.consolidate(run, here)
    write_down(bench.journal, lessons)
    return lessons


def _lesson(bench: Workbench, idea: Idea, worth: Worth, here: Features, run: str) -> Lesson | None:
    """Whether the part helps, harms or makes no difference, valued by what heeding that is worth. None without a score."""
    if worth.gain is None or worth.error is None:
        return None
    attempt = bench.ledger.attempts[idea.member]
    recipe = attempt.recipe or attempt.name
    moved = {} if idea.params is None else {**attempt.params, **idea.params}
    part = ", ".join(name for name in sorted(moved) if idea.params and idea.params.get(name) != attempt.params.get(name))
    errors = worth.gain / worth.error if worth.error else 0.0
    verdict = "helps" if errors > 0.5 else "harms" if errors < -0.5 else "makes no difference"
    how = f"{abs(errors):.1f} standard errors {'better' if errors < 0 else 'worse'}"
    member = f"In a blend, {recipe} {verdict}: without it the blend scored {how}"
    choice = f"In {recipe}, {part} as a winner had it {verdict}: with {idea.without} it scored {how}"
    return Lesson(
        kind="claim",
        subject=f"worth:{recipe}:{part or 'member'}:{verdict}",
        text=member if idea.params is None else choice,
        scope=here.run(run),
        features=here,
        payload={"recipe": recipe, "part": part, "verdict": verdict},
        value=Value().add(here.digest, 0.0 if verdict == "makes no difference" else drawn_in(abs(errors))),
        provenance=Provenance(origin="run", run=run, attempt=attempt.number, competition=here.digest),
    )
