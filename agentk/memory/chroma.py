"""Neighbors: vectors in collections of chromadb, by kind; the only file that talks to it.

Filtering neighbors is what costs in chromadb, so that each kind has a collection of its own and lessons within a competition have
another. What lies at a scope, and what a lesson says, `table.py` knows. It writes each thing once it is told to: what makes that
safe is `disk.py`.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np

from agentk.errors import StoreError
from agentk.memory.lesson import KINDS, Kind
from agentk.memory.protocol import Vectors
from agentk.memory.table import INNER, Row

BATCH = 2000
"""Vectors written at once; chromadb takes up to 5461."""
PAGE = 10_000
"""Entries read at once; chromadb fails beyond 32,766, which is as many variables as a statement of sqlite may have."""

_COLLECTIONS = (*KINDS, INNER)


_P = ParamSpec("_P")
_R = TypeVar("_R")


class DamagedError(StoreError):
    """chromadb cannot read or write what is there: the neighbors are to be made again of the table."""


def _watched(method: Callable[_P, _R]) -> Callable[_P, _R]:
    """What chromadb raises, as DamagedError. A kill while it writes its graph of neighbors leaves one that it refuses."""

    @wraps(method)
    def watched(*arguments: _P.args, **named: _P.kwargs) -> _R:
        from chromadb.errors import ChromaError

        try:
            return method(*arguments, **named)
        except ChromaError as error:
            raise DamagedError(f"chromadb fails at its part of a memory: {error}; is there space left?") from error

    return watched


class Neighbors:
    """The collections of one embedder in a folder; it is opened, and closed, with all of them."""

    def __init__(self, folder: Path) -> None:
        """`folder`: chromadb's own. Nothing is opened yet."""
        self._folder = folder
        self._client: Any = None
        self._shelves: dict[str, Any] = {}

    @_watched
    def open(self) -> None:
        """A client, without collections: of a folder that is new."""
        import chromadb
        from chromadb.config import Settings

        self._client = chromadb.PersistentClient(str(self._folder), settings=Settings(anonymized_telemetry=False))

    @_watched
    def use(self, about: Mapping[str, str | int]) -> None:
        """The collections that are there. Raises DamagedError when they are not what `about` says."""
        for short in _COLLECTIONS:
            shelf = self._client.get_collection(_named(short, about), embedding_function=None)
            if {key: shelf.metadata.get(key) for key in about} != about:
                raise DamagedError(f"the memory at {self._folder.parent} disagrees with its ledger: {shelf.metadata} and {about}")
            self._shelves[short] = shelf

    @_watched
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

    @_watched
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

    def remove(self) -> None:
        """Lets go of the folder and deletes it."""
        from chromadb.api.shared_system_client import SharedSystemClient

        self.close()
        SharedSystemClient.clear_system_cache()  # it keeps what failed to open, and would give it back for this folder
        shutil.rmtree(self._folder, ignore_errors=True)

    @_watched
    def put(self, rows: Sequence[Row], vectors: Vectors) -> None:
        """Adds or replaces; one vector a row."""
        groups: dict[str, list[int]] = {}
        for place, row in enumerate(rows):
            groups.setdefault(row.collection, []).append(place)
        for short, places in groups.items():
            for start in range(0, len(places), BATCH):
                some = places[start : start + BATCH]
                self._shelves[short].upsert(ids=[rows[place].id for place in some], embeddings=np.asarray(vectors)[some])

    @_watched
    def drop(self, ids: Mapping[str, Sequence[str]]) -> None:
        """Removes these, by collection."""
        for short, group in ids.items():
            for start in range(0, len(group), BATCH):
                self._shelves[short].delete(ids=list(group[start : start + BATCH]))

    @_watched
    def nearest(self, vector: Vectors, kind: Kind | None, limit: int) -> list[tuple[str, Vectors]]:
        """Ids with their vectors, see `Shelf.nearest`."""
        shelf = self._shelves[kind or INNER]
        count = min(limit, shelf.count())
        if not count:
            return []
        got = shelf.query(query_embeddings=[vector], n_results=count, include=["embeddings"])
        return list(zip(got["ids"][0], got["embeddings"][0], strict=True))

    def earlier(self) -> Iterator[tuple[list[str], Vectors]]:
        """The lessons as JSON, with their vectors, of a store of before there was a table, which kept them here; page by page."""
        for shelf in self._shelves.values():
            for start in range(0, shelf.count(), PAGE):
                got = shelf.get(include=["metadatas", "embeddings"], limit=PAGE, offset=start)
                if None in got["metadatas"]:
                    raise StoreError(f"the memory at {self._folder.parent} has lost its table of lessons: import the last export")
                yield [entry["lesson"] for entry in got["metadatas"]], np.asarray(got["embeddings"], np.float32)


def _named(short: str, about: Mapping[str, str | int]) -> str:
    return f"{short}-{tag(str(about['embedder']))}"


def tag(embedder: str) -> str:
    """What the names of everything that an embedder has made end with."""
    return hashlib.sha256(embedder.encode()).hexdigest()[:12]
