"""The tasks of a comparison: the same split for every system, its truth apart."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agentk.bench.peers.generators import invented
from agentk.bench.peers.tasks import split, tasks
from agentk.types.competition import TaskKind


def test_a_split_is_a_competition_that_setup_understands_and_its_truth_lies_apart(tmp_path: Path):
    (task,) = tasks(None, None, ["rare"])
    made = split(task, 0, tmp_path)
    assert (made.competition.task, made.competition.metric, made.drifting) == (TaskKind.BINARY, "f1", False)
    assert "y" not in pd.read_csv(made.data / "test.csv")
    assert len(pd.read_csv(made.answers)) == made.competition.test_rows == 2000
    assert not made.answers.is_relative_to(made.data)
    assert made.constant == 0.0


def test_another_split_has_other_rows_and_the_same_again_the_same(tmp_path: Path):
    (task,) = tasks(None, None, ["diabetes"])
    first, second, again = (split(task, number, tmp_path / place) for number, place in ((0, "a"), (1, "a"), (0, "b")))
    assert first.answers.read_text() == again.answers.read_text() != second.answers.read_text()
    assert not np.array_equal(invented(0)["hastie"].make().rows["y"], invented(1)["hastie"].make().rows["y"])


def test_the_peers_are_told_the_problem_and_spared_the_ids_and_the_scale_of_the_metric(tmp_path: Path):
    (task,) = tasks(None, None, ["counts"])
    made = split(task, 0, tmp_path)
    train, test = (pd.read_csv(made.handed() / name) for name in ("train.csv", "test.csv"))
    given = pd.read_csv(made.data / "train.csv")
    problem = json.loads((made.handed() / "problem.json").read_text())
    assert (problem["task"], problem["metric"], problem["answers"]) == ("regression", "rmsle", "values")
    assert problem["kinds"] == {
        "exposure": "numeric", "power": "numeric", "years": "numeric", "brand": "categorical", "density": "numeric"
    }  # fmt: skip
    assert list(test.columns) == list(problem["kinds"]) == [name for name in train.columns if name != "target_0"]
    assert train["target_0"].to_numpy() == pytest.approx(np.log1p(given["y"]).to_numpy())
    assert made.from_handed(train["target_0"].to_numpy()) == pytest.approx(given["y"].to_numpy())


def test_perfect_predictions_have_a_perfect_score(tmp_path: Path):
    (task,) = tasks(None, None, ["wine"])
    made = split(task, 0, tmp_path)
    truth = made.grader.truth.astype(int)
    assert made.grader.grade(made.submission(np.eye(3)[truth])) == 1.0
    assert made.constant < 0.5


def test_a_competition_of_ones_own_is_measured_where_it_lies(tmp_path: Path):
    (task,) = tasks(None, None, ["iris"])
    made = split(task, 0, tmp_path / "made")
    constant = made.constant
    (tmp_path / "data").mkdir()
    made.data.rename(tmp_path / "data" / "flowers")
    (tmp_path / "answers").mkdir()
    made.answers.rename(tmp_path / "answers" / "flowers.csv")
    own, *others = tasks(tmp_path / "data", tmp_path / "answers", [])
    assert own.name == "flowers" and "iris" in {other.name for other in others}
    assert split(own, 0, tmp_path / "splits").constant == pytest.approx(constant)
