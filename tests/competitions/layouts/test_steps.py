"""A thing at a time: days as columns, and ids of shop and day that no test file explains."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.files.rows import load_rows
from agentk.competitions.files.tables import plan_of, rows_of
from agentk.types.competition import TaskKind

RNG = np.random.default_rng(3)
PAST = pd.date_range("2024-01-01", periods=120).strftime("%Y-%m-%d")
NEXT = pd.date_range("2024-04-30", periods=14).strftime("%Y-%m-%d")
PAGE = {"description.md": "## Evaluation\n\nRMSE"}
SHOPS = [f"shop_{at:02d}" for at in range(9)]


def ids(sign: str = "_") -> list[str]:
    return [f"{shop}{sign}{day}" for shop in SHOPS for day in NEXT]


@pytest.fixture
def wide() -> pd.DataFrame:
    values = RNG.poisson(20, (len(SHOPS), len(PAST))).astype(float)
    values[0, :30] = np.nan
    return pd.DataFrame(values, columns=PAST).assign(shop=SHOPS, town="Bern")


@pytest.mark.parametrize("keys", [False, True])
def test_days_as_columns_become_rows(wide: pd.DataFrame, write, understood, keys: bool) -> None:
    named = [f"k{at:04d}" for at in range(len(ids()))] if keys else ids()
    files = {"train.csv": wide, "sample_submission.csv": pd.DataFrame({"Id": named, "visits": 0}), **PAGE}
    if keys:
        files["key.csv"] = pd.DataFrame({"Page": ids(), "Id": named})
    c = understood(write(files))
    train, test = rows_of(c)
    assert (c.task, c.targets, c.validation.scheme) == (TaskKind.REGRESSION, ("visits",), "rolling")
    assert c.rows == len(SHOPS) * len(PAST) - 30 == len(train) and c.test_rows == len(ids())
    assert test["shop"].tolist() == np.repeat(SHOPS, len(NEXT)).tolist() and test["date"].iloc[0] == NEXT[0]
    row = train.iloc[100]
    assert row["visits"] == wide.set_index("shop").loc[row["shop"], row["date"]]
    assert load_rows(c.folder, plan_of(c))[1].equals(test)


def test_the_only_table_with_the_answer_is_train_and_ids_are_test(write, understood) -> None:
    visits = pd.DataFrame([(shop, day) for shop in SHOPS for day in PAST], columns=["shop", "day"])
    visits["visitors"] = RNG.poisson(30, len(visits))
    places = pd.DataFrame({"shop": SHOPS, "kind": RNG.choice(["bar", "inn"], len(SHOPS))})
    sample = pd.DataFrame({"id": ids(), "visitors": 0})
    c = understood(write({"visits.csv": visits, "places.csv": places, "sample_submission.csv": sample, **PAGE}))
    assert (c.train.path, c.test.path, c.id_columns) == ("visits.csv", "sample_submission.csv", ("id",))
    assert {column.name for column in c.columns} == {"shop", "day", "kind"} and c.validation.scheme == "rolling"


def test_numbers_of_shops_stay_numbers(write, understood) -> None:
    visits = pd.DataFrame([(shop, day) for shop in range(1, 9) for day in PAST], columns=["shop", "day"])
    visits["sold"] = RNG.poisson(30, len(visits))
    sample = pd.DataFrame([(f"{shop}_{day}", 0) for shop in range(1, 9) for day in NEXT], columns=["id", "sold"])
    c = understood(write({"train.csv": visits, "sample_submission.csv": sample}))
    assert [str(part["shop"].dtype) for part in rows_of(c)] == ["int64", "int64"]
