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

    run -> competition -> its family -> all sizes and metrics of that task -> the modality -> everything. What a recipe,
    or parameters of it, earned moves whatever its sign, since that it failed is worth knowing; the rest moves when it held up.
    Beyond a task, a lesson must have moved so in two places inside the wider scope.
    """
    inner = shelf.inner(features.digest)
    leaving = [lesson for lesson in inner if lesson.scope.run == run]
    stale = [lesson.id for lesson in inner if lesson.scope.run and clock - lesson.created > STALE_RUNS]
    here = {lesson.id: lesson for lesson in inner if lesson.scope == features.scope}
    moved: dict[str, Lesson] = {}
    for lesson in leaving:
        if _moves(lesson):
            copy = lesson.model_copy(update={"scope": features.scope, "used": clock})
            known = moved.get(copy.id) or here.get(copy.id)
            moved[copy.id] = known.merge(copy) if known else copy
    touched = {id_: lesson for id_, lesson in here.items() if lesson.used >= clock - 1} | moved  # credited in this run, or new
    telling = [lesson for lesson in touched.values() if not lesson.local and _moves(lesson)]
    copies = _Copies(shelf, telling, features, clock)
    for lesson in telling:
        for scope in (Scope(features.family), Scope(features.family[:2])):
            copies.tell(lesson, scope)
        for places, wider in _widenings(features):
            holders = [copy for copy in copies.of(lesson, places) if _moves(copy)]
            if len(holders) < 2:
                break
            for holder in holders:
                copies.tell(holder, wider)
    return [*moved.values(), *copies.changed.values()], [lesson.id for lesson in leaving] + stale


def surplus(lessons: Iterable[Lesson], count: int, clock: int) -> list[str]:
    """The ids of the `count` least valuable: by the optimistic end of their value, older ones first. Starter lessons stay."""
    learned = [lesson for lesson in lessons if lesson.provenance.origin != "starter"]
    learned.sort(key=lambda lesson: (lesson.value.mean + lesson.value.spread - (clock - lesson.used) / 200, lesson.id))
    return [lesson.id for lesson in learned[:count]]


def at(lesson: Lesson, scope: Scope) -> Lesson:
    """The lesson as it reads further out: without the names of its competition, which the run's id may hold too."""
    provenance = lesson.provenance.model_copy(update={"run": "", "attempt": None})
    return lesson.model_copy(
        update={"scope": scope, "text": lesson.general or lesson.text, "general": "", "provenance": provenance}
    )


def _moves(lesson: Lesson) -> bool:
    return lesson.kind in ("recipe", "params") or lesson.value.posterior().chance > HELD_UP


def _widenings(features: Features) -> list[tuple[list[Scope], Scope]]:
    """(places inside, the wider scope), outwards."""
    tasks = [Scope((features.modality, task.value)) for task in TaskKind]
    return [(tasks, Scope((features.modality,))), ([Scope((modality,)) for modality in MODALITIES], EVERYTHING)]


class _Copies:
    """What lessons say further out: read once, told more, and kept where that changed something."""

    def __init__(self, shelf: Shelf, lessons: Sequence[Lesson], features: Features, clock: int) -> None:
        scopes = [Scope(features.family), Scope(features.family[:2])]
        for places, wider in _widenings(features):
            scopes += [*places, wider]
        ids = dict.fromkeys(at(lesson, scope).id for lesson in lessons for scope in scopes)
        self._lying = {copy.id: copy for copy in shelf.get(list(ids))}
        self._clock = clock
        self.changed: dict[str, Lesson] = {}

    def tell(self, lesson: Lesson, scope: Scope) -> None:
        """Lets the copy at `scope` hear of the lesson's evidence; makes it where there is none."""
        copy = at(lesson, scope)
        known = self._get(copy.id)
        if known is None:
            self.changed[copy.id] = copy.model_copy(update={"uses": 0, "created": self._clock, "used": self._clock})
        elif (heard := known.value.hear(copy.value)) != known.value:
            news = {"value": heard, "features": copy.features or known.features, "used": self._clock}
            self.changed[copy.id] = known.model_copy(update=news)

    def of(self, lesson: Lesson, scopes: Sequence[Scope]) -> list[Lesson]:
        """The copies at these scopes."""
        found = [self._get(at(lesson, scope).id) for scope in scopes]
        return [copy for copy in found if copy is not None]

    def _get(self, id_: str) -> Lesson | None:
        return self.changed.get(id_) or self._lying.get(id_)
