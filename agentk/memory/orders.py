"""Orders: the writes of a memory as plain data, and what each does, as a pure function of the shelf it is carried out on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from agentk.memory.consolidation import LEAST_COMPETITIONS, MISLEADING, outwards, surplus
from agentk.memory.embedders import DEFAULT
from agentk.memory.features import Features
from agentk.memory.lesson import Lesson
from agentk.memory.protocol import Change, Shelf
from agentk.types.competition import Frozen

RUNS_KEPT = 10_000
"""Runs whose ids the ledger keeps, to refuse their credit a second time."""

COMPETITIONS_KEPT = 1_000
"""Competitions whose features the ledger keeps, about 200 bytes each."""


class Ledger(BaseModel):
    """What is written once for the whole memory."""

    model_config = ConfigDict(extra="forbid")

    schema_version: int = 1
    embedder: str = ""
    dimension: int = 0
    asked: str = DEFAULT  # what the embedder is asked for as
    clock: int = 0  # runs consolidated
    credited: list[str] = []
    consolidated: list[str] = []
    starter: str = ""  # digest of the starter lessons that were read in
    competitions: dict[str, str] = {}  # digest -> features as JSON, of those whose runs were consolidated, latest last
    forgotten: list[str] = []  # starter lessons that are not to come back


class Remember(Frozen):
    """Keep these lessons, merging those already known."""

    order: Literal["remember"] = "remember"
    lessons: tuple[Lesson, ...]
    starter: str = ""  # their digest, where they are the starter lessons


class CreditRun(Frozen):
    """Add a run's rewards: (lesson, reward, withheld)."""

    order: Literal["credit"] = "credit"
    run: str
    competition: str
    credits: tuple[tuple[str, float, bool], ...]


class Consolidate(Frozen):
    """End a run."""

    order: Literal["consolidate"] = "consolidate"
    run: str
    features: Features
    cap: int


class Forget(Frozen):
    """Remove lessons for good."""

    order: Literal["forget"] = "forget"
    ids: tuple[str, ...]


Order = Annotated[Remember | CreditRun | Consolidate | Forget, Field(discriminator="order")]
ORDER: TypeAdapter[Order] = TypeAdapter(Order)


def carry_out(order: Order, shelf: Shelf) -> Change:
    """The change that the order makes to the shelf as it is now; the same order again makes none, or one without effect."""
    ledger = Ledger.model_validate(shelf.ledger())
    if isinstance(order, Remember):
        return _remember(order, shelf, ledger)
    if isinstance(order, CreditRun):
        return _credit(order, shelf, ledger)
    if isinstance(order, Consolidate):
        return _consolidate(order, shelf, ledger)
    known = [lesson.id for lesson in shelf.get(order.ids)]
    return _forgetting(shelf, known, ledger)


def _remember(order: Remember, shelf: Shelf, ledger: Ledger) -> Change:
    fresh: dict[str, Lesson] = {}
    forgotten, ended = set(ledger.forgotten if order.starter else ()), set(ledger.consolidated)
    for lesson in order.lessons:
        id_ = lesson.id
        if id_ in forgotten or lesson.scope.run in ended:
            continue
        known = fresh.get(id_)
        fresh[id_] = known.merge(lesson) if known else lesson.model_copy(update={"created": ledger.clock, "used": ledger.clock})
    held = {lesson.id: lesson for lesson in shelf.get(list(fresh))}
    if order.starter:
        ledger.starter = order.starter
        gone = [lesson for lesson in shelf.all() if lesson.provenance.origin == "starter" and lesson.id not in fresh]
        spoken = {(lesson.subject, lesson.conditions): lesson for lesson in gone}  # on the same, in other words
        before = {id_: held.get(id_) or spoken.get((lesson.subject, lesson.conditions)) for id_, lesson in fresh.items()}
        edited = [lesson if (old := before[id_]) is None else _edited(old, lesson) for id_, lesson in fresh.items()]
        return Change(put=edited, drop=[lesson.id for lesson in gone], ledger=ledger.model_dump())
    return Change(
        put=[lesson for id_, lesson in fresh.items() if id_ not in held],
        # what is told a second time, by a run cut short or an import repeated, adds no evidence
        revise=[_heard(held[id_], lesson) for id_, lesson in fresh.items() if id_ in held],
        ledger=ledger.model_dump(),
    )


def _heard(held: Lesson, lesson: Lesson) -> Lesson:
    return held.model_copy(update={"value": held.value.hear(lesson.value), "control": held.control.hear(lesson.control)})


def _edited(held: Lesson, lesson: Lesson) -> Lesson:
    """A starter lesson whose words or prior a new version has changed keeps what it has earned."""
    value = held.value.model_copy(update={"prior": lesson.value.prior, "strength": lesson.value.strength})
    return held.model_copy(update={"text": lesson.text, "payload": lesson.payload, "value": value})


def _credit(order: CreditRun, shelf: Shelf, ledger: Ledger) -> Change:
    if order.run in ledger.credited:
        return Change(ledger=ledger.model_dump())
    ledger.credited = [*ledger.credited, order.run][-RUNS_KEPT:]
    lessons = {lesson.id: lesson for lesson in shelf.get(list({credit[0] for credit in order.credits}))}
    for id_, reward, withheld in order.credits:
        if id_ in lessons:
            lessons[id_] = lessons[id_].credited(order.competition, reward, ledger.clock, withheld)
    misled = [
        lesson.id
        for lesson in lessons.values()
        if lesson.kind != "recipe" and lesson.evidence >= LEAST_COMPETITIONS and lesson.value.posterior().chance < MISLEADING
    ]
    forgetting = _forgetting(shelf, misled, ledger)
    revised = [lesson for lesson in lessons.values() if lesson.id not in misled]
    return Change(revise=revised, drop=forgetting.drop, ledger=ledger.model_dump())


def _consolidate(order: Consolidate, shelf: Shelf, ledger: Ledger) -> Change:
    if order.run in ledger.consolidated:
        return Change(ledger=ledger.model_dump())
    ledger.consolidated = [*ledger.consolidated, order.run][-RUNS_KEPT:]
    ledger.clock += 1
    ledger.competitions.pop(order.features.digest, None)
    ledger.competitions = dict(
        [*ledger.competitions.items(), (order.features.digest, order.features.model_dump_json(exclude_defaults=True))][
            -COMPETITIONS_KEPT:
        ]
    )
    moved, left = outwards(order.run, order.features, shelf, ledger.clock)
    known = {lesson.id for lesson in shelf.get([lesson.id for lesson in moved])}
    drop = set(left)
    over = shelf.count() + len(moved) - len(known) - len(drop) - order.cap
    if over > 0:
        drop |= set(surplus([lesson for lesson in shelf.all() if lesson.id not in drop], over, ledger.clock))
    kept = [lesson for lesson in moved if lesson.id not in drop]
    return Change(
        put=[lesson for lesson in kept if lesson.id not in known],
        revise=[lesson for lesson in kept if lesson.id in known],
        drop=sorted(drop),
        ledger=ledger.model_dump(),
    )


def _forgetting(shelf: Shelf, ids: list[str], ledger: Ledger) -> Change:
    starters = [lesson.id for lesson in shelf.get(ids) if lesson.provenance.origin == "starter"]
    ledger.forgotten = sorted({*ledger.forgotten, *starters})
    return Change(drop=ids, ledger=ledger.model_dump())
