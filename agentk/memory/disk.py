"""The shelf on disk: a table of lessons and their neighbors in chromadb, safe for kills and for several processes.

A folder holds `lessons-….sqlite`, `chroma/` (chromadb's own files), `ledger.json`, `orders/` (writes that are durable and not
yet carried out), `commit.json` (the change being made, absolute, so that making it twice does no harm) and `lock`. chromadb
itself lets several processes write one path and damages it: here one process at a time has the folder, for as long as one
read or write takes, and reopens what others have changed.
"""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import JsonValue, ValidationError

from agentk.errors import StoreError
from agentk.memory.chroma import DamagedError, Neighbors, tag
from agentk.memory.lesson import Kind, Lesson
from agentk.memory.protocol import BusyError, Change, Found, Lying, Vectors
from agentk.memory.scope import Scope
from agentk.memory.table import LessonTable, Row, row

SCHEMA = 1

_R = TypeVar("_R")

_OWN = {"orders", "lock", "ledger.json", "chroma"}


class DiskShelf:
    """Lessons in a folder. Raises StoreError for a folder that is something else, of another version, or damaged."""

    def __init__(self, folder: Path) -> None:
        from filelock import FileLock

        self._folder = folder
        self._neighbors = Neighbors(folder / "chroma")
        self._table: LessonTable | None = None
        self._open = False
        self._mending = folder / "mending"  # is there while the neighbors are made again
        self._ledger_file, self._commit_file, self._orders = folder / "ledger.json", folder / "commit.json", folder / "orders"
        try:
            if folder.exists() and {entry.name for entry in folder.iterdir()}.isdisjoint(_OWN) and any(folder.iterdir()):
                raise StoreError(f"{folder} holds other files and is no memory; give an empty folder or a new one")
            self._orders.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the memory cannot be kept at {folder}: {error}; give another place with --memory PATH") from error
        self._lock = FileLock(str(folder / "lock"))
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
        try:
            yield
        except (sqlite3.Error, ValidationError) as error:
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
        return self._lessons.get(ids)

    def all(self) -> list[Lesson]:
        """See `Shelf.all`."""
        return self._lessons.all()

    def count(self) -> int:
        """See `Shelf.count`."""
        return self._lessons.count()

    def version(self) -> object:
        """Every change replaces the ledger's file."""
        return self._seen

    def inner(self, competition: str) -> list[Lesson]:
        """See `Shelf.inner`."""
        return self._lessons.inner(competition)

    def lying(self, scopes: Sequence[Scope]) -> list[Lying]:
        """See `Shelf.lying`."""
        return [lying for scope in scopes for lying in self._lessons.lying(scope)]

    def nearest(self, vector: Vectors, kind: Kind | None, limit: int) -> list[Found]:
        """See `Shelf.nearest`."""
        near = self._mended(lambda: self._neighbors.nearest(vector, kind, limit))
        known = {lesson.id: lesson for lesson in self._lessons.get([id_ for id_, _ in near])}
        return [Found(known[id_], at) for id_, at in near if id_ in known]

    def commit(self, change: Change, vectors: Vectors, order: str | None) -> None:
        """See `Shelf.commit`."""
        plan = {
            "put": [row(lesson) for lesson in change.put],
            "vectors": base64.b64encode(np.ascontiguousarray(vectors, np.float32).tobytes()).decode(),
            "width": int(vectors.shape[1]),
            "revise": [row(lesson) for lesson in change.revise],
            "drop": list(change.drop),
            "ledger": dict(change.ledger),
            "order": order,
        }
        _write(self._commit_file, json.dumps(plan))
        self._carry_out(plan)

    def rebuild(self, lessons: Sequence[Lesson], vectors: Vectors, ledger: Mapping[str, JsonValue]) -> None:
        """A new table and new collections are filled beside the old ones; only then does the ledger name them."""
        rows = [row(lesson) for lesson in lessons]
        self._neighbors.make(_about(ledger))
        self._neighbors.put(rows, vectors)
        self._fill(ledger, [(rows, vectors)])
        self._set_ledger(ledger)
        self._neighbors.keep()
        for file in self._folder.glob("lessons-*.sqlite"):
            if file != self._file(ledger):
                file.unlink()

    def close(self) -> None:
        """See `Shelf.close`."""
        self._neighbors.close()
        if self._table is not None:
            self._table.close()
        self._table, self._seen, self._open = None, None, False

    @property
    def _lessons(self) -> LessonTable:
        assert self._table is not None, "inside a window, once there is a ledger"
        return self._table

    def _refresh(self) -> None:
        """Opens what is on disk, unless it is open and nobody has changed it since; finishes what a kill cut short."""
        seen = _signature(self._ledger_file)
        if not self._open or seen != self._seen:
            self.close()
            self._written = _read_ledger(self._ledger_file)
            if self._written and self._file(self._written).exists():
                self._table = LessonTable(self._file(self._written))
            self._mended(self._neighbors.open)
            if self._written:
                self._mended(lambda: self._neighbors.use(_about(self._written)))
            if self._written and self._table is None:  # of before there was a table
                earlier = self._neighbors.earlier()
                pages = (([row(Lesson.model_validate_json(one)) for one in lines], vectors) for lines, vectors in earlier)
                self._fill(self._written, pages)
                self._mending.touch()  # chromadb is to keep no word of them
            if self._mending.exists():
                self._make_again()
            self._seen, self._open = seen, True
        if self._commit_file.exists():
            self._carry_out(json.loads(self._commit_file.read_text("utf-8")))

    def _mended(self, act: Callable[[], _R]) -> _R:
        """What `act` gives; where chromadb's files are damaged, once they were made again of the table, which has all of them."""
        try:
            return act()
        except DamagedError:
            if self._table is None:
                raise
            self._make_again()
            return act()

    def _make_again(self) -> None:
        """The neighbors, of the table; begun anew by whoever comes next if it is cut short."""
        self._mending.touch()
        self._neighbors.remove()
        self._neighbors.open()
        self._neighbors.make(_about(self._written))
        for rows, vectors in self._lessons.pages():
            self._neighbors.put(rows, vectors)
        self._mending.unlink()

    def _file(self, ledger: Mapping[str, JsonValue]) -> Path:
        return self._folder / f"lessons-{tag(str(ledger['embedder']))}.sqlite"

    def _fill(self, ledger: Mapping[str, JsonValue], pages: Iterable[tuple[Sequence[Row], Vectors]]) -> None:
        """Makes the table that a ledger names, whole or not at all, and opens it."""
        draft = self._file(ledger).with_suffix(".draft")
        draft.unlink(missing_ok=True)
        table = LessonTable(draft)
        for rows, vectors in pages:
            table.change(rows, vectors, (), ())
        table.close()
        if self._table is not None:
            self._table.close()
        draft.replace(self._file(ledger))
        self._table = LessonTable(self._file(ledger))

    def _carry_out(self, plan: dict[str, Any]) -> None:
        put, revise = [Row(*entry) for entry in plan["put"]], [Row(*entry) for entry in plan["revise"]]
        vectors = np.frombuffer(base64.b64decode(plan["vectors"]), np.float32).reshape(len(put), plan["width"])
        self._mended(lambda: self._neighbors.put(put, vectors))
        gone = self._lessons.collections(plan["drop"])  # before the table forgets where they are
        self._mended(lambda: self._neighbors.drop(gone))
        self._lessons.change(put, vectors, revise, plan["drop"])
        self._set_ledger(plan["ledger"])
        if plan["order"]:
            (self._orders / plan["order"]).unlink(missing_ok=True)
        self._commit_file.unlink()

    def _set_ledger(self, ledger: Mapping[str, JsonValue]) -> None:
        _write(self._ledger_file, json.dumps({**ledger, "schema_version": SCHEMA}))
        self._written = {**ledger, "schema_version": SCHEMA}
        self._seen = _signature(self._ledger_file)


def _about(ledger: Mapping[str, JsonValue]) -> dict[str, str | int]:
    return {"schema": SCHEMA, "embedder": str(ledger["embedder"]), "dimension": int(str(ledger["dimension"]))}


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
