"""What the values of a column are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.columns.kinds import dates, described, looks_like_id
from agentk.types.competition import ColumnKind

RNG = np.random.default_rng(0)
N = 300
WORDS = ["the", "cat", "sat", "on", "a", "warm", "mat", "and", "slept", "well"]


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("height", RNG.normal(0, 1, N), ColumnKind.NUMERIC),
        ("rooms", RNG.integers(1, 9, N), ColumnKind.NUMERIC),
        ("salary", RNG.permutation(N * 7), ColumnKind.NUMERIC),
        ("id", RNG.permutation(N * 7), ColumnKind.IDENTIFIER),
        ("PassengerId", np.arange(N), ColumnKind.IDENTIFIER),
        ("counted", np.arange(N), ColumnKind.IDENTIFIER),
        ("pool", RNG.integers(0, 2, N), ColumnKind.BOOLEAN),
        ("sure", [True, None, False] * (N // 3), ColumnKind.BOOLEAN),
        ("grade", [1] * N, ColumnKind.CONSTANT),
        ("nothing", [None] * N, ColumnKind.CONSTANT),
        ("known", ["yes"] + [None] * (N - 1), ColumnKind.CATEGORICAL),  # that it is known may tell
        ("town", RNG.choice(["New York", "Bern"], N), ColumnKind.CATEGORICAL),
        ("ticket", [f"A/{at // 3} 7" for at in range(N)], ColumnKind.CATEGORICAL),
        ("hash", [f"{at * 7919:08x}" for at in range(N)], ColumnKind.IDENTIFIER),
        ("note", [" ".join(RNG.choice(WORDS, 6)) for _ in range(N)], ColumnKind.TEXT),
        ("day", pd.date_range("2020-01-01", periods=N).strftime("%Y-%m-%d"), ColumnKind.DATETIME),
        ("at", pd.date_range("2020-01-01", periods=N, freq="h").strftime("%m/%d/%Y %H:%M"), ColumnKind.DATETIME),
        ("when", pd.date_range("2020-01-01", periods=N), ColumnKind.DATETIME),
        ("spoken", pd.date_range("2020-01-01", periods=N).strftime("%d %B %Y"), ColumnKind.DATETIME),
        ("version", [f"1.{at % 9}.{at % 4}" for at in range(N)], ColumnKind.CATEGORICAL),
        ("tags", [["a", "b"], []] * (N // 2), ColumnKind.LIST),
        ("tags", ["['a', 'b']", "[]"] * (N // 2), ColumnKind.LIST),
        ("file", [f"pictures/{at}.JPG" for at in range(N)], ColumnKind.IMAGE),
        ("unix_time", 1_600_000_000 + RNG.integers(0, 9_000_000, N), ColumnKind.NUMERIC),
    ],
)  # fmt: skip
def test_kinds(name: str, values, kind: ColumnKind) -> None:
    column = pd.Series(list(values))
    assert described(name, column, column).kind is kind


def test_shares_and_counts() -> None:
    column = described("x", pd.Series(["a", None, "b", "a"]), pd.Series(["a"]))
    assert (column.missing, column.unique) == (0.25, 2)


def test_a_constant_that_differs_in_test_is_none() -> None:
    assert described("year", pd.Series([2020] * N), pd.Series([2020, 2021])).kind is ColumnKind.NUMERIC


@pytest.mark.parametrize("spelling", ["%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y %H:%M", "%Y%m%dT%H%M%S"])
def test_day_and_month_are_told_apart_by_what_fits_all(spelling: str) -> None:
    days = pd.Series(pd.date_range("2021-01-02", periods=90))
    assert dates(days.dt.strftime(spelling)).dt.tz_localize(None).tolist() == days.tolist()


@pytest.mark.parametrize(
    ("name", "is_id"), [("Id", True), ("PassengerId", True), ("row id", True), ("uuid", True), ("valid", False), ("Grid", False)]
)
def test_names_of_ids(name: str, is_id: bool) -> None:
    assert looks_like_id(name) is is_id
