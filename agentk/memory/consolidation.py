"""Consolidation: at the end of a run, what held up moves outwards with its evidence, and the least valuable goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentk.memory.features import MODALITIES, Features
from agentk.memory.lesson import Lesson
from agentk.memory.protocol import Shelf
from agentk.memory.scope import EVERYTHING, Scope
from agentk.types.competition import TaskKind

HELD_UP = 0.6
"""Probability of a positive mean reward with which a lesson leaves its run."""

LEAST_COMPETITIONS, MISLEADING = 4, 0.05
"""A lesson that so many competitions have tried and that is positive with less than this probability is forgotten; but not
what a recipe is worth, since that it loses is worth knowing."""

STALE_RUNS = 20
"""A lesson of a run that never ended is dropped when its competition is consolidated so many runs later."""


def outwards(run: str, features: Features, shelf: Shelf, clock: int) -> tuple[list[Lesson], list[str]]:
    """The lessons to write, already merged with what lies there, and the ids of those of ended runs.

    run -> competition -> its family -> all sizes and metrics of that task -> the modality -> everything. What a recipe
    earned moves whatever its sign, since that it failed is worth knowing; the rest moves when it held up. Beyond a task,
    a lesson must have held up in two places inside the wider scope.
    """
    home = features.scope
    inner = [found.lesson for found in shelf.inner(features.digest, vectors=False)]
    leaving = [lesson for lesson in inner if lesson.scope.run == run]
    stale = [lesson.id for lesson in inner if lesson.scope.run and clock - lesson.created > STALE_RUNS]
    moved: dict[str, Lesson] = {lesson.id: lesson for lesson in inner if lesson.scope == home}
    for lesson in leaving:
        if _moves(lesson):
            copy = lesson.model_copy(update={"scope": home})
            moved[copy.id] = moved[copy.id].merge(copy) if copy.id in moved else copy
    for lesson in [lesson for lesson in moved.values() if not lesson.local and _moves(lesson)]:
        for scope in (Scope(features.family), Scope(features.family[:2])):
            _tell(lesson, scope, shelf, moved, clock)
        for places, wider in (
            ([(features.modality, task.value) for task in TaskKind], Scope((features.modality,))),
            ([(modality,) for modality in MODALITIES], EVERYTHING),
        ):
            holders = [copy for copy in _copies(lesson, places, shelf, moved) if copy.value.posterior().chance > HELD_UP]
            if len(holders) < 2:
                break
            for holder in holders:
                _tell(holder, wider, shelf, moved, clock)
    return list(moved.values()), [lesson.id for lesson in leaving] + stale


def surplus(lessons: Iterable[Lesson], count: int, clock: int) -> list[str]:
    """The ids of the `count` least valuable: by the optimistic end of their value, older ones first. Starter lessons stay."""
    learned = [lesson for lesson in lessons if lesson.provenance.origin != "starter"]
    learned.sort(key=lambda lesson: (lesson.value.mean + lesson.value.spread - (clock - lesson.used) / 200, lesson.id))
    return [lesson.id for lesson in learned[:count]]


def at(lesson: Lesson, scope: Scope) -> Lesson:
    """The lesson as it reads further out: without the names of its competition."""
    return lesson.model_copy(update={"scope": scope, "text": lesson.general or lesson.text, "general": ""})


def _moves(lesson: Lesson) -> bool:
    return lesson.kind == "recipe" or lesson.value.posterior().chance > HELD_UP


def _tell(lesson: Lesson, scope: Scope, shelf: Shelf, moved: dict[str, Lesson], clock: int) -> None:
    copy = at(lesson, scope)
    known = moved.get(copy.id) or next(iter(shelf.get([copy.id])), None)
    if known is None:
        moved[copy.id] = copy.model_copy(update={"uses": 0, "created": clock, "used": clock})
    else:
        heard = {"value": known.value.hear(copy.value), "features": copy.features or known.features, "used": clock}
        moved[copy.id] = known.model_copy(update=heard)


def _copies(lesson: Lesson, places: Sequence[tuple[str, ...]], shelf: Shelf, moved: dict[str, Lesson]) -> list[Lesson]:
    ids = [at(lesson, Scope(place)).id for place in places]
    lying = {copy.id: copy for copy in shelf.get(ids)}
    return [copy for id_ in ids if (copy := moved.get(id_) or lying.get(id_)) is not None]
