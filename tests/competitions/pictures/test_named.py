"""Several pictures a row, by columns, by id or in folders of ids; rows without one have no path."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.files.rows import load_rows
from agentk.competitions.files.tables import plan_of, rows_of
from agentk.types.competition import ColumnKind

N, M = 240, 80
LABEL = np.random.default_rng(2).integers(0, 2, N + M)


def files(rows: pd.DataFrame, pictures: list[str]) -> dict[str, pd.DataFrame | bytes]:
    train, test = rows.iloc[:N].assign(label=LABEL[:N]), rows.iloc[N:]
    tables = {"train.csv": train, "test.csv": test, "sample_submission.csv": test[["id"]].assign(label=0)}
    return {**tables, **dict.fromkeys(pictures, b"x")}


def test_two_columns_that_name_pictures(rows: pd.DataFrame, write, understood) -> None:
    named = rows.assign(left=[f"L{at}.png" for at in rows["id"]], right=[f"R{at}.png" for at in rows["id"]])
    paths = [f"{'train' if at < N else 'test'}/{side}{key}.png" for at, key in enumerate(rows["id"]) for side in "LR"]
    c = understood(write(files(named, paths)))
    assert [(file.name, file.id_column) for file in c.file_columns] == [("image_1", "left"), ("image_2", "right")]
    assert rows_of(c)[1]["image_2"].iloc[0] == f"test/R{rows['id'].iloc[N]}.png"
    assert [column.name for column in c.columns if column.kind is ColumnKind.IMAGE] == ["image_1", "image_2"]


@pytest.mark.parametrize("form", ["photos/{}-{}.jpg", "photos/{}/{}.jpg", "{part}/{}_{}.jpg"])
def test_ids_with_up_to_three_pictures(rows: pd.DataFrame, write, understood, form: str) -> None:
    def named(at: int, key: int) -> list[str]:
        part = "train" if at < N else "test"
        return [form.format(key, number, part=part) for number in range(1, 1 + at % 4)]

    paths = [path for at, key in enumerate(rows["id"]) for path in named(at, key)]
    c = understood(write(files(rows, paths)))
    train, test = rows_of(c)
    assert [file.partial for file in c.file_columns] == [True, True, True]
    assert train["image_1"].isna().mean() == 0.25 and train["image_3"].isna().mean() == 0.75
    assert train["image_2"].iloc[2] == named(2, int(rows["id"].iloc[2]))[1] and test["image_3"].iloc[3] is not None
    assert load_rows(c.folder, plan_of(c))[0].equals(train)


def test_rows_without_a_picture(rows: pd.DataFrame, write, understood) -> None:
    c = understood(write(files(rows, [f"images/{key}.png" for at, key in enumerate(rows["id"]) if at % 3])))
    (column,) = (column for column in c.columns if column.kind is ColumnKind.IMAGE)
    assert column.missing == pytest.approx(1 / 3) and rows_of(c)[0]["image"].isna().sum() == N / 3


def test_other_pictures_are_no_pictures_of_rows(rows: pd.DataFrame, write, understood) -> None:
    c = understood(write(files(rows, ["images/logo.png", "images/map_1.png"])))
    assert c.file_columns == ()
