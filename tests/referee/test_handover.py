"""What is handed over: label-free rows of one type a column, files that rows name, nothing that was there already made anew."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agentk.errors import CompetitionError
from agentk.referee.handover import Handover, hand_over
from agentk.referee.harness import load
from agentk.referee.layout import Layout
from agentk.types.competition import FileColumn, TaskKind

from .conftest import competition

LAYOUT = Layout(np.arange(6) % 2, 2, "random", 0)
TRAIN = pd.DataFrame({"id": range(6), "x": [1, 2, 3, 4, 5, 6], "target": [0.5] * 6})
TEST = pd.DataFrame({"id": range(6, 8), "x": [7.0, np.nan]})


def handed(place: Path, train: pd.DataFrame = TRAIN, test: pd.DataFrame = TEST, **changes: object) -> Handover:
    made = competition(TaskKind.REGRESSION, train, test, **changes)
    return hand_over(made, train, test, LAYOUT, place, extra=None, data_dir=None)


def test_a_column_has_one_type_in_train_and_test(tmp_path: Path) -> None:
    found = handed(tmp_path)
    fold = load({"rows": found.rows, "fold": found.calls[0]})
    assert fold.train["x"].dtype == fold.test["x"].dtype == np.float64
    assert fold.train["x"].tolist() == [2, 4, 6] and fold.test["id"].tolist() == [0, 2, 4, 6, 7]
    assert list(fold.train.columns) == ["id", "x", "target"] and list(fold.test.columns) == ["id", "x"]


def test_columns_that_test_alone_has_are_left_out(tmp_path: Path) -> None:
    found = handed(tmp_path, test=TEST.assign(only=1))
    assert list(pickle.loads(found.rows.read_bytes()).columns) == ["id", "x"]


def test_the_same_data_are_found_again_and_others_are_kept_apart(tmp_path: Path) -> None:
    first = handed(tmp_path)
    written = first.rows.stat().st_mtime_ns
    again = handed(tmp_path)
    assert again == first and again.rows.stat().st_mtime_ns == written
    other = handed(tmp_path, train=TRAIN.assign(target=[0.5] * 5 + [0.6]))
    assert other.digest != first.digest and other.rows != first.rows


def test_solutions_see_the_files_that_rows_name_and_no_table(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "pictures").mkdir(parents=True)
    for name in ("pictures/0.png", "pictures/7.png", "pictures/unnamed.png", "train.csv"):
        (source / name).write_bytes(b"content")
    column = FileColumn(name="picture", id_column="id", train="pictures/{}.png", test="pictures/{}.png")
    train, test = (rows.assign(picture="pictures/" + rows["id"].astype(str) + ".png") for rows in (TRAIN, TEST))
    found = handed(tmp_path / "referee", train, test, file_columns=(column,), folder=source)
    seen = sorted(path.relative_to(found.data).as_posix() for path in found.data.rglob("*") if path.is_file())
    assert seen == ["pictures/0.png", "pictures/7.png"]


def test_lists_within_cells_are_handed_over_too(tmp_path: Path) -> None:
    found = handed(tmp_path, TRAIN.assign(tags=[["a", "b"]] * 6), TEST.assign(tags=[["c"]] * 2))
    assert pickle.loads(found.rows.read_bytes())["tags"].iloc[-1] == ["c"]


def test_a_missing_target_and_folds_of_another_length_are_errors(tmp_path: Path) -> None:
    with pytest.raises(CompetitionError, match="'target'"):
        handed(tmp_path, train=TRAIN.drop(columns="target"))
    with pytest.raises(CompetitionError, match="6 rows, train has 5"):
        handed(tmp_path, train=TRAIN.iloc[:5])
