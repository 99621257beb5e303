"""Lessons in a table of SQLite: found by id, by competition, and scope by scope, which is what reads climb.

chromadb finds neighbors, and is slow at giving back all that lies at a place: of a million lessons the 32,000 around one
competition took it seven seconds; here an index leads to them. What a first choice among many goes by has columns of its
own, so that a lesson is parsed when it is chosen.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from agentk.memory.lesson import Lesson, read_lesson
from agentk.memory.protocol import Lying, Vectors
from agentk.memory.ranking import worth
from agentk.memory.scope import Scope

_PAGE = 16384
"""Bytes of a page: a lesson with its vector takes some 3,000, and should not be cut in two."""
_ASKED = 500
"""Ids looked up by one statement."""
_MADE = """
CREATE TABLE IF NOT EXISTS lessons (
    id TEXT NOT NULL UNIQUE, scope TEXT NOT NULL, competition TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
    worth REAL NOT NULL, line TEXT NOT NULL, vector BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS by_scope ON lessons (scope);
CREATE INDEX IF NOT EXISTS by_competition ON lessons (competition) WHERE competition != '';
"""


class Row(NamedTuple):
    """A lesson as it is kept, and as a plan holds it: made once, since a bulk of lessons is made of little else."""

    id: str
    scope: str
    competition: str
    kind: str
    subject: str
    worth: float
    line: str

    @property
    def collection(self) -> str:
        """Where its neighbors are: those of its kind, or, within a competition, all of those."""
        return INNER if self.competition else self.kind


INNER = "inner"


def row(lesson: Lesson) -> Row:
    """The lesson as it is kept."""
    line = lesson.model_dump_json(exclude_defaults=True)  # a third of the size; defaults are part of the store's schema
    scope = lesson.scope
    return Row(lesson.id, str(scope), scope.competition, lesson.kind, lesson.subject, worth(lesson), line)


class LessonTable:
    """All lessons of a store, with their vectors. Each change is one transaction, on disk when the call returns."""

    def __init__(self, file: Path) -> None:
        """Makes the file where there is none."""
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._connection.execute(f"PRAGMA page_size = {_PAGE}")
        self._connection.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten
        self._connection.executescript(_MADE)

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    def change(self, put: Sequence[Row], vectors: Vectors, revise: Sequence[Row], drop: Iterable[str]) -> None:
        """All of it or nothing; doing it twice is doing it once. One row of `vectors` for each of `put`."""
        rows = np.ascontiguousarray(vectors, np.float32)
        added = ((*entry, vector.tobytes()) for entry, vector in zip(put, rows, strict=True))
        known = ((entry.worth, entry.line, entry.id) for entry in revise)
        run = self._connection
        run.execute("BEGIN IMMEDIATE")
        try:
            run.executemany("INSERT OR REPLACE INTO lessons VALUES (?, ?, ?, ?, ?, ?, ?, ?)", added)
            run.executemany("UPDATE lessons SET worth = ?, line = ? WHERE id = ?", known)
            run.executemany("DELETE FROM lessons WHERE id = ?", ((id_,) for id_ in drop))
        except BaseException:
            run.execute("ROLLBACK")
            raise
        run.execute("COMMIT")

    def get(self, ids: Sequence[str]) -> list[Lesson]:
        """See `Shelf.get`."""
        return [read_lesson(line) for (line,) in self._looked_up("line", ids)]

    def collections(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """Ids that are here, by the collection their neighbors are in."""
        found: dict[str, list[str]] = {}
        for id_, competition, kind in self._looked_up("id, competition, kind", ids):
            found.setdefault(INNER if competition else kind, []).append(id_)
        return found

    def all(self) -> list[Lesson]:
        """See `Shelf.all`."""
        return [Lesson.model_validate_json(line) for (line,) in self._connection.execute("SELECT line FROM lessons")]

    def pages(self) -> Iterator[tuple[list[Row], Vectors]]:
        """All rows with their vectors, some thousands at a time."""
        last, page = 0, "SELECT rowid, * FROM lessons WHERE rowid > ? ORDER BY rowid LIMIT 2000"
        while found := self._connection.execute(page, (last,)).fetchall():
            last = found[-1][0]
            yield [Row(*entry[1:-1]) for entry in found], np.stack([np.frombuffer(entry[-1], np.float32) for entry in found])

    def count(self) -> int:
        """See `Shelf.count`."""
        return int(self._connection.execute("SELECT count(*) FROM lessons").fetchone()[0])

    def inner(self, competition: str) -> list[Lesson]:
        """See `Shelf.inner`."""
        found = self._connection.execute("SELECT line FROM lessons WHERE competition = ? AND competition != ''", (competition,))
        return [read_lesson(line) for (line,) in found]

    def lying(self, scope: Scope) -> list[Lying]:
        """See `Shelf.lying`, of one scope."""
        found = self._connection.execute(
            "SELECT id, kind, subject, worth, line, vector FROM lessons WHERE scope = ?", (str(scope),)
        )
        return [
            Lying(scope, id_, kind, subject, worth_, np.frombuffer(vector, np.float32), line)
            for id_, kind, subject, worth_, line, vector in found
        ]

    def _looked_up(self, columns: str, ids: Sequence[str]) -> Iterator[Any]:
        wanted = list(dict.fromkeys(ids))
        for start in range(0, len(wanted), _ASKED):
            some = wanted[start : start + _ASKED]
            marks = ", ".join("?" * len(some))
            yield from self._connection.execute(f"SELECT {columns} FROM lessons WHERE id IN ({marks})", some)
