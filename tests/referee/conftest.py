"""Real rows, small metrics and one real sandbox for the referee's tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.metrics import metric_named
from agentk.referee.evaluation import Evaluation
from agentk.referee.referee import Referee
from agentk.sandbox.open import open_sandbox
from agentk.sandbox.protocol import Sandbox
from agentk.types.competition import Column, ColumnKind, Competition, SubmissionFormat, TableFile, TaskKind, Validation
from agentk.types.solution import Solution

Make = Callable[..., Competition]


def competition(task: TaskKind, train: pd.DataFrame, test: pd.DataFrame, **changes: Any) -> Competition:
    targets = changes.pop("targets", ("target",))
    columns = tuple(Column(name=name, kind=ColumnKind.NUMERIC) for name in test.columns if name != "id")
    fields: dict[str, Any] = {
        "name": "made",
        "folder": Path("nowhere"),
        "task": task,
        "train": TableFile(path="train.csv"),
        "test": TableFile(path="test.csv"),
        "id_columns": ("id",),
        "targets": targets,
        "columns": columns,
        "metric": "accuracy",
        "submission": SubmissionFormat(columns=("id", *targets), id_columns=("id",), kind="label"),
        "validation": Validation(scheme="stratified", folds=3),
        "rows": len(train),
        "test_rows": len(test),
    }
    return Competition(**{**fields, **changes})


@dataclass
class Rows:
    """A competition of real rows with its truth."""

    competition: Competition
    train: pd.DataFrame
    test: pd.DataFrame
    truth: np.ndarray
    answers: np.ndarray


@pytest.fixture(scope="session")
def cancer() -> Rows:
    """300 labelled and 150 unlabelled tumors; labels are spelled "B" and "M", "grade" is known of training rows alone."""
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer(as_frame=True)
    frame = data.data.iloc[:450, :8].copy()
    frame.columns = [f"f{i}" for i in range(8)]
    frame.insert(0, "id", [f"row-{i * 7919}" for i in range(len(frame))])
    label = np.where(data.target[:450] == 1, "B", "M")
    train = frame.iloc[:300].assign(grade=np.arange(300.0), target=label[:300])
    test = frame.iloc[300:].reset_index(drop=True)
    truth = (label == "M").astype(float)
    made = competition(TaskKind.BINARY, train, test, classes=("B", "M"), train_only=("grade",), metric="f1")
    return Rows(made, train, test, truth[:300], truth[300:])


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    imports = ["numpy", "pandas", "sklearn.linear_model", "sklearn.pipeline", "sklearn.preprocessing", "agentk.referee.harness"]
    opened = open_sandbox(2, 1, imports, tmp_path_factory.mktemp("sandbox"))
    yield opened
    opened.close()


@pytest.fixture
def referee(cancer: Rows, sandbox: Sandbox, tmp_path: Path) -> Referee:
    return Referee(cancer.competition, cancer.train, cancer.test, cancer.truth, metric_named("f1"), sandbox, tmp_path, seed=1)


def outcome_of(referee: Referee, solution: Solution, **options: object) -> Evaluation:
    referee.submit(solution, {}, key="one", **options)  # type: ignore[arg-type]
    (evaluation,) = referee.collect(None)
    return evaluation
