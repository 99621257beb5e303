"""Runs to report on: one real and small, made once; and folders as runs of any length and end leave them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from agentk.agent.request import Request
from agentk.agent.session import begin, session, work
from agentk.graph.folder import RunFolder
from agentk.graph.journal import Journal
from agentk.testing.flowers import FLOWERS, attempt
from agentk.types.attempt import Attempt

PROGRAM = "def fit_predict(train, test, params, data_dir):\n    return {number}\n"


class Written:
    """A run's folder under the pen."""

    def __init__(self, path: Path) -> None:
        request = Request(competition="flowers").model_dump(mode="json")
        self.folder = RunFolder.create(path, {"request": request, "agentk": "0", "versions": {"numpy": "2"}})
        self.folder.unlock()
        self.seconds = 0.0
        self.journal = Journal(self.folder.journal, lambda: self.seconds)
        self.journal.write("run_started", request=request, versions={})

    def set_up(self) -> Written:
        (self.folder.path / "competition.json").write_text(FLOWERS.model_dump_json())
        return self

    def tried(self, *attempts: Attempt, log: str = "", source: str = PROGRAM) -> Written:
        for one in attempts:
            self.seconds += one.seconds
            place = self.folder.attempt(one.number)
            place.mkdir()
            (place / "solution.py").write_text(source.replace("{number}", str(one.number)))
            (place / "outcome.json").write_text(one.model_dump_json())
            (place / "log.txt").write_text(log)
            self.journal.write("attempt_finished", durable=False, number=one.number, attempt=one.model_dump(mode="json"))
            if one.chosen:
                self.journal.write("submission_replaced", durable=False, number=one.number, score=one.score, reason="better")
        return self

    def ended(self, why: str = "budget") -> Written:
        self.journal.write("run_finished", stopped_by=why, best=None, score=None, interval=None, attempts=0, failed=0)
        return self


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Callable[[], Written]]:
    made: list[Written] = []

    def write() -> Written:
        made.append(Written(tmp_path / "flowers-run"))
        return made[-1]

    yield write
    for one in made:
        one.journal.close()


@pytest.fixture
def long(written: Callable[[], Written]) -> Written:
    """Five hundred attempts, improved, tuned, failed."""
    made, rng, best = written().set_up(), np.random.default_rng(0), 0.0
    for number in range(1, 501):
        score = None if rng.random() < 0.2 else float(0.5 + 0.45 * (1 - np.exp(-number / 100)) + rng.normal(0, 0.02))
        chosen = score is not None and score > best
        best = score if chosen and score is not None else best
        parent = int(rng.integers(1, number)) if number > 5 and rng.random() < 0.7 else None
        kind = "draft" if parent is None else "improve"
        made.tried(attempt(number, score, parent=parent, kind=kind, chosen=chosen, name=f"model {number % 7}", recipe=None))
    return made.ended()


@pytest.fixture(scope="session")
def _finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    request = Request(
        competition="builtin:wine", budget=None, attempts=3, out=tmp_path_factory.mktemp("runs"), workers=2, memory="off"
    )
    folder = begin(request)
    with session(folder, request) as bench:
        work(bench)
    return folder.path


@pytest.fixture
def finished(_finished: Path, tmp_path: Path) -> RunFolder:
    """A real run that has ended: three attempts at a built-in competition. Each test has its own copy."""
    shutil.copytree(_finished, tmp_path / _finished.name)
    return RunFolder.open(tmp_path / _finished.name)
