"""A run's folder as a run leaves it, written by the parts that write it: run.json, the contract, the journal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentk.agent.request import Request
from agentk.graph.folder import RunFolder
from agentk.graph.journal import Journal
from agentk.types.attempt import Attempt
from agentk.types.competition import Column, ColumnKind, Competition, SubmissionFormat, TableFile, TaskKind, Validation
from agentk.types.outcome import Outcome, Status

FLOWERS = Competition(
    name="flowers",
    folder=Path("flowers"),
    task=TaskKind.BINARY,
    train=TableFile(path="train.csv"),
    test=TableFile(path="test.csv"),
    id_columns=("id",),
    targets=("kind",),
    classes=("a", "b"),
    columns=(Column(name="width", kind=ColumnKind.NUMERIC),),
    metric="accuracy",
    submission=SubmissionFormat(columns=("id", "kind"), id_columns=("id",), kind="label"),
    validation=Validation(scheme="stratified", folds=5),
    rows=100,
    test_rows=50,
)


def attempt(number: int, score: float | None = None, **fields: Any) -> Attempt:
    outcome = Outcome(status=Status.SCORED) if score is not None else Outcome(status=Status.FAILED, reason="it raised")
    folds = () if score is None else tuple(score + shift for shift in (0.01, -0.01, 0.0, 0.02, -0.02))
    known = {
        "fold_scores": folds,
        "number": number,
        "parent": None,
        "kind": "draft",
        "name": "linear",
        "origin": "playbook",
        "recipe": "linear",
    }
    return Attempt.model_validate(known | {"outcome": outcome, "score": score, "std": score and 0.01, "seconds": 2.0} | fields)


def told(journal: Journal, *attempts: Attempt) -> None:
    """The attempts, as finished."""
    for one in attempts:
        journal.write("attempt_finished", number=one.number, attempt=one.model_dump(mode="json"))


@pytest.fixture
def made(tmp_path: Path) -> Callable[[], tuple[RunFolder, Journal]]:
    """A run that has just been set up."""

    def new() -> tuple[RunFolder, Journal]:
        request = Request(competition="flowers").model_dump(mode="json")
        folder = RunFolder.create(tmp_path / "run", {"request": request})
        journal = Journal(folder.journal, lambda: 12.34)
        journal.write("run_started")
        (folder.path / "competition.json").write_text(FLOWERS.model_dump_json())
        return folder, journal

    return new
