"""The nested memory: the protocol over any shelf and any embedder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from agentk.errors import StoreError
from agentk.memory import embedders
from agentk.memory.features import DIMENSION, PLACES, Features, structure
from agentk.memory.held import Held
from agentk.memory.lesson import KINDS, Kind, Lesson
from agentk.memory.orders import ORDER, Consolidate, CreditRun, Forget, Ledger, Order, Remember, carry_out
from agentk.memory.privacy import fit_to_keep
from agentk.memory.protocol import BusyError, Change, Credit, Embedder, EmbedderError, Recalled, Shelf, Stats, Vectors
from agentk.memory.ranking import EXPLORE, Explore, blind, rank
from agentk.memory.scope import Scope
from agentk.memory.vectors import built, cosine, joined

CAP = 20_000
"""Lessons a memory holds; beyond it the least valuable are forgotten."""

READ_WAIT_S = 30.0
WRITE_WAIT_S = 10.0
"""How long a read waits for another process, and a write, before it is left for whoever comes next."""

LAYOUT = "3"
"""Version of how a lesson's vector is put together and what lies beside it."""

SAME = 0.9
"""Cosine of two texts that say the same."""

_NEAR = 64  # subjects of each kind that are ranked, at least


class NestedMemory:
    """Lessons on a shelf. Opening it makes the starter lessons known and carries out what other processes left undone."""

    def __init__(
        self,
        shelf: Shelf,
        embedder: Embedder,
        *,
        starter: tuple[str, Sequence[Lesson]] = ("", ()),
        frozen: bool = False,
        cap: int = CAP,
        explore: Explore = EXPLORE,
        asked: str = embedders.DEFAULT,
    ) -> None:
        """`starter`: digest of the starter lessons, and they. `asked`: what the embedder was asked for as, for the next time."""
        self._shelf, self._embedder, self._frozen, self._cap, self._asked = shelf, embedder, frozen, cap, asked
        self._explore: Explore = explore
        self._name = f"{embedder.id}+structure-{LAYOUT}-{PLACES}"
        self._notes: list[str] = []
        self._held = Held(shelf)
        self._latest: tuple[str, Order | None] = ("", None)  # what was written last, which need not be read again
        self._behind = False  # whether a write of this process waits: for another one, or for the embedder
        self._mute = False  # whether the embedder has failed to answer this process: it is asked no questions any more
        self._width = 0  # of a text's vector, as the shelf holds it
        with shelf.window(READ_WAIT_S):
            ledger = self._ledger()
            self._fit(ledger)
            digest, lessons = starter
            if digest and ledger.starter != digest and not (frozen and ledger.starter):  # a new store gets them even when frozen
                self._do(Remember(lessons=tuple(lessons), starter=digest), None)
        if not frozen:
            self._settle()

    @property
    def frozen(self) -> bool:
        """Whether writes are refused."""
        return self._frozen

    @property
    def held(self) -> int:
        """Lessons that reads keep in the memory of this process."""
        return len(self._held)

    def recall(
        self,
        features: Features,
        text: str = "",
        *,
        scope: Scope | None = None,
        kinds: Sequence[Kind] | None = None,
        limit: int = 8,
        seed: int = 0,
        withhold: float = 0.0,
        leave_out: bool = False,
    ) -> list[Recalled]:
        """See `Memory.recall`."""
        wanted = tuple(kinds or KINDS)
        place = scope or features.scope
        meant = self._question(text)
        asked, vector = bool(meant.any()), joined(structure(features)[None], meant[None])[0]
        with self._shelf.window(READ_WAIT_S):
            ledger = self._ledger()
            self._fit(ledger)
            # what was learned here says by its worth which lessons had a part in it: left out, it may not choose either
            found = self._held.promising(
                list(place.climb()), wanted, vector, max(_NEAR, limit), asked=asked, by_worth=not leave_out
            )
        if leave_out:
            seen = [(blind(candidate.lesson, features.digest), candidate) for candidate in found]
            found = [candidate._replace(lesson=lesson) for lesson, candidate in seen if lesson is not None]
        return rank(
            found,
            features,
            scope=place,
            limit=limit,
            seed=seed,
            clock=ledger.clock,
            asked=asked,
            withhold=withhold,
            explore=self._explore,
            places=ledger.competitions,
        )

    def remember(self, lessons: Iterable[Lesson], *, private: Iterable[str]) -> list[str]:
        """See `Memory.remember`."""
        names = tuple(private)
        kept = tuple(fit_to_keep(lesson, names) for lesson in lessons)
        if kept and self._may(f"{len(kept)} lessons"):
            self._write(Remember(lessons=kept))
        return [lesson.id for lesson in kept]

    def credit(self, run: str, credits: Iterable[Credit], *, competition: str) -> None:
        """See `Memory.credit`."""
        rewards = tuple((credit.lesson, credit.reward, credit.withheld) for credit in credits)
        if not np.all(np.isfinite([reward for _, reward, _ in rewards])):
            raise StoreError(f"run {run} credits lessons with rewards that are not finite: {rewards}; leave those lessons out")
        if self._may(f"the rewards of run {run}"):
            self._write(CreditRun(run=run, competition=competition, credits=rewards))

    def consolidate(self, run: str, features: Features) -> None:
        """See `Memory.consolidate`."""
        if self._may(f"the end of run {run}"):
            self._write(Consolidate(run=run, features=features, cap=self._cap))

    def forget(self, ids: Iterable[str]) -> None:
        """See `Memory.forget`."""
        if self._may("forgetting"):
            self._write(Forget(ids=tuple(ids)))

    def get(self, ids: Iterable[str]) -> list[Lesson]:
        """See `Memory.get`."""
        wanted = list(ids)
        with self._shelf.window(READ_WAIT_S):
            lessons = {lesson.id: lesson for lesson in self._shelf.get(wanted)}
            if any(id_ not in lessons for id_ in wanted):
                lessons = {lesson.id: lesson for lesson in self._shelf.all()}
        return [lesson for id_ in wanted for known, lesson in lessons.items() if id_ and known.startswith(id_)]

    def lessons(self, *, scope: Scope | None = None, kinds: Sequence[Kind] | None = None) -> list[Lesson]:
        """See `Memory.lessons`."""
        with self._shelf.window(READ_WAIT_S):
            lessons = self._shelf.all()
        chosen = [
            lesson
            for lesson in lessons
            if (scope is None or scope.contains(lesson.scope)) and (not kinds or lesson.kind in kinds)
        ]
        return sorted(chosen, key=lambda lesson: (-lesson.value.mean, lesson.id))

    def search(self, text: str, *, kinds: Sequence[Kind] | None = None, limit: int = 10) -> list[tuple[Lesson, float]]:
        """See `Memory.search`."""
        vector = joined(np.zeros((1, DIMENSION)), self._meaning(text)[None])[0]
        with self._shelf.window(READ_WAIT_S):
            found = [hit for kind in (*(kinds or KINDS), None) for hit in self._shelf.nearest(vector, kind, limit)]
        near = [(hit.lesson, cosine(hit.vector, vector)) for hit in found]
        chosen = [(lesson, close) for lesson, close in near if not kinds or lesson.kind in kinds]
        return sorted(chosen, key=lambda pair: (-pair[1], pair[0].id))[:limit]

    def stats(self) -> Stats:
        """See `Memory.stats`."""
        with self._shelf.window(READ_WAIT_S):
            lessons, ledger, pending = self._shelf.all(), self._ledger(), len(self._shelf.orders())
        by_kind: dict[str, int] = {}
        by_level: dict[str, int] = {}
        for lesson in lessons:
            by_kind[lesson.kind] = by_kind.get(lesson.kind, 0) + 1
            by_level[lesson.scope.level] = by_level.get(lesson.scope.level, 0) + 1
        return Stats(
            place=self._shelf.place,
            frozen=self._frozen,
            lessons=len(lessons),
            by_kind=by_kind,
            by_level=by_level,
            runs=ledger.clock,
            pending=pending,
            embedder=self._name,
            notes=tuple(self._notes),
        )

    def vector(self, features: Features, text: str = "") -> Vectors:
        """(d,) where a competition and a text lie among the lessons: what is asked of the shelf."""
        place: Vectors = joined(structure(features)[None], self._meaning(text)[None])[0]
        return place

    def close(self) -> None:
        """See `Memory.close`."""
        if self._behind:
            self._settle()
        self._shelf.close()

    def _meaning(self, text: str) -> Vectors:
        return self._embedder.embed([text])[0] if text.strip() else np.zeros(self._width, np.float32)

    def _question(self, text: str) -> Vectors:
        """What a read asks for; nothing, and a note, where the embedder does not answer: what it knows of structure stands."""
        try:
            return self._meaning("" if self._mute else text)
        except EmbedderError as error:
            self._mute = True
            self._notes.append(f"read without regard to texts from here on: {error}")
            return self._meaning("")

    def _may(self, what: str) -> bool:
        if self._frozen:
            self._notes.append(f"not written, as the memory is only read: {what}")
        return not self._frozen

    def _write(self, order: Order) -> None:
        text = ORDER.dump_json(order).decode()
        self._shelf.submit(text)
        self._latest = (text, order)
        self._settle()

    def _settle(self) -> None:
        try:
            with self._shelf.window(WRITE_WAIT_S):
                self._catch_up()
            self._behind = False
        except (BusyError, EmbedderError) as error:
            self._behind = True
            self._notes.append(f"left for the next process that opens this memory: {error}")

    def _catch_up(self) -> None:
        self._fit(self._ledger())
        latest, known = self._latest
        for name, text in self._shelf.orders():
            self._do(known if known is not None and text == latest else ORDER.validate_json(text), name)

    def _do(self, order: Order, name: str | None) -> None:
        if isinstance(order, Remember) and not order.starter:
            order = order.model_copy(update={"lessons": tuple(map(self._in_known_words, order.lessons))})
        change = carry_out(order, self._shelf)
        self._held.refresh()
        self._shelf.commit(change, self._vectors(change.put), name)
        self._held.changed(change)

    def _in_known_words(self, lesson: Lesson) -> Lesson:
        """A lesson of a run that says what is known already, in other words, says it in the known ones: so that they merge."""
        if lesson.kind not in ("claim", "setup", "fix") or not lesson.scope.run:
            return lesson
        (vector,) = self._vectors([lesson])
        for known, at in self._shelf.nearest(vector, lesson.kind, _NEAR):
            if cosine(at, vector) > SAME and known.payload == lesson.payload:
                words = {"subject": known.subject, "text": known.text, "general": "", "conditions": known.conditions}
                return lesson.model_copy(update=words)
        return lesson

    def _ledger(self) -> Ledger:
        written = self._shelf.ledger()
        return Ledger.model_validate(written) if written else self._blank()

    def _blank(self) -> Ledger:
        self._width = self._embedder.dimension
        ledger = Ledger(embedder=self._name, dimension=self._width + DIMENSION, asked=self._asked)
        self._shelf.rebuild((), self._vectors(()), ledger.model_dump())
        return ledger

    def _fit(self, ledger: Ledger) -> None:
        """Vectors of another embedder are never mixed in: all lessons are embedded again."""
        if ledger.embedder == self._name:
            self._width = ledger.dimension - DIMENSION
            if ledger.asked != self._asked and not self._frozen:  # the same one by another name
                ledger.asked = self._asked
                self._shelf.commit(Change(ledger=ledger.model_dump()), self._vectors(()), None)
            return
        if self._frozen:
            raise StoreError(
                f"the memory at {self._shelf.place} was embedded by {ledger.embedder!r} and is opened for reading with "
                f"{self._name!r}; open it once for writing, or with its own embedder"
            )
        lessons = self._shelf.all()
        self._width = self._embedder.dimension
        ledger.embedder, ledger.dimension, ledger.asked = self._name, self._width + DIMENSION, self._asked
        self._shelf.rebuild(lessons, self._vectors(lessons), ledger.model_dump())

    def _vectors(self, lessons: Sequence[Lesson]) -> Vectors:
        if not lessons:
            return np.zeros((0, self._width + DIMENSION), np.float32)
        shapes = np.stack([built(lesson) for lesson in lessons])
        return joined(shapes, self._embedder.embed([lesson.general or lesson.text for lesson in lessons]))
