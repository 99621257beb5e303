"""Pairs of columns become categories of their own, the most telling columns first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.table.features.crosses import MOST_CROSSED, crossed
from agentk.reasoning.recipes.blocks.table.features.telling import explained

ON = {"crosses": True}


def frames(columns: int, levels: int = 3, rows: int = 600) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    codes = np.random.default_rng(0).integers(0, levels, (rows, columns))
    frame = pd.DataFrame({f"c{at}": pd.Categorical(codes[:, at].astype(str)) for at in range(columns)})
    return frame.iloc[:500], frame.iloc[500:].reset_index(drop=True), codes[:500]


def test_a_cross_has_one_value_for_each_pair_in_training_and_test_rows_alike() -> None:
    head, tail, codes = frames(2)
    both = pd.concat([head, tail], ignore_index=True).assign(**crossed(head, tail, codes[:, 0], True, ON))
    pairs = both["c0"].astype(str) + both["c1"].astype(str)
    assert (pd.crosstab(pairs, both["c0 & c1"].astype(int)) > 0).sum().eq(1).all()
    assert both["c0 & c1"].nunique() == 9 and list(both) == ["c0", "c1", "c0 & c1"]


def test_switched_off_there_are_none() -> None:
    head, tail, codes = frames(2)
    assert crossed(head, tail, codes[:, 0], True, {"crosses": False}) == {}


def test_the_columns_that_tell_most_are_crossed_and_no_others() -> None:
    head, tail, codes = frames(12)
    target = codes[:, [1, 3, 5, 7, 9, 11]].sum(axis=1) + 0.1 * np.random.default_rng(1).normal(size=500)
    crosses = crossed(head, tail, target, False, ON)
    assert len(crosses) == MOST_CROSSED * (MOST_CROSSED - 1) // 2
    assert {part for name in crosses for part in name.split(" & ")} == {"c1", "c3", "c5", "c7", "c9", "c11"}


def test_pairs_that_hardly_occur_twice_are_left_out() -> None:
    head, tail, codes = frames(2, levels=40)
    assert crossed(head, tail, codes[:, 0].astype(float), False, ON) == {}


def test_numbers_with_few_values_are_crossed_and_measurements_are_not() -> None:
    head, tail, codes = frames(1)
    rng = np.random.default_rng(2)
    head = head.assign(flag=rng.integers(0, 2, 500).astype(float), size=rng.normal(size=500))
    tail = tail.assign(flag=np.nan, size=0.0)
    assert list(crossed(head, tail, codes[:, 0], True, ON)) == ["c0 & flag"]


def test_what_chance_explains_does_not_count() -> None:
    rng = np.random.default_rng(3)
    aims = rng.normal(size=(400, 1))
    assert abs(explained(rng.integers(0, 100, 400), aims)) < 0.1
    assert explained((aims[:, 0] > 0).astype(int), aims) > 0.5
    assert explained(np.arange(400), aims) == -1.0  # a value a row explains all and tells nothing
