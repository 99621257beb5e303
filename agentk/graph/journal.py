"""The journal: an append-only file of JSON lines that is the only truth about a run.

Each line has `schema`, `seq`, `time` (UTC), `active_s` (seconds the run has worked so far, pauses left out), `branch`,
`event` and the event's own fields. docs/journal.md lists them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from agentk.errors import StoreError

SCHEMA = 1
TRUNK = "main"
"""The branch of a run that was never rewound."""

Event = Literal[
    "run_started", "stage", "question", "answer", "attempt_started", "attempt_finished",
    "lesson_used", "lesson_withheld", "lesson_written", "memory_action", "recalled", "traps",
    "submission_replaced", "budget", "resumed", "step", "edited", "rewound", "explained",
    "run_finished", "final_proposed", "submitted", "public_score", "validation_doubted", "validation_reopened",
    "model_call", "model_left", "smoke", "explored",
]  # fmt: skip
Line = dict[str, JsonValue]


class Journal:
    """Appends lines; every line is on disk when `write` returns, unless it is marked as not durable.

    A torn last line, left by a kill in the middle of a write, is cut off when the journal is opened.
    """

    def __init__(self, path: Path, active: Callable[[], float]) -> None:
        self.path = path
        self._active = active
        self._listeners: list[Callable[[Line], None]] = []
        keep = _whole_lines(path)
        try:
            self._file = path.open("ab")
            self._file.truncate(keep)
        except OSError as error:
            raise StoreError(
                f"{path}: the journal cannot be written: {error.strerror}. Free space or choose another --out"
            ) from error
        self.seq, self.branch = 0, TRUNK
        for line in read(path):
            self.seq, self.branch = self.seq + 1, str(line["branch"])

    def listen(self, listener: Callable[[Line], None]) -> Callable[[], None]:
        """Calls `listener` with every line written from now on; what is returned ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def write(self, event: Event, *, durable: bool = True, **fields: JsonValue) -> Line:
        """Appends one line and returns it. Raises StoreError when the disk refuses."""
        line: Line = {
            "schema": SCHEMA,
            "seq": self.seq,
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "active_s": round(self._active(), 3),
            "branch": self.branch,
            "event": event,
            **fields,
        }
        try:
            self._file.write(json.dumps(line, ensure_ascii=False, default=str).encode() + b"\n")
            self._file.flush()
            if durable:
                os.fsync(self._file.fileno())
        except OSError as error:
            raise StoreError(
                f"{self.path}: the journal cannot be written: {error.strerror}. Free space, then `agentk resume`"
            ) from error
        self.seq += 1
        for listener in self._listeners:
            listener(line)
        return line

    def close(self) -> None:
        """Closes the file; nothing is lost without it."""
        with suppress(OSError):  # of a full disk `write` has told
            self._file.close()


def read(path: Path) -> Iterator[Line]:
    """The whole lines of a journal, oldest first; a torn last line is left out.

    Raises StoreError for a line that is no JSON object, or that was written under a schema this version does not know.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            if not raw.endswith(b"\n"):
                return
            try:
                line = json.loads(raw)
            except ValueError:
                raise StoreError(
                    f"{path}, line {number}: not JSON; the journal was edited or the disk is damaged. Put a copy of it back; "
                    "attempts/, submission.csv and solution/ beside it are whole without it"
                ) from None
            if not isinstance(line, dict) or line.get("schema") != SCHEMA:
                schema = line.get("schema") if isinstance(line, dict) else line
                raise StoreError(
                    f"{path}, line {number}: journal schema {schema!r}, this agentk reads {SCHEMA}; use the version that wrote it"
                )
            yield line


def whole(value: JsonValue) -> int:
    """A whole number that a line holds."""
    assert isinstance(value, int), value
    return value


def real(value: JsonValue) -> float:
    """A number that a line holds."""
    assert isinstance(value, int | float), value
    return float(value)


def _whole_lines(path: Path) -> int:
    """The length of `path` up to and with its last line break."""
    if not path.exists():
        return 0
    data = path.read_bytes()
    return data.rfind(b"\n") + 1
