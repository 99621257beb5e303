"""Cells of numbers as columns, whatever their signs; columns below each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.files.reshaped import below_each_other, set_across, spelled_tags, spread_cells


def test_small_whole_numbers_are_read_as_they_are_spelled() -> None:
    bits = np.random.default_rng(0).integers(0, 256, (600, 40))
    frame = pd.DataFrame({"a": 1, "bits": [" ".join(map(str, row)) for row in bits]})
    spread = spread_cells(frame, "bits")
    assert (spread.drop(columns="a").to_numpy() == bits).all() and spread["bits_0"].dtype == np.uint8


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["1 2 300", "4 5 6"], [1, 2, 300]),
        (["1.5 2 3", "4 5 6"], [1.5, 2, 3]),
        (["-1 2 3", "4 5 6"], [-1, 2, 3]),
        (["1,2,3", "4,5,6"], [1, 2, 3]),
        (["1  2  3", "4  5  6"], [1, 2, 3]),
        (["[1, 2, 3]", "[4, 5, 6]"], [1, 2, 3]),
        ([[1, 2, 3], [4, 5, 6]], [1, 2, 3]),
    ],
)
def test_other_numbers_are_read_too(cells: list[object], first: list[float]) -> None:
    spread = spread_cells(pd.DataFrame({"x": pd.Series(cells, dtype="object")}), "x")
    assert spread.iloc[0].tolist() == first and spread.iloc[1].tolist() == [4, 5, 6]


@pytest.mark.parametrize("odd", ["1 2", "1 2 3 4", "", None])
def test_a_cell_of_another_count_is_unknown(odd: str | None) -> None:
    spread = spread_cells(pd.DataFrame({"x": pd.Series(["7 8 9", odd, "1 2 3"], dtype="object")}), "x")
    assert spread.iloc[1].isna().all() and spread.iloc[2].tolist() == [1, 2, 3]


def test_columns_below_each_other_and_back() -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "F1": [1, 2], "F2": [3, 4]})
    longer = below_each_other(frame, ["id"], "day", "sold", [11, 12])
    assert longer["day"].tolist() == [11, 11, 12, 12] and longer["sold"].tolist() == [1, 2, 3, 4]
    assert set_across(frame, "id", ["F1", "F2"], longer["id"], [5, 6, 7, 8]).iloc[1].tolist() == ["b", 6.0, 8.0]
    assert "sold" not in below_each_other(frame, ["id"], "day", None)


def test_names_of_what_is_true() -> None:
    assert spelled_tags([[1, 0, 1], [0, 0, 0]], ["x", "y", "z"], ", ", always=True) == ["x, z", "x"]
    assert spelled_tags([[0, 0, 0]], ["x", "y", "z"], " ", always=False) == [""]
