"""A small contract and attempts at it, for tests of parts that only read what a run has left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
    doubts=("the id may be a date; --id says otherwise",),
)
"""None of its files exist."""


def attempt(number: int, score: float | None = None, **fields: Any) -> Attempt:
    """An attempt that scored, with five folds about its score, or failed where there is no score."""
    outcome = Outcome(status=Status.SCORED) if score is not None else Outcome(status=Status.FAILED, reason="it raised")
    folds = () if score is None else tuple(score + shift for shift in (0.01, -0.01, 0.0, 0.02, -0.02))
    known: dict[str, Any] = {
        "number": number,
        "parent": None,
        "kind": "draft",
        "name": "linear",
        "origin": "playbook",
        "recipe": "linear",
    }
    known |= {"outcome": outcome, "score": score, "std": score and 0.01, "fold_scores": folds, "seconds": 2.0}
    return Attempt.model_validate(known | fields)
