"""Lessons as chromadb keeps them: collections by kind, found by id, by scope and by nearness; the only file that talks to it.

Filtering neighbors is what costs in chromadb, so that each kind has a collection of its own and lessons within a competition have
another; whole scopes, which reads hold in memory (`held.py`), are fetched without a search. It writes each thing once it is
told to: what makes that safe is `disk.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pydantic import ValidationError

from agentk.errors import StoreError
from agentk.memory.lesson import KINDS, Kind, Lesson
from agentk.memory.protocol import Found, Vectors
from agentk.memory.scope import Scope

BATCH = 2000
"""Lessons written at once; chromadb takes up to 5461."""
PAGE = 10_000
"""Lessons read at once; chromadb fails beyond 32,766, which is as many variables as a statement of sqlite may have."""

_INNER = "inner"
_COLLECTIONS = (*KINDS, _INNER)
_VECTORS = ["metadatas", "embeddings"]
_parse = lru_cache(maxsize=4096)(Lesson.model_validate_json)


class Row(NamedTuple):
    """A lesson as chromadb keeps it, and as a plan holds it: made once, since a bulk of lessons is made of little else."""

    collection: str  # one of _COLLECTIONS
    id: str
    metadata: dict[str, str]


class Collections:
    """The collections of one embedder in a folder; it is opened, and closed, with all of them."""

    def __init__(self, folder: Path) -> None:
        """`folder`: chromadb's own. Nothing is opened yet."""
        self._folder = folder
        self._client: Any = None
        self._shelves: dict[str, Any] = {}

    @property
    def is_open(self) -> bool:
        """Whether there is a client."""
        return self._client is not None

    def open(self) -> None:
        """A client, without collections: of a folder that is new."""
        import chromadb
        from chromadb.config import Settings

        self._client = chromadb.PersistentClient(str(self._folder), settings=Settings(anonymized_telemetry=False))

    def use(self, about: Mapping[str, str | int]) -> None:
        """The collections that are there. Raises StoreError when they are not what `about` says: schema, embedder, dimension."""
        for short in _COLLECTIONS:
            shelf = self._client.get_collection(_named(short, about), embedding_function=None)
            if {key: shelf.metadata.get(key) for key in about} != about:
                raise StoreError(f"the memory at {self._folder.parent} disagrees with its ledger: {shelf.metadata} and {about}")
            self._shelves[short] = shelf

    def make(self, about: Mapping[str, str | int]) -> None:
        """New, empty collections beside the old ones; those of that name were left by one who was killed."""
        wanted = {short: _named(short, about) for short in _COLLECTIONS}
        for collection in self._client.list_collections():
            if collection.name in wanted.values():
                self._client.delete_collection(collection.name)
        space = {"hnsw": {"space": "cosine"}}
        for short, name in wanted.items():
            self._shelves[short] = self._client.create_collection(
                name, metadata=dict(about), embedding_function=None, configuration=space
            )

    def keep(self) -> None:
        """Deletes all other collections than those in use."""
        kept = {shelf.name for shelf in self._shelves.values()}
        for collection in self._client.list_collections():
            if collection.name not in kept:
                self._client.delete_collection(collection.name)

    def close(self) -> None:
        """Lets go of the folder."""
        if self._client is not None:
            self._client.close()
        self._client, self._shelves = None, {}

    def put(self, rows: Sequence[Row], vectors: Vectors) -> None:
        """Adds or replaces; one vector a row."""
        at = {row.id: vector for row, vector in zip(rows, vectors, strict=True)}
        for short, group in _grouped(rows).items():
            for batch in _batches(group):
                self._shelves[short].upsert(
                    ids=[row.id for row in batch],
                    embeddings=np.stack([at[row.id] for row in batch]),
                    metadatas=[row.metadata for row in batch],
                )

    def revise(self, rows: Sequence[Row]) -> None:
        """Replaces what is said of lessons that lie here."""
        for short, group in _grouped(rows).items():
            for batch in _batches(group):
                self._shelves[short].update(ids=[row.id for row in batch], metadatas=[row.metadata for row in batch])

    def drop(self, ids: Sequence[str]) -> None:
        """Removes those that lie here."""
        for batch in _batches(ids):
            for shelf in self._shelves.values():
                if present := shelf.get(ids=batch, include=[])["ids"]:  # a delete costs ten times a look
                    shelf.delete(ids=present)

    def get(self, ids: Sequence[str]) -> list[Lesson]:
        """See `Shelf.get`."""
        return [
            lesson
            for wanted in _batches(list(dict.fromkeys(ids)))
            for shelf in self._shelves.values()
            for lesson in _lessons(shelf.get(ids=wanted, include=["metadatas"]))
        ]

    def all(self) -> list[Lesson]:
        """See `Shelf.all`."""
        return [lesson for shelf in self._shelves.values() for got in _pages(shelf, ["metadatas"]) for lesson in _lessons(got)]

    def count(self) -> int:
        """See `Shelf.count`."""
        return sum(shelf.count() for shelf in self._shelves.values())

    def inner(self, competition: str) -> list[Lesson]:
        """See `Shelf.inner`."""
        pages = _pages(self._shelves[_INNER], ["metadatas"], {"competition": competition})
        return [lesson for got in pages for lesson in _lessons(got)]

    def lying(self, scopes: Sequence[Scope]) -> list[Found]:
        """See `Shelf.lying`."""
        found = []
        for short, group in _split(scopes).items():
            for got in _pages(self._shelves[short], _VECTORS, {"scope": {"$in": group}}):
                found += _found(got["metadatas"], got["embeddings"])
        return found

    def nearest(self, vector: Vectors, kind: Kind | None, limit: int) -> list[Found]:
        """See `Shelf.nearest`."""
        shelf = self._shelves[kind or _INNER]
        count = min(limit, shelf.count())
        if not count:
            return []
        got = shelf.query(query_embeddings=[vector], n_results=count, include=_VECTORS)
        return _found(got["metadatas"][0], got["embeddings"][0])


@contextmanager
def translated(place: Path) -> Iterator[None]:
    """chromadb's exceptions, and lessons that cannot be read, as StoreError."""
    import chromadb.errors

    try:
        yield
    except (chromadb.errors.ChromaError, ValidationError) as error:
        raise StoreError(
            f"the memory at {place} cannot be used: {error}; if that stays so, move it away and import the last export"
        ) from error


def row(lesson: Lesson) -> Row:
    """The lesson as it is kept."""
    line = lesson.model_dump_json(exclude_defaults=True)  # a third of the size; defaults are part of the store's schema
    metadata, competition = {"lesson": line, "scope": str(lesson.scope)}, lesson.scope.competition
    if competition:
        metadata["competition"] = competition
    return Row(_INNER if competition else lesson.kind, lesson.id, metadata)


def _found(entries: Iterable[Mapping[str, Any]], vectors: Iterable[Vectors]) -> list[Found]:
    return [Found(_parse(entry["lesson"]), at) for entry, at in zip(entries, vectors, strict=True)]


def _lessons(got: Mapping[str, Any]) -> list[Lesson]:
    return [_parse(entry["lesson"]) for entry in got["metadatas"]]


def _pages(shelf: Any, include: list[str], where: Mapping[str, Any] | None = None) -> Iterator[Mapping[str, Any]]:
    """All of a collection that fits, page by page."""
    start = 0
    while True:
        got = shelf.get(where=where, include=include, limit=PAGE, offset=start)
        yield got
        if len(got["ids"]) < PAGE:
            return
        start += PAGE


def _grouped(rows: Sequence[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.collection, []).append(row)
    return groups


def _split(scopes: Sequence[Scope]) -> dict[str, list[str]]:
    """Paths of scopes by the collections that hold them."""
    inner = [str(scope) for scope in scopes if scope.competition]
    outer = [str(scope) for scope in scopes if not scope.competition]
    groups = [*((kind, outer) for kind in KINDS), (_INNER, inner)]
    return {short: group for short, group in groups if group}


def _batches(items: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(items), BATCH):
        yield list(items[start : start + BATCH])


def _named(short: str, about: Mapping[str, str | int]) -> str:
    return f"{short}-{hashlib.sha256(str(about['embedder']).encode()).hexdigest()[:12]}"
