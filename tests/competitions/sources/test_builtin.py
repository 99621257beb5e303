"""Built-in competitions: laid out as Kaggle's, answers apart, the same every time."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from agentk.competitions.files.tables import rows_of
from agentk.competitions.scoring.truth import encode_truth
from agentk.competitions.sources import builtin
from agentk.errors import SettingError
from agentk.types.competition import TaskKind


@pytest.mark.parametrize("name", builtin.names())
def test_a_folder_and_its_answers(name: str, tmp_path: Path) -> None:
    builtin.make(name, tmp_path / "folder", tmp_path / "kept" / "answers.csv")
    train, test, sample, answers = (
        pd.read_csv(path) for path in (*(tmp_path / "folder" / f for f in ("train.csv", "test.csv", "sample_submission.csv")),
                                       tmp_path / "kept" / "answers.csv")
    )  # fmt: skip
    targets = [column for column in answers.columns if column != "id"]
    assert set(targets) <= set(train.columns) and not set(targets) & set(test.columns)
    assert test["id"].tolist() == sample["id"].tolist() == answers["id"].tolist()
    assert not set(train["id"]) & set(test["id"]) and (tmp_path / "folder" / "description.md").exists()


def test_the_same_every_time(tmp_path: Path) -> None:
    for where in ("first", "second"):
        builtin.make("shops", tmp_path / where, tmp_path / where / "answers.csv")
    assert (tmp_path / "first" / "train.csv").read_bytes() == (tmp_path / "second" / "train.csv").read_bytes()


def test_names_forgive_and_suggest() -> None:
    assert builtin.known_name("Breast_Cancer") == "breast-cancer"
    with pytest.raises(SettingError, match="Did you mean breast-cancer"):
        builtin.known_name("brest-cancer")
    with pytest.raises(SettingError, match="There are breast-cancer, "):
        builtin.known_name("zzz")


def test_every_task_and_every_scheme_is_among_them(builtins) -> None:
    assert {c.task for c in builtins.values()} == set(TaskKind) - {TaskKind.SPANS}  # those are among the synthetic ones alone
    assert {c.validation.scheme for c in builtins.values()} == {"random", "stratified", "grouped", "blocked", "rolling"}


def test_answers_are_the_truth_of_the_test_rows(understood, tmp_path: Path) -> None:
    c = understood("builtin:iris")
    answers = pd.read_csv(tmp_path / "made" / "answers" / "answers.csv")
    assert len(encode_truth(c, answers)) == c.test_rows and answers["id"].tolist() == rows_of(c)[1]["id"].tolist()
