"""Families of features: pairs of numbers, numbers by group, clusters; each of the columns that tell most."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.table.features.clusters import clustered
from agentk.reasoning.recipes.blocks.table.features.groups import grouped
from agentk.reasoning.recipes.blocks.table.features.pairs import PAIRED_COLUMNS, paired
from agentk.reasoning.recipes.blocks.table.features.telling import binned, telling_numbers

RNG = np.random.default_rng(0)


@pytest.fixture
def numbers() -> Iterator[pd.DataFrame]:
    """Twelve columns of numbers that the contract knows."""
    frame = pd.DataFrame(RNG.normal(size=(400, 12)), columns=[f"x{at}" for at in range(12)])
    before = CONTRACT["kinds"]
    CONTRACT["kinds"] = dict.fromkeys(frame, "numeric")
    yield frame
    CONTRACT["kinds"] = before


def test_a_column_whose_extremes_tell_is_found_though_no_line_sees_it(numbers: pd.DataFrame) -> None:
    target = numbers["x7"].to_numpy() ** 2 + 0.1 * RNG.normal(size=400)
    assert telling_numbers(numbers, target, False, 1) == ["x7"]
    assert telling_numbers(numbers, (target > 1).astype(int), True, 1) == ["x7"]


@pytest.mark.parametrize("discrete", [False, True])
def test_columns_that_tell_nothing_but_together_are_found(numbers: pd.DataFrame, discrete: bool) -> None:
    """The sign of a product hangs on neither factor alone: each by itself tells as much as a column of noise."""
    wide = pd.DataFrame(np.random.default_rng(1).normal(size=(1500, 12)), columns=list(numbers))
    wide.loc[::50, "x2"] = np.nan
    product = (wide["x3"] * wide["x8"]).to_numpy()
    target = (product > 0).astype(int) if discrete else product + 0.3 * np.random.default_rng(2).normal(size=1500)
    assert telling_numbers(wide, target, discrete, 2) == ["x3", "x8"]


def test_without_rows_or_classes_to_learn_from_each_column_stands_for_itself(numbers: pd.DataFrame) -> None:
    assert telling_numbers(numbers.iloc[:90], numbers["x7"].to_numpy()[:90], False, 1) == ["x7"]
    assert len(telling_numbers(numbers, np.zeros(400, dtype=int), True, 3)) == 3
    many = pd.qcut(numbers["x7"], 40, labels=False).to_numpy()
    assert telling_numbers(numbers, many, True, 1) == ["x7"]


def test_what_is_missing_is_a_bin_of_its_own_and_the_others_are_of_equal_weight() -> None:
    codes = binned(np.append(RNG.normal(size=1600), [np.nan, np.nan]))
    assert codes[-2:].tolist() == [0, 0]
    assert np.bincount(codes)[1:].tolist() == [100] * 16
    assert binned(np.full(3, np.nan)).tolist() == [0, 0, 0]


def test_the_numbers_that_tell_most_are_paired_in_training_and_test_rows_alike(numbers: pd.DataFrame) -> None:
    target = numbers.iloc[:, :PAIRED_COLUMNS].sum(axis=1).to_numpy()[:300]
    found = paired(numbers.iloc[:300], numbers.iloc[300:], target, False, {"pairs": "products"})
    assert len(found) == PAIRED_COLUMNS * (PAIRED_COLUMNS - 1) // 2
    assert np.allclose(found["x1 * x4"], numbers["x1"] * numbers["x4"])
    assert paired(numbers.iloc[:300], numbers.iloc[300:], target, False, {"pairs": "none"}) == {}


def test_a_row_is_seen_beside_its_group_and_what_is_missing_is_no_member(numbers: pd.DataFrame) -> None:
    frame = numbers.assign(place=pd.Categorical(np.where(np.arange(400) % 2, "a", "b")))
    frame.loc[[1, 398], "x0"] = np.nan
    target = frame["x1"].to_numpy()[:300]
    found = grouped(frame.iloc[:300], frame.iloc[300:].reset_index(drop=True), target, False, {"groups": True})
    means = frame.groupby("place", observed=True)["x1"].mean()
    assert np.allclose(found["x1 of place"], frame["place"].map(means).astype(float))
    assert np.allclose(found["x1 beyond place"] + found["x1 of place"], frame["x1"])
    assert not any(np.isnan(values).all() for values in found.values())
    assert grouped(frame.iloc[:300], frame.iloc[300:], target, False, {"groups": False}) == {}


def test_a_category_of_single_rows_is_no_group(numbers: pd.DataFrame) -> None:
    frame = numbers.assign(name=pd.Categorical([f"n{at}" for at in range(400)]))
    assert grouped(frame.iloc[:300], frame.iloc[300:], frame["x1"].to_numpy()[:300], False, {"groups": True}) == {}


def test_rows_of_one_heap_lie_near_the_same_center(numbers: pd.DataFrame) -> None:
    heap = np.arange(400) % 8
    frame = numbers + 30.0 * RNG.normal(size=(8, 12))[heap]
    params = {"clusters": 8, "seed": 0}
    found = clustered(frame.iloc[:300], frame.iloc[300:], frame["x0"].to_numpy()[:300], False, params)
    nearest = np.argmin(np.column_stack(list(found.values())), axis=1)
    assert (pd.crosstab(heap, nearest) > 0).sum(axis=1).eq(1).all()
    few = frame.iloc[:20]
    assert clustered(few, few, few["x0"].to_numpy(), False, params) == {}
