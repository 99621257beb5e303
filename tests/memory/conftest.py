"""Competitions and memories for the tests of memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentk.memory.disk import DiskShelf
from agentk.memory.embedders import HashingEmbedder
from agentk.memory.nested import NestedMemory
from agentk.memory.ram import RamShelf
from agentk.types.attempt import Attempt
from agentk.types.competition import Column, ColumnKind, Competition, SubmissionFormat, TableFile, TaskKind, Validation
from agentk.types.outcome import Outcome, Status


@pytest.fixture
def memory() -> NestedMemory:
    return NestedMemory(RamShelf(), HashingEmbedder())


@pytest.fixture
def on_disk(tmp_path: Path) -> Callable[..., NestedMemory]:
    """Opens the memory in a folder, again and again."""

    def open_(**options: object) -> NestedMemory:
        return NestedMemory(DiskShelf(tmp_path / "memory"), HashingEmbedder(), **options)  # type: ignore[arg-type]

    return open_


@pytest.fixture
def competition(tmp_path: Path) -> Competition:
    """A small table with names that nothing outside may learn."""
    return Competition(
        name="secretive-lenders",
        folder=tmp_path / "secretive-lenders",
        description="Who pays back?",
        task=TaskKind.BINARY,
        train=TableFile(path="train.csv"),
        test=TableFile(path="test.csv"),
        id_columns=("LoanKey",),
        targets=("Defaulted",),
        classes=("paid", "lost"),
        columns=(
            Column(name="LoanKey", kind=ColumnKind.IDENTIFIER, unique=1200),
            Column(name="Income", kind=ColumnKind.NUMERIC, missing=0.1, unique=900),
            Column(name="Branch", kind=ColumnKind.CATEGORICAL, missing=0.3, unique=45),
            Column(name="Age", kind=ColumnKind.NUMERIC, unique=60),
            Column(name="Owner", kind=ColumnKind.BOOLEAN, unique=2),
        ),
        metric="accuracy",
        submission=SubmissionFormat(columns=("LoanKey", "Defaulted"), id_columns=("LoanKey",), kind="label"),
        validation=Validation(scheme="stratified"),
        rows=1200,
        test_rows=400,
    )


@pytest.fixture
def attempt() -> Callable[..., Attempt]:
    """An attempt that scored, unless a status says otherwise."""

    def make(
        number: int, folds: tuple[float, ...] = (), *, status: Status = Status.SCORED, reason: str = "", **fields: object
    ) -> Attempt:
        score = sum(folds) / len(folds) if folds else None
        base = {"parent": None, "kind": "draft", "name": f"attempt {number}", "origin": "playbook", "score": score}
        outcome = Outcome(status=status, reason=reason)
        return Attempt.model_validate({**base, "number": number, "fold_scores": folds, "outcome": outcome, **fields})

    return make
