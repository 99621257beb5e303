"""The shelf on disk: chromadb as the index, and around it what makes it safe for kills and for several processes.

A folder holds `chroma/` (chromadb's own files), `ledger.json`, `orders/` (writes that are durable and not yet carried out),
`commit.json` (the change being made, absolute, so that making it twice does no harm) and `lock`. chromadb itself lets several
processes write one path and damages it: here one process at a time has the folder, for as long as one read or write takes, and
reopens what others have changed. Filtering neighbors is what costs in chromadb, so that each kind has a collection of its own and
lessons within a competition have another; whole scopes, which reads hold in memory (`held.py`), are fetched without a search.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pydantic import JsonValue, ValidationError

from agentk.errors import StoreError
from agentk.memory.lesson import KINDS, Kind, Lesson
from agentk.memory.protocol import BusyError, Change, Found, Vectors
from agentk.memory.scope import Scope

SCHEMA = 1
BATCH = 2000
"""Lessons written at once; chromadb takes up to 5461."""
PAGE = 10_000
"""Lessons read at once; chromadb fails beyond 32,766, which is as many variables as a statement of sqlite may have."""

_OWN = {"orders", "lock", "ledger.json", "chroma"}
_INNER = "inner"
_COLLECTIONS = (*KINDS, _INNER)
_VECTORS = ["metadatas", "embeddings"]
_parse = lru_cache(maxsize=4096)(Lesson.model_validate_json)


class ChromaShelf:
    """Lessons in a folder. Raises StoreError for a folder that is something else, of another version, or damaged."""

    def __init__(self, folder: Path) -> None:
        from filelock import FileLock

        self._folder = folder
        self._chroma = folder / "chroma"
        self._ledger_file, self._commit_file, self._orders = folder / "ledger.json", folder / "commit.json", folder / "orders"
        try:
            if folder.exists() and {entry.name for entry in folder.iterdir()}.isdisjoint(_OWN) and any(folder.iterdir()):
                raise StoreError(f"{folder} holds other files and is no memory; give an empty folder or a new one")
            self._orders.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the memory cannot be kept at {folder}: {error}; give another place with --memory PATH") from error
        self._lock = FileLock(str(folder / "lock"))
        self._client: Any = None
        self._shelves: dict[str, Any] = {}
        self._seen: tuple[int, int] | None = None
        self._written: Mapping[str, JsonValue] = {}

    @property
    def place(self) -> str:
        """See `Shelf.place`."""
        return str(self._folder)

    @contextmanager
    def window(self, wait_s: float) -> Iterator[None]:
        """See `Shelf.window`."""
        from filelock import Timeout

        try:
            self._lock.acquire(timeout=wait_s, poll_interval=0.01)
        except Timeout:
            raise BusyError(
                f"the memory at {self._folder} stayed busy for {wait_s:g} s: another process writes to it; try again, "
                "or give this run a memory of its own with --memory PATH"
            ) from None
        except OSError as error:
            raise StoreError(f"the memory at {self._folder} cannot be locked: {error}") from error
        try:
            with self._translated():
                self._refresh()
                yield
        finally:
            self._lock.release()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        import chromadb.errors

        try:
            yield
        except (chromadb.errors.ChromaError, ValidationError) as error:
            raise StoreError(
                f"the memory at {self._folder} cannot be used: {error}; if that stays so, move it away and import the last export"
            ) from error

    def submit(self, order: str) -> None:
        """See `Shelf.submit`."""
        _write(self._orders / f"{time.time_ns():020d}-{os.getpid()}.json", order)

    def orders(self) -> list[tuple[str, str]]:
        """See `Shelf.orders`."""
        return [(path.name, path.read_text("utf-8")) for path in sorted(self._orders.glob("*.json"))]

    def ledger(self) -> Mapping[str, JsonValue]:
        """See `Shelf.ledger`."""
        return self._written

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

    def version(self) -> object:
        """Every change replaces the ledger's file."""
        return self._seen

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

    def commit(self, change: Change, vectors: Vectors, order: str | None) -> None:
        """See `Shelf.commit`."""
        plan = {
            "put": [_row(lesson) for lesson in change.put],
            "vectors": base64.b64encode(np.ascontiguousarray(vectors, np.float32).tobytes()).decode(),
            "width": int(vectors.shape[1]),
            "revise": [_row(lesson) for lesson in change.revise],
            "drop": list(change.drop),
            "ledger": dict(change.ledger),
            "order": order,
        }
        _write(self._commit_file, json.dumps(plan))
        self._carry_out(plan)

    def rebuild(self, lessons: Sequence[Lesson], vectors: Vectors, ledger: Mapping[str, JsonValue]) -> None:
        """New collections are filled beside the old ones; only then does the ledger name them."""
        tag = _tag(str(ledger["embedder"]))
        for collection in self._client.list_collections():
            if collection.name.endswith(tag):  # left by a rebuild that was killed
                self._client.delete_collection(collection.name)
        self._open_collections(ledger, fresh=True)
        self._put([_row(lesson) for lesson in lessons], vectors)
        self._set_ledger(ledger)
        kept = {shelf.name for shelf in self._shelves.values()}
        for collection in self._client.list_collections():
            if collection.name not in kept:
                self._client.delete_collection(collection.name)

    def close(self) -> None:
        """See `Shelf.close`."""
        if self._client is not None:
            self._client.close()
        self._client, self._shelves, self._seen = None, {}, None

    def _refresh(self) -> None:
        """Opens what is on disk, unless it is open and nobody has changed it since; finishes what a kill cut short."""
        seen = _signature(self._ledger_file)
        if self._client is None or seen != self._seen:
            self.close()
            self._written = _read_ledger(self._ledger_file)
            self._open()
            self._seen = seen
        if self._commit_file.exists():
            self._carry_out(json.loads(self._commit_file.read_text("utf-8")))

    def _open(self) -> None:
        import chromadb
        from chromadb.config import Settings

        self._client = chromadb.PersistentClient(str(self._chroma), settings=Settings(anonymized_telemetry=False))
        if self._written:
            self._open_collections(self._written, fresh=False)

    def _open_collections(self, ledger: Mapping[str, JsonValue], *, fresh: bool) -> None:
        about = {"schema": SCHEMA, "embedder": str(ledger["embedder"]), "dimension": int(str(ledger["dimension"]))}
        for short in _COLLECTIONS:
            name = f"{short}-{_tag(str(ledger['embedder']))}"
            if fresh:
                shelf = self._client.create_collection(
                    name, metadata=about, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
                )
            else:
                shelf = self._client.get_collection(name, embedding_function=None)
                if {key: shelf.metadata.get(key) for key in about} != about:
                    raise StoreError(f"the memory at {self._folder} disagrees with its ledger: {shelf.metadata} and {about}")
            self._shelves[short] = shelf

    def _carry_out(self, plan: dict[str, Any]) -> None:
        put = [_Row(*row) for row in plan["put"]]
        vectors = np.frombuffer(base64.b64decode(plan["vectors"]), np.float32).reshape(len(put), plan["width"])
        self._put(put, vectors)
        for short, group in _grouped([_Row(*row) for row in plan["revise"]]).items():
            for batch in _batches(group):
                self._shelves[short].update(ids=[row.id for row in batch], metadatas=[row.metadata for row in batch])
        for batch in _batches(plan["drop"]):
            for shelf in self._shelves.values():
                if present := shelf.get(ids=batch, include=[])["ids"]:  # a delete costs ten times a look
                    shelf.delete(ids=present)
        self._set_ledger(plan["ledger"])
        if plan["order"]:
            (self._orders / plan["order"]).unlink(missing_ok=True)
        self._commit_file.unlink()

    def _put(self, rows: Sequence[_Row], vectors: Vectors) -> None:
        at = {row.id: vector for row, vector in zip(rows, vectors, strict=True)}
        for short, group in _grouped(rows).items():
            for batch in _batches(group):
                self._shelves[short].upsert(
                    ids=[row.id for row in batch],
                    embeddings=np.stack([at[row.id] for row in batch]),
                    metadatas=[row.metadata for row in batch],
                )

    def _set_ledger(self, ledger: Mapping[str, JsonValue]) -> None:
        _write(self._ledger_file, json.dumps({**ledger, "schema_version": SCHEMA}))
        self._written = {**ledger, "schema_version": SCHEMA}
        self._seen = _signature(self._ledger_file)


class _Row(NamedTuple):
    """A lesson as chromadb keeps it, and as a plan holds it: made once, since a bulk of lessons is made of little else."""

    collection: str  # one of _COLLECTIONS
    id: str
    metadata: dict[str, str]


def _row(lesson: Lesson) -> _Row:
    line = lesson.model_dump_json(exclude_defaults=True)  # a third of the size; defaults are part of SCHEMA
    metadata, competition = {"lesson": line, "scope": str(lesson.scope)}, lesson.scope.competition
    if competition:
        metadata["competition"] = competition
    return _Row(_INNER if competition else lesson.kind, lesson.id, metadata)


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


def _grouped(rows: Sequence[_Row]) -> dict[str, list[_Row]]:
    groups: dict[str, list[_Row]] = {}
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


def _tag(embedder: str) -> str:
    return hashlib.sha256(embedder.encode()).hexdigest()[:12]


def _signature(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def _read_ledger(path: Path) -> Mapping[str, JsonValue]:
    try:
        ledger = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read: {error}; move the folder away and read the last export back in") from error
    if not isinstance(ledger, dict) or ledger.get("schema_version") != SCHEMA:
        version = ledger.get("schema_version") if isinstance(ledger, dict) else None
        raise StoreError(
            f"{path} is of version {version!r}, this agentk reads version {SCHEMA}; "
            "export the lessons with the agentk that wrote it and import them here, or give another place with --memory PATH"
        )
    return ledger


def _write(path: Path, text: str) -> None:
    """Durable and whole, or not at all."""
    draft = path.with_suffix(".draft")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the rename itself survives a loss of power
        finally:
            os.close(folder)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error}; free some space, or give another place with --memory PATH"
        ) from error
