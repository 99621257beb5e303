"""What reads hold in memory: the lessons of the few scopes they climb, scope by scope, with arrays for a first choice.

A read may use the lessons of its own scope and of those around it: a handful of scopes of all there are. Each is fetched from the
shelf once and kept until it changes. Out of it the first stage takes, exactly and in one product, the subjects that can promise
most; only these are ranked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agentk.memory.features import DIMENSION
from agentk.memory.lesson import KINDS, Kind, Lesson, read_lesson
from agentk.memory.protocol import Change, Lying, Shelf, Vectors
from agentk.memory.ranking import TEXT, Candidate
from agentk.memory.scope import Scope

HELD = 50_000
"""Lessons held at most, about 4 KB each; scopes that have not been read for longest give way."""


@dataclass(frozen=True)
class Block:
    """The lessons of one scope, by id. Arrays have one row for each."""

    ids: Sequence[str]
    lessons: Sequence[Lesson | str]  # JSON until it is chosen
    kinds: NDArray[np.int8]  # index into KINDS
    subjects: NDArray[np.int64]  # digest
    structures: Vectors  # (N, DIMENSION)
    texts: Vectors  # (N, d)
    worth: NDArray[np.float64]  # the optimistic end of the mean reward


class Held:
    """The lessons of the scopes that were read lately, as they lie on the shelf. To be used inside the shelf's window."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._version: object = None
        self._blocks: dict[Scope, Block] = {}  # least lately read first

    def __len__(self) -> int:
        return sum(len(block.ids) for block in self._blocks.values())

    def promising(
        self, scopes: Sequence[Scope], kinds: Sequence[Kind], vector: Vectors, count: int, *, asked: bool, by_worth: bool
    ) -> list[Candidate]:
        """Every lesson on the `count` subjects of each kind that can promise most, by similarity * exp(worth).

        `asked`: whether `vector` (DIMENSION + d,) has a text. Without `by_worth` similarity alone decides.
        """
        self.refresh()
        blocks = [block for block in self._fetched(scopes) if block.ids]
        if not blocks:
            return []
        ends = np.cumsum([len(block.ids) for block in blocks])
        alike, cosines = np.zeros(ends[-1]), np.zeros(ends[-1])
        for block, end in zip(blocks, ends, strict=True):
            rows = slice(end - len(block.ids), end)
            alike[rows] = block.structures @ vector[:DIMENSION]
            if asked:
                cosines[rows] = block.texts @ vector[DIMENSION:] / TEXT
        promise = alike + TEXT * np.maximum(cosines, 0.0)
        if by_worth:
            promise *= np.exp(np.concatenate([block.worth for block in blocks]))
        kind = np.concatenate([block.kinds for block in blocks])
        subject = np.concatenate([block.subjects for block in blocks])
        found = []
        for wanted in kinds:
            for row in _best(np.flatnonzero(kind == KINDS.index(wanted)), promise, subject, count):
                at = int(np.searchsorted(ends, row, side="right"))
                block, place = blocks[at], int(row - ends[at])  # from the end
                lesson = block.lessons[place]
                chosen = read_lesson(lesson) if isinstance(lesson, str) else lesson
                found.append(Candidate(chosen, float(cosines[row]), block.ids[place]))
        return found

    def refresh(self) -> None:
        """Forgets everything when another process has changed the shelf."""
        if self._shelf.version() != self._version:
            self._blocks.clear()
            self._version = self._shelf.version()

    def changed(self, change: Change) -> None:
        """Forgets the scopes that a change, just made by this process, has touched."""
        touched = {lesson.scope for lesson in (*change.put, *change.revise)}
        gone = set(change.drop)
        for scope, block in list(self._blocks.items()):
            if scope in touched or not gone.isdisjoint(block.ids):
                del self._blocks[scope]
        self._version = self._shelf.version()

    def _fetched(self, scopes: Sequence[Scope]) -> list[Block]:
        missing = [scope for scope in scopes if scope not in self._blocks]
        if missing:
            found: dict[Scope, list[Lying]] = {scope: [] for scope in missing}
            for hit in self._shelf.lying(missing):
                found[hit.scope].append(hit)
            self._blocks |= {scope: _block(hits) for scope, hits in found.items()}
        for scope in scopes:
            self._blocks[scope] = self._blocks.pop(scope)
        if missing:
            self._make_room(len(scopes))
        return [self._blocks[scope] for scope in scopes]

    def _make_room(self, latest: int) -> None:
        over = len(self) - HELD
        for scope in list(self._blocks)[:-latest]:
            if over <= 0:
                break
            over -= len(self._blocks.pop(scope).ids)


def _block(found: Sequence[Lying]) -> Block:
    lying = sorted(found, key=lambda hit: hit.id)  # the order of no index
    rows = np.stack([hit.vector for hit in lying]) if lying else np.zeros((0, DIMENSION), np.float32)
    return Block(
        ids=[hit.id for hit in lying],
        lessons=[hit.lesson for hit in lying],
        kinds=np.array([KINDS.index(hit.kind) for hit in lying], np.int8),
        subjects=np.array([_digest(hit.subject) for hit in lying], np.int64),
        structures=np.ascontiguousarray(rows[:, :DIMENSION], np.float32),
        texts=np.ascontiguousarray(rows[:, DIMENSION:], np.float32),
        worth=np.array([hit.worth for hit in lying], np.float64),
    )


def _best(rows: NDArray[np.int64], promise: NDArray[np.float64], subject: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Those of `rows` whose subject is among the `count` with the largest promise of any lesson on it."""
    names, of = np.unique(subject[rows], return_inverse=True)
    if len(names) <= count:
        return rows
    most = np.full(len(names), -np.inf)
    np.maximum.at(most, of, promise[rows])
    chosen = np.zeros(len(names), bool)
    chosen[np.argsort(-most, kind="stable")[:count]] = True
    return rows[chosen[of]]


def _digest(subject: str) -> int:
    return int.from_bytes(hashlib.blake2b(subject.encode(), digest_size=8).digest(), "big", signed=True)
