"""Trials: the parameter sets that tuning tried, one line each in trials.jsonl."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import TracebackType

from pydantic import ValidationError

from agentk.errors import StoreError
from agentk.types.competition import Frozen
from agentk.types.outcome import Status
from agentk.types.space import Params


class Trial(Frozen):
    """One parameter set; without a status it is still being tried."""

    search: str = ""  # which search of the run asked for it
    number: int
    params: Params
    fold_scores: tuple[float, ...] = ()  # in fold order; a prefix of the folds when pruned
    shown: tuple[float, ...] = ()  # merits of the folds as they were known while it ran: what pruning compares
    score: float | None = None  # the competition's number, over all out-of-fold rows
    merit: float | None = None  # what the search goes by, higher is better
    fold_merits: tuple[float, ...] = ()
    status: Status | None = None
    seconds: float = 0.0  # slot seconds spent


class TrialLog:
    """The append-only trials.jsonl of a run. Lines reach the disk in batches, by size or age, or when told to."""

    def __init__(self, path: Path, *, batch: int = 16, seconds: float = 2.0) -> None:
        """Opens `path` to append, cutting off a last line that a kill left torn. Raises StoreError."""
        self._path = path
        self._batch = batch
        self._seconds = seconds
        self._unsynced = 0
        self._synced_at = time.monotonic()
        try:
            self._file = path.open("ab")
            if (whole := _whole(path.read_bytes())) < self._file.tell():
                self._file.truncate(whole)
        except OSError as error:
            raise StoreError(
                f"{path} cannot be opened to record trials: {error}. Make room or give the folder back its rights."
            ) from error

    def append(self, trial: Trial) -> None:
        """Writes one line: at once visible to readers, safe from power loss with the batch. Raises StoreError."""
        try:
            self._file.write(trial.model_dump_json(exclude_defaults=True).encode() + b"\n")
            self._file.flush()
            self._unsynced += 1
            if self._unsynced >= self._batch or time.monotonic() - self._synced_at >= self._seconds:
                self.sync()
        except OSError as error:
            raise StoreError(f"a trial could not be written to {self._path}: {error}. Make room and resume the run.") from error

    def sync(self) -> None:
        """Brings every line to the disk."""
        if self._unsynced:
            os.fsync(self._file.fileno())
        self._unsynced = 0
        self._synced_at = time.monotonic()

    def close(self) -> None:
        """Brings every line to the disk and lets go of the file; closing twice is harmless."""
        if not self._file.closed:
            self.sync()
            self._file.close()

    def __enter__(self) -> TrialLog:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def read_trials(path: Path, search: str | None = None) -> list[Trial]:
    """The trials of `path` in the order they ended, those of one `search` where it is given; none where no file is.

    A last line without its line end is what a kill leaves behind, and is passed over. Raises StoreError on any other damage.
    """
    if not path.exists():
        return []
    content = path.read_bytes()
    trials = []
    for number, line in enumerate(content[: _whole(content)].splitlines(), start=1):
        try:
            trials.append(Trial.model_validate_json(line))
        except ValidationError as error:
            raise StoreError(f"{path}, line {number} is no trial: {line[:80]!r}. Remove the line to go on without it.") from error
    return [trial for trial in trials if search is None or trial.search == search]


def _whole(content: bytes) -> int:
    return content.rfind(b"\n") + 1
