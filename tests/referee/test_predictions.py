"""The border: only plain, sound numbers come back from programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agentk.referee.predictions import RefusedError, read_predictions
from agentk.types.competition import TaskKind


def read(tmp_path: Path, array: np.ndarray, rows: int, width: int, task: TaskKind) -> np.ndarray:
    np.save(tmp_path / "predictions.npy", array, allow_pickle=True)
    return read_predictions(tmp_path / "predictions.npy", rows, width, task)


def test_one_column_of_a_binary_task_is_the_probability_of_the_last_class(tmp_path: Path) -> None:
    assert read(tmp_path, np.array([[0.2], [1.0]]), 2, 2, TaskKind.BINARY).tolist() == [[0.8, 0.2], [0.0, 1.0]]


def test_small_drift_is_mended(tmp_path: Path) -> None:
    found = read(tmp_path, np.array([[0.2, 0.3, 0.501], [-1e-9, 0.5, 0.5]]), 2, 3, TaskKind.MULTICLASS)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-15) and found.min() == 0


def test_labels_of_a_multilabel_task_need_not_add_up_to_one(tmp_path: Path) -> None:
    assert read(tmp_path, np.array([[0.9, 0.8]]), 1, 2, TaskKind.MULTILABEL).tolist() == [[0.9, 0.8]]


def test_values_are_taken_as_they_are(tmp_path: Path) -> None:
    assert read(tmp_path, np.array([[-5.0], [1e9]]), 2, 1, TaskKind.REGRESSION).tolist() == [[-5.0], [1e9]]


@pytest.mark.parametrize(
    ("array", "task", "said"),
    [
        (np.array([[np.inf], [0.0]]), TaskKind.REGRESSION, "1 of 2 predicted rows"),
        (np.zeros((3, 1)), TaskKind.REGRESSION, r"shape \(3, 1\), expected \(2, 1\)"),
        (np.zeros(2), TaskKind.REGRESSION, r"shape \(2,\)"),
        (np.zeros((2, 1), dtype=np.float32), TaskKind.REGRESSION, "float32, not float64"),
        (np.array([["a"], ["b"]]), TaskKind.REGRESSION, "not float64"),
        (np.array([[{}], [{}]], dtype=object), TaskKind.REGRESSION, "object, not float64"),
        (np.array([[1.5], [0.5]]), TaskKind.BINARY, "outside"),
        (np.array([[0.5, 0.6], [0.5, 0.5]]), TaskKind.BINARY, "add up to between 1 and 1.1"),
    ],
)
def test_anything_else_is_refused_with_a_plain_reason(tmp_path: Path, array: np.ndarray, task: TaskKind, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        read(tmp_path, array, 2, 1 if task is TaskKind.REGRESSION else 2, task)


def test_a_file_that_claims_less_than_it_holds_or_is_none_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "predictions.npy"
    np.save(path, np.zeros((2, 1)))
    with path.open("ab") as file:
        file.truncate(1 << 32)  # sparse
    with pytest.raises(RefusedError, match="bytes"):
        read_predictions(path, 2, 1, TaskKind.REGRESSION)
    for content in (b"", b"hello", b"\x93NUMPY\x01\x00\xff\xff"):
        path.write_bytes(content)
        with pytest.raises(RefusedError, match="no readable array"):
            read_predictions(path, 2, 1, TaskKind.REGRESSION)
