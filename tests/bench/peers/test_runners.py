"""The runner's protocol, by the one peer that runs in agentk's own environment."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agentk.bench.peers.environments import RUNNERS

ROWS = 200
Run = Callable[..., pd.DataFrame]


def hand(folder: Path, targets: dict[str, np.ndarray], **problem: object) -> None:
    """Rows of which the number, the category and the date matter, and a folder as the peers are handed it."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    rows = pd.DataFrame({
        "number": rng.normal(size=2 * ROWS), "kind, with a comma": rng.choice(list("abc"), 2 * ROWS),
        "day": pd.date_range("2024-01-01", periods=2 * ROWS).astype(str), "words": "some free text",
    })  # fmt: skip
    rows.loc[::7, ["number", "kind, with a comma"]] = np.nan
    rows[:ROWS].assign(**targets).to_csv(folder / "train.csv", index=False)
    rows[ROWS:].to_csv(folder / "test.csv", index=False)
    kinds = {"number": "numeric", "kind, with a comma": "categorical", "day": "datetime", "words": "text"}
    (folder / "problem.json").write_text(json.dumps({"direction": "minimize", "kinds": kinds, **problem}))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., pd.DataFrame]:
    monkeypatch.syspath_prepend(str(RUNNERS))
    main = importlib.import_module("run").main

    def answered(folder: Path, out: Path, seconds: float = 0.3) -> pd.DataFrame:
        out.mkdir()
        main("lightgbm", folder, out, seconds, 1, 0)
        assert (out / "began").exists()
        return pd.read_csv(out / "predictions.csv")

    return answered


@pytest.mark.parametrize(
    ("task", "classes", "metric", "answers"),
    [("binary", 2, "log_loss", "probabilities"), ("multiclass", 3, "accuracy", "labels")],
)
def test_classes_are_answered_with_a_column_of_probabilities_each(
    run: Run, tmp_path: Path, task: str, classes: int, metric: str, answers: str
):
    codes = np.arange(ROWS) % classes
    hand(tmp_path / "handed", {"target_0": codes}, task=task, classes=classes, metric=metric, answers=answers)
    found = run(tmp_path / "handed", tmp_path / "out")
    assert found.shape == (ROWS, classes)
    assert found.to_numpy().sum(axis=1) == pytest.approx(np.ones(ROWS))


def test_several_targets_are_answered_one_after_the_other(run: Run, tmp_path: Path):
    targets = {"target_0": np.arange(ROWS) / ROWS, "target_1": np.full(ROWS, 7.0)}
    hand(tmp_path / "handed", targets, task="multioutput", classes=0, metric="rmse", answers="values")
    found = run(tmp_path / "handed", tmp_path / "out")
    assert found.shape == (ROWS, 2)
    assert found.iloc[:, 1].to_numpy() == pytest.approx(np.full(ROWS, 7.0), abs=0.01)


def test_it_learns_from_numbers_and_categories(run: Run, tmp_path: Path):
    rng = np.random.default_rng(1)
    hand(tmp_path / "handed", {}, task="regression", classes=0, metric="rmse", answers="values")
    rows = pd.read_csv(tmp_path / "handed" / "train.csv")
    rows["target_0"] = rows["number"].fillna(0) + 3 * (rows["kind, with a comma"] == "b") + rng.normal(0, 0.1, ROWS)
    rows.to_csv(tmp_path / "handed" / "train.csv", index=False)
    found = run(tmp_path / "handed", tmp_path / "out", seconds=1.0)
    test = pd.read_csv(tmp_path / "handed" / "test.csv")
    truth = test["number"].fillna(0) + 3 * (test["kind, with a comma"] == "b")
    assert np.corrcoef(truth, found.iloc[:, 0])[0, 1] > 0.9


def test_a_label_spelled_na_is_a_label_and_an_empty_cell_is_missing(run: Run, tmp_path: Path):
    (tmp_path / "rows.csv").write_text("garage,size,flag\nNA,1.5,True\n,,\n")
    rows = importlib.import_module("run")._read(
        tmp_path / "rows.csv", {"garage": "categorical", "size": "numeric", "flag": "boolean"}
    )
    assert rows["garage"].isna().tolist() == [False, True] and rows["garage"][0] == "NA"
    assert rows["size"].tolist()[0] == 1.5 and rows["size"].isna().tolist() == [False, True]
    assert rows["flag"].isna().tolist() == [False, True]
