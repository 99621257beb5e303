"""A run's folder: whole or not there, one process at a time, other versions left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentk.errors import RunError, StoreError
from agentk.graph.folder import RunFolder, replace
from agentk.types.attempt import Attempt
from agentk.types.outcome import Outcome, Status
from agentk.types.solution import Solution


def attempt(number: int) -> Attempt:
    return Attempt(
        number=number,
        parent=None,
        kind="draft",
        name="linear",
        origin="playbook",
        outcome=Outcome(status=Status.FAILED, reason="x"),
    )


def test_a_run_needs_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(RunError, match="not empty"):
        RunFolder.create(tmp_path, {})
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_of_another_version_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", {"agentk": "9.9"})
    facts = folder.facts() | {"version": 99}
    folder.facts_file.write_text(json.dumps(facts))
    before = folder.facts_file.read_text()
    with pytest.raises(RunError, match=r"layout version 99.*9\.9"):
        RunFolder.open(tmp_path / "run")
    assert folder.facts_file.read_text() == before


def test_only_one_process_works_on_a_run(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", {})
    with pytest.raises(RunError, match="another process"):
        RunFolder(tmp_path / "run").lock()
    folder.unlock()
    RunFolder(tmp_path / "run").lock()


def test_what_is_started_is_pending_until_it_is_finished(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", {})
    folder.start(1, Solution("a = 1\n", "linear"), {"params": {"C": 2}})
    folder.start(2, Solution("b = 1\n", "trees"), {"params": {}})
    assert folder.has_started(1) and folder.has_started(2)
    solution, plan = folder.started_solution(1)
    assert (solution.source, solution.name, plan) == ("a = 1\n", "linear", {"params": {"C": 2}})
    folder.finish(attempt(1), "a = 1\n", "the log", None)
    assert not folder.has_started(1) and folder.has_started(2)
    assert folder.read_attempt(1) == attempt(1)
    assert sorted(path.name for path in folder.attempt(1).iterdir()) == ["log.txt", "outcome.json", "params.json", "solution.py"]


def test_an_attempt_whose_files_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", {})

    def full(path: Path) -> None:
        (path / "oof.parquet").write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space left"):
        folder.finish(attempt(1), "a = 1\n", "", full)
    assert list(folder.attempts.iterdir()) == []


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    replace(path, "old")
    replace(path, b"new")
    assert path.read_text() == "new"
    with pytest.raises(StoreError):
        replace(tmp_path / "missing" / "submission.csv", "x")
    assert [file.name for file in tmp_path.iterdir()] == ["submission.csv"]
