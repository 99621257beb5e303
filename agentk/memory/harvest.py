"""Harvest: the lessons a finished run teaches, read off its attempts."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from pydantic import JsonValue

from agentk.memory.features import Features, private_words
from agentk.memory.lesson import Conditions, Lesson, Provenance
from agentk.memory.privacy import error_pattern
from agentk.memory.protocol import Memory
from agentk.memory.rewards import rewards, shared
from agentk.memory.scope import Scope
from agentk.memory.value import Value
from agentk.types.attempt import Attempt
from agentk.types.competition import Competition
from agentk.types.metric import Direction
from agentk.types.outcome import Status
from agentk.types.solution import RESERVED


def learn(
    memory: Memory,
    run: str,
    competition: Competition,
    attempts: Sequence[Attempt],
    direction: Direction,
    *,
    features: Features,
    known: Collection[int] = (),
    withheld: Mapping[int, Sequence[str]] | None = None,
    further: Iterable[Lesson] = (),
) -> list[Lesson]:
    """What a run does once, when it ends: credit what it used, remember what it found, move outwards what held up.

    Idempotent by `run`. `known`: attempts that an earlier end of the run has taught; others are still measured by them.
    `withheld`: lessons set aside, by attempt; `further`: lessons that a reasoner or a person wrote. The lessons written are
    returned, for the journal.
    """
    earned = _earned(attempts, direction, known)
    used = {attempt.number: attempt.lessons for attempt in attempts}
    found = [*harvest(run, attempts, direction, features, known), *further]
    memory.credit(run, shared(earned, used, withheld), competition=features.digest)
    memory.remember(found, private=_private(competition, attempts))
    memory.consolidate(run, features)
    return found


def harvest(
    run: str, attempts: Sequence[Attempt], direction: Direction, features: Features, known: Collection[int] = ()
) -> list[Lesson]:
    """What a recipe earned, the parameters that won, and what mended a failure; each in the scope of the run."""
    earned = _earned(attempts, direction, known)
    return [
        *_recipes(run, attempts, earned, features),
        *_parameters(run, attempts, earned, direction, features),
        *_fixes(run, attempts, earned, features),
    ]


def _earned(attempts: Sequence[Attempt], direction: Direction, known: Collection[int]) -> dict[int, float]:
    return {number: reward for number, reward in rewards(attempts, direction).items() if number not in known}


def recipe_lesson(recipe: str, scope: Scope) -> Lesson:
    """The lesson that holds what a recipe is worth at a place."""
    text = f"The recipe {recipe}: what it earned against the other drafts of a run"
    return Lesson(kind="recipe", subject=f"recipe:{recipe}", text=text, scope=scope, payload={"recipe": recipe})


def _private(competition: Competition, attempts: Sequence[Attempt]) -> set[str]:
    """The competition's names, less words that the playbook's parameters use whatever the data: `depth` gives nothing away."""
    own = json.dumps([attempt.params for attempt in attempts if attempt.origin == "playbook"])
    public = {word.lower() for word in re.findall(r"[A-Za-z0-9]+", own)}
    return {name for name in private_words(competition) if name.lower() not in public}


def _recipes(run: str, attempts: Sequence[Attempt], earned: Mapping[int, float], features: Features) -> list[Lesson]:
    """One a recipe, valued by its drafts."""
    lessons: dict[str, Lesson] = {}
    for attempt in attempts:
        if attempt.kind == "draft" and attempt.recipe and attempt.number in earned:
            lesson = lessons.get(attempt.recipe) or _of(recipe_lesson(attempt.recipe, features.run(run)), run, attempt, features)
            value = lesson.value.add(features.digest, earned[attempt.number])
            lessons[attempt.recipe] = lesson.model_copy(update={"value": value})
    return list(lessons.values())


def _parameters(
    run: str, attempts: Sequence[Attempt], earned: Mapping[int, float], direction: Direction, features: Features
) -> list[Lesson]:
    """The best parameters of each recipe, where they are not its defaults and beat what they came from."""
    best: dict[str, Attempt] = {}
    for attempt in attempts:
        params = {name: value for name, value in attempt.params.items() if name not in RESERVED}
        if not attempt.recipe or attempt.score is None or not params or attempt.kind not in ("tune", "improve"):
            continue
        if attempt.outcome.status is Status.SCORED and earned.get(attempt.number, 0.0) > 0:
            known = best.get(attempt.recipe)
            if known is None or known.score is None or _better(attempt.score, known.score, direction):
                best[attempt.recipe] = attempt
    lessons = []
    for recipe, attempt in best.items():
        params = {name: _rounded(value) for name, value in attempt.params.items() if name not in RESERVED}
        lesson = Lesson(
            kind="params",
            subject=f"params:{recipe}:" + ",".join(f"{name}={params[name]}" for name in sorted(params)),
            text=f"Parameters of {recipe} that won: " + ", ".join(f"{name} = {value}" for name, value in sorted(params.items())),
            scope=features.run(run),
            payload={"recipe": recipe, "params": params},
            value=Value().add(features.digest, earned[attempt.number]),
        )
        lessons.append(_of(lesson, run, attempt, features))
    return lessons


def _fixes(run: str, attempts: Sequence[Attempt], earned: Mapping[int, float], features: Features) -> list[Lesson]:
    """An error and the idea that mended it."""
    by_number = {attempt.number: attempt for attempt in attempts}
    lessons = []
    for attempt in attempts:
        broken = by_number.get(attempt.parent) if attempt.parent is not None else None
        if attempt.kind != "debug" or broken is None or attempt.number not in earned or not attempt.idea:
            continue
        error = error_pattern(broken.outcome.reason)
        lesson = Lesson(
            kind="fix",
            subject=f"fix:{error[:120]}",
            text=f"{error} -> {attempt.idea}",
            scope=features.run(run),
            conditions=Conditions(modality=(features.modality,)),
            payload={"error": error, "fix": error_pattern(attempt.idea)},
            value=Value().add(features.digest, earned[attempt.number]),
        )
        lessons.append(_of(lesson, run, attempt, features))
    return lessons


def _of(lesson: Lesson, run: str, attempt: Attempt, features: Features) -> Lesson:
    origin = Provenance(origin="run", run=run, attempt=attempt.number, competition=features.digest)
    return lesson.model_copy(update={"features": features, "provenance": origin})


def _better(score: float, known: float, direction: Direction) -> bool:
    return score > known if direction == "maximize" else score < known


def _rounded(value: JsonValue) -> JsonValue:
    """Two significant digits: neighbors in a search space are the same advice."""
    return float(f"{value:.2g}") if isinstance(value, float) else value
