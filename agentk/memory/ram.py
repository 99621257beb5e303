"""A shelf in memory: exact search, gone with the process; for trying things out, and the yardstick for other shelves."""

# ruff: noqa: ARG002  (nobody else is there to wait for)

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
from pydantic import JsonValue

from agentk.memory.lesson import Kind, Lesson
from agentk.memory.protocol import Change, Found, Lying, Vectors
from agentk.memory.ranking import worth
from agentk.memory.scope import Scope


class RamShelf:
    """Lessons in a dictionary, neighbors by brute force."""

    place = "memory of this process"

    def __init__(self) -> None:
        self._lessons: dict[str, tuple[Lesson, Vectors]] = {}
        self._orders: list[tuple[str, str]] = []
        self._ledger: Mapping[str, JsonValue] = {}
        self._submitted = 0
        self._version = 0

    @contextmanager
    def window(self, wait_s: float) -> Iterator[None]:
        """See `Shelf.window`."""
        yield

    def submit(self, order: str) -> None:
        """See `Shelf.submit`."""
        self._submitted += 1
        self._orders.append((str(self._submitted), order))

    def orders(self) -> list[tuple[str, str]]:
        """See `Shelf.orders`."""
        return list(self._orders)

    def ledger(self) -> Mapping[str, JsonValue]:
        """See `Shelf.ledger`."""
        return self._ledger

    def get(self, ids: Sequence[str]) -> list[Lesson]:
        """See `Shelf.get`."""
        return [self._lessons[id_][0] for id_ in ids if id_ in self._lessons]

    def all(self) -> list[Lesson]:
        """See `Shelf.all`."""
        return [lesson for lesson, _ in self._lessons.values()]

    def count(self) -> int:
        """See `Shelf.count`."""
        return len(self._lessons)

    def version(self) -> object:
        """See `Shelf.version`."""
        return self._version

    def inner(self, competition: str) -> list[Lesson]:
        """See `Shelf.inner`."""
        return [lesson for lesson, _ in self._lessons.values() if lesson.scope.competition == competition]

    def lying(self, scopes: Sequence[Scope]) -> list[Lying]:
        """See `Shelf.lying`."""
        wanted = set(scopes)
        return [
            Lying(lesson.scope, id_, lesson.kind, lesson.subject, worth(lesson), vector, lesson)
            for id_, (lesson, vector) in self._lessons.items()
            if lesson.scope in wanted
        ]

    def nearest(self, vector: Vectors, kind: Kind | None, limit: int) -> list[Found]:
        """See `Shelf.nearest`."""
        pairs = self._lessons.values()
        open_ = [Found(*pair) for pair in pairs if (None if pair[0].scope.competition else pair[0].kind) == kind]
        if not open_:
            return []
        rows = np.stack([found.vector for found in open_])
        lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(vector)
        cosines = rows @ vector / np.where(lengths, lengths, 1.0)
        return [open_[index] for index in np.argsort(-cosines, kind="stable")[:limit]]

    def commit(self, change: Change, vectors: Vectors, order: str | None) -> None:
        """See `Shelf.commit`."""
        for lesson, vector in zip(change.put, vectors, strict=True):
            self._lessons[lesson.id] = (lesson, vector)
        for lesson in change.revise:
            self._lessons[lesson.id] = (lesson, self._lessons[lesson.id][1])
        for id_ in change.drop:
            self._lessons.pop(id_, None)
        self._ledger = change.ledger
        self._version += 1
        self._orders = [pending for pending in self._orders if pending[0] != order]

    def rebuild(self, lessons: Sequence[Lesson], vectors: Vectors, ledger: Mapping[str, JsonValue]) -> None:
        """See `Shelf.rebuild`."""
        self._lessons = {lesson.id: (lesson, vector) for lesson, vector in zip(lessons, vectors, strict=True)}
        self._ledger = ledger
        self._version += 1

    def close(self) -> None:
        """See `Shelf.close`."""
        self._lessons = {}
        self._version += 1
