"""A run's folder as a run leaves it, written by the parts that write it: run.json, the contract, the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentk.agent.request import Request
from agentk.graph.folder import RunFolder
from agentk.graph.journal import Journal
from agentk.testing.flowers import FLOWERS
from agentk.types.attempt import Attempt


def told(journal: Journal, *attempts: Attempt) -> None:
    """The attempts, as finished."""
    for one in attempts:
        journal.write("attempt_finished", number=one.number, attempt=one.model_dump(mode="json"))


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[[], tuple[RunFolder, Journal]]]:
    """A run that has just been set up."""
    journals: list[Journal] = []

    def new() -> tuple[RunFolder, Journal]:
        request = Request(competition="flowers").model_dump(mode="json")
        folder = RunFolder.create(tmp_path / "run", {"request": request})
        folder.unlock()
        journal = Journal(folder.journal, lambda: 12.34)
        journals.append(journal)
        journal.write("run_started")
        (folder.path / "competition.json").write_text(FLOWERS.model_dump_json())
        return folder, journal

    yield new
    for journal in journals:
        journal.close()
