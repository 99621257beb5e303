"""Memory's protocol: recall, remember, credit, consolidate, forget; and what an embedder and a shelf must do for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from agentk.errors import StoreError
from agentk.memory.features import Features
from agentk.memory.lesson import Kind, Lesson, read_lesson
from agentk.memory.scope import Scope

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Recalled:
    """A lesson brought to mind."""

    lesson: Lesson
    similarity: float  # 0..1, of the competition and, where asked for, of the text
    value: float  # the mean reward drawn from what is believed of it, in standard errors
    why: str  # one sentence
    withheld: bool = False  # drawn as a control: to be shown to nobody, and credited as withheld
    record: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """By competition, of this lesson and those it overrides: the mean reward there, and how near that competition is, 0..1."""


class Credit(NamedTuple):
    """The reward that followed the use, or the withholding, of a lesson."""

    lesson: str
    reward: float
    withheld: bool = False


@dataclass(frozen=True)
class Stats:
    """What a memory holds."""

    place: str
    frozen: bool
    lessons: int
    by_kind: dict[str, int]
    by_level: dict[str, int]
    runs: int
    pending: int  # writes that wait for another process to let go of the store
    embedder: str
    notes: tuple[str, ...] = ()  # what was refused or put off, in plain words


@runtime_checkable
class Memory(Protocol):
    """Nested lessons. One thread uses it; other processes may use the same store at the same time.

    Writes are durable when the call returns. Where `frozen`, they are refused quietly and noted in `stats`.
    Every method raises StoreError when the store cannot be read or written.
    """

    @property
    def frozen(self) -> bool:
        """Whether writes are refused."""
        ...

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
        """The lessons that promise most here, best first, at most `limit` besides those withheld.

        Reads the scopes around `scope` (default: the competition's own), an inner lesson overriding outer ones on its subject.
        The same seed and store give the same answer. `withhold`: share of lessons set aside at random as controls.
        `leave_out`: as if nothing had ever been learned from this competition.
        """
        ...

    def remember(self, lessons: Iterable[Lesson], *, private: Iterable[str]) -> list[str]:
        """Keeps the lessons, merging those already known; their ids.

        `private`: names that belong to the competition (`features.private_words`): they are taken out of what may leave it.
        """
        ...

    def credit(self, run: str, credits: Iterable[Credit], *, competition: str) -> None:
        """Adds a run's rewards to the lessons it used, in one batch; a second call for the same run changes nothing."""
        ...

    def consolidate(self, run: str, features: Features) -> None:
        """Ends a run: what held up moves outwards, what misleads and what is over the cap is forgotten. Once a run."""
        ...

    def forget(self, ids: Iterable[str]) -> None:
        """Removes lessons for good; starter lessons do not come back."""
        ...

    def get(self, ids: Iterable[str]) -> list[Lesson]:
        """The lessons with these ids, or ids that begin so, in the given order; unknown ones are left out."""
        ...

    def lessons(self, *, scope: Scope | None = None, kinds: Sequence[Kind] | None = None) -> list[Lesson]:
        """All lessons within `scope`, the most valuable first."""
        ...

    def search(self, text: str, *, kinds: Sequence[Kind] | None = None, limit: int = 10) -> list[tuple[Lesson, float]]:
        """The lessons whose text is nearest, about, of any scope, with the cosine of the texts."""
        ...

    def stats(self) -> Stats:
        """What it holds."""
        ...

    def close(self) -> None:
        """Lets go of the store; pending writes of this process are tried once more."""
        ...


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors. Third parties register a callable that makes one under the entry point `agentk.embedders`."""

    @property
    def id(self) -> str:
        """Name and version; another id means other vectors."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a row."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """(len(texts), dimension) rows of length 1, or 0 for a text without a word; the same text gives the same row.

        Raises EmbedderError when there are none to be had for now.
        """
        ...


class Found(NamedTuple):
    """A lesson on the shelf, with the vector it lies at."""

    lesson: Lesson
    vector: Vectors


class Lying(NamedTuple):
    """A lesson at its scope, with what a first choice among many goes by; perhaps as JSON, to be read if it is chosen."""

    scope: Scope
    id: str
    kind: Kind
    subject: str
    worth: float  # see `ranking.worth`
    vector: Vectors
    lesson: Lesson | str

    def read(self) -> Lesson:
        """The lesson."""
        return read_lesson(self.lesson) if isinstance(self.lesson, str) else self.lesson


@dataclass(frozen=True)
class Change:
    """What one order does to a shelf: all of it or nothing."""

    put: Sequence[Lesson] = ()  # new, or with a new text or place
    revise: Sequence[Lesson] = ()  # known: only values and counts differ
    drop: Sequence[str] = ()
    ledger: Mapping[str, JsonValue] = field(default_factory=dict)  # replaces the one before


class Shelf(Protocol):
    """Where lessons lie, found by id, by competition and by nearness; it knows nothing of value.

    Orders are writes that are safe (durable) and not yet carried out. All but `submit` and `close` is called inside a window.
    """

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        ...

    def window(self, wait_s: float) -> AbstractContextManager[None]:
        """Time alone with the shelf, its content up to date. Raises BusyError when it does not come free in time."""
        ...

    def submit(self, order: str) -> None:
        """Makes an order durable."""
        ...

    def orders(self) -> list[tuple[str, str]]:
        """(name, order) of those not yet carried out, oldest first, whoever submitted them."""
        ...

    def ledger(self) -> Mapping[str, JsonValue]:
        """What is written once for the whole memory; empty when new."""
        ...

    def get(self, ids: Sequence[str]) -> list[Lesson]:
        """Those that lie here, in no order."""
        ...

    def all(self) -> list[Lesson]:
        """Every lesson."""
        ...

    def count(self) -> int:
        """How many lessons lie here."""
        ...

    def version(self) -> object:
        """Differs from what it was whenever anything may have been changed since, by whomever."""
        ...

    def inner(self, competition: str) -> list[Lesson]:
        """Every lesson of a competition and its runs."""
        ...

    def lying(self, scopes: Sequence[Scope]) -> list[Lying]:
        """Every lesson at exactly one of these scopes, of all kinds."""
        ...

    def nearest(self, vector: Vectors, kind: Kind | None, limit: int) -> list[Found]:
        """The lessons that lie nearest by cosine, about: of families and everything, or, without a kind, of all competitions."""
        ...

    def commit(self, change: Change, vectors: Vectors, order: str | None) -> None:
        """Makes the change durable and strikes off the order it carries out; `vectors`: one row for each of `put`."""
        ...

    def rebuild(self, lessons: Sequence[Lesson], vectors: Vectors, ledger: Mapping[str, JsonValue]) -> None:
        """Replaces everything, vectors of another length included."""
        ...

    def close(self) -> None:
        """Lets go of it; a later window opens it again."""
        ...


class BusyError(StoreError):
    """Another process keeps the store to itself."""


class EmbedderError(StoreError):
    """The embedder gives no vectors for now: its provider does not answer."""
