"""A run's folder: where its files lie, and how they are written so that a kill at any moment harms none of them."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from errno import EDQUOT, ENOSPC, EROFS
from pathlib import Path
from typing import IO, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from agentk.errors import RunError, StoreError
from agentk.types.attempt import Attempt
from agentk.types.competition import Competition
from agentk.types.solution import Solution

Fields = TypeVar("Fields", bound=BaseModel)

DRAFT = ".draft-"
"""How the name of what is being written begins, until it takes its place."""
VERSION = 1
"""Of the folder's layout. A folder of another version is refused, never harmed."""


class RunFolder:
    """The paths of one run. `lock` must be held by whoever writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.facts_file = path / "run.json"
        self.journal = path / "journal.jsonl"
        self.contract = path / "competition.json"  # what setup arrived at
        self.checkpoints = path / "checkpoints.sqlite"
        self.attempts = path / "attempts"
        self.started = path / "work" / "started"
        self.given = path / "given.py"  # the person's own program, as it was
        self.submission = path / "submission.csv"
        self.trials = path / "trials.jsonl"
        self.inbox = path / "inbox"  # what a person puts in while the run goes on
        self.report = path / "report.html"
        self.solution = path / "solution"
        self.work = path / "work"
        self._lock: IO[str] | None = None

    @classmethod
    def create(cls, path: Path, facts: dict[str, JsonValue]) -> RunFolder:
        """A new folder with its run.json. Raises RunError when `path` already holds something."""
        if path.exists() and any(path.iterdir()):
            raise RunError(f"{path} is not empty: a new run needs a folder of its own; choose another --out")
        folder = cls(path)
        try:
            for part in (folder.attempts, folder.started):
                part.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"{path}: no folder can be made here: {error.strerror}; choose another --out") from error
        folder.lock()
        folder.write_facts({"version": VERSION, **facts})
        return folder

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """An existing run. Raises RunError when it is none, or of another version."""
        folder = cls(path)
        facts = folder.facts()
        if facts.get("version") != VERSION:
            raise RunError(
                f"{path} has layout version {facts.get('version')!r}, this agentk reads {VERSION}; open it with the version "
                f"that made it ({facts.get('agentk', 'unknown')}). Nothing was changed"
            )
        return folder

    def facts(self) -> dict[str, JsonValue]:
        """What run.json says. Raises RunError when it is missing or broken."""
        try:
            facts = json.loads(self.facts_file.read_text())
        except FileNotFoundError:
            raise RunError(f"{self.path} is no run: it has no run.json. `agentk list` shows the runs there are") from None
        except ValueError:
            facts = None
        if not isinstance(facts, dict):
            raise damaged(self.facts_file, "it is no JSON object")
        return facts

    def write_facts(self, facts: dict[str, JsonValue]) -> None:
        """Replaces run.json."""
        replace(self.facts_file, json.dumps(facts, indent=1, ensure_ascii=False, default=str) + "\n")

    def lock(self) -> None:
        """Takes the run for this process until it ends; twice is once. Raises RunError when another process works on it."""
        import fcntl

        if self._lock is not None:
            return
        try:
            file = (self.path / "run.lock").open("a+")
        except OSError as error:
            raise RunError(f"{self.path} cannot be written: {error.strerror}; a run needs a folder of its own") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise RunError(f"{self.path} is being worked on by another process; wait for it, or end it first") from None
        self._lock = file

    def tidy(self) -> None:
        """Removes what a killed process left half written. The lock must be held."""
        drafts = [draft for folder in (self.path, self.work, self.attempts, self.started) for draft in folder.glob(f"{DRAFT}*")]
        for draft in (*drafts, *self.path.glob(f".{self.solution.name}-*")):
            shutil.rmtree(draft) if draft.is_dir() else draft.unlink()

    def unlock(self) -> None:
        """Gives the run back."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def at_work(self) -> bool:
        """Whether a process, this one or another, is working on the run."""
        if self._lock is not None:
            return True
        try:
            self.lock()
        except RunError:
            return True
        self.unlock()
        return False

    def attempt(self, number: int) -> Path:
        """The folder of a finished attempt."""
        return self.attempts / f"{number}"

    def start(self, number: int, solution: Solution, plan: dict[str, JsonValue]) -> None:
        """Keeps what is about to be executed, so that a killed run executes it again without asking again."""
        with _WholeFolder(self.started / f"{number}") as draft:
            (draft / "solution.py").write_text(solution.source)
            (draft / "plan.json").write_text(json.dumps({"name": solution.name, **plan}, indent=1, default=str))

    def amend(self, number: int, solution: Solution, plan: dict[str, JsonValue]) -> None:
        """Changes what `start` kept, file by file: neither is ever missing."""
        replace(self.started / f"{number}" / "solution.py", solution.source)
        replace(self.started / f"{number}" / "plan.json", json.dumps({"name": solution.name, **plan}, indent=1, default=str))

    def has_started(self, number: int) -> bool:
        """Whether what is about to be executed under this number is kept, and not finished."""
        return (self.started / f"{number}").exists() and not self.attempt(number).exists()

    def started_solution(self, number: int) -> tuple[Solution, dict[str, JsonValue]]:
        """What `start` kept."""
        folder = self.started / f"{number}"
        plan = json.loads((folder / "plan.json").read_text())
        return Solution((folder / "solution.py").read_text(), plan.pop("name")), plan

    def finish(self, attempt: Attempt, source: str, log: str, arrays: Callable[[Path], None] | None) -> None:
        """Puts the whole folder of an attempt in place at once; `arrays` writes oof.parquet and test.parquet into it."""
        with _WholeFolder(self.attempt(attempt.number)) as draft:
            (draft / "solution.py").write_text(source)
            (draft / "params.json").write_text(json.dumps(attempt.params, indent=1, default=str))
            (draft / "outcome.json").write_text(attempt.model_dump_json(indent=1))
            (draft / "log.txt").write_text(log)
            if arrays is not None:
                arrays(draft)
        shutil.rmtree(self.started / f"{attempt.number}", ignore_errors=True)

    def post(self, name: str, write: Callable[[Path], None]) -> None:
        """Puts a letter into the inbox, whole or not at all; no lock is needed."""
        with _WholeFolder(self.inbox / name) as draft:
            write(draft)

    def read_contract(self) -> Competition | None:
        """The contract that setup arrived at; None before its end. Raises RunError when it is broken."""
        return _valid(Competition, self.contract) if self.contract.exists() else None

    def read_attempt(self, number: int) -> Attempt | None:
        """A finished attempt, None where there is no such. Raises RunError when what is kept of it is broken."""
        path = self.attempt(number) / "outcome.json"
        return _valid(Attempt, path) if path.exists() else None

    def read_solution(self, attempt: Attempt) -> Solution:
        """The program of a finished attempt. Raises RunError when its folder is gone."""
        path = self.attempt(attempt.number) / "solution.py"
        try:
            return Solution(path.read_text(), attempt.name)
        except FileNotFoundError:
            raise damaged(path, "it is missing") from None

    def bytes(self) -> int:
        """What the folder occupies."""
        total = 0
        for folder, _, files in os.walk(self.path):
            for name in files:
                with suppress(FileNotFoundError):  # a run at work
                    total += (Path(folder) / name).lstat().st_size
        return total


def damaged(path: Path, what: str) -> RunError:
    """The error of a file that agentk wrote and cannot read any more."""
    return RunError(
        f"{path} cannot be read: {what}; the file was edited or the disk is damaged. Put a copy of it back, or begin another "
        "run: the programs in attempts/, submission.csv and solution/ are files of their own"
    )


def _valid(kind: type[Fields], path: Path) -> Fields:
    try:
        return kind.model_validate_json(path.read_text())
    except ValidationError as error:
        first = error.errors()[0]
        raise damaged(path, f"{'.'.join(map(str, first['loc'])) or 'all of it'}: {first['msg']}") from None


class _WholeFolder:
    """A context in which a folder is written aside; it takes its place by one rename, whole or not at all."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def __enter__(self) -> Path:
        self._place.parent.mkdir(parents=True, exist_ok=True)
        self._draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=self._place.parent))
        return self._draft

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is not None:
            shutil.rmtree(self._draft, ignore_errors=True)
            if isinstance(error, OSError):
                raise StoreError(
                    f"{self._place} cannot be written: {error.strerror or error}. Free space, then `agentk resume`"
                ) from error
            return
        paths = [*self._draft.iterdir(), self._draft]
        with ThreadPoolExecutor(len(paths)) as side_by_side:  # a disk brings many files home in hardly more time than one
            list(side_by_side.map(_sync, paths))
        if self._place.exists():
            shutil.rmtree(self._place)
        self._draft.rename(self._place)
        _sync(self._place.parent)


def replace(path: Path, content: str | bytes) -> None:
    """Writes a file whole or not at all: aside, to disk, then renamed into place. Raises StoreError when the disk refuses."""
    data = content.encode() if isinstance(content, str) else content
    draft = path.with_name(f"{DRAFT}{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        full = error.errno in (ENOSPC, EDQUOT)
        remedy = "Free space, then `agentk resume`" if full else "It takes a folder that can be written to"
        raise StoreError(f"{path} cannot be written: {error.strerror}; what was there before is unharmed. {remedy}") from error


@contextmanager
def room_needed(path: Path) -> Iterator[None]:
    """Turns the many ways in which a full or read-only disk is reported into a StoreError that says what to do."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        full = error.errno in (ENOSPC, EDQUOT, EROFS) if isinstance(error, OSError) else "disk" in str(error)
        if not full:
            raise
        raise StoreError(
            f"{path} cannot be written to: {error}; what is there is unharmed. Free space, then `agentk resume {path.name}`"
        ) from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
