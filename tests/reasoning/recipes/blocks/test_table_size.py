"""Tall tables are learned from in samples, wide ones from the columns that tell something."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.table.features.frame import category, plain_numbers, typed_frames, varies
from agentk.reasoning.recipes.blocks.table.features.screen import FEWEST, chances, screened
from agentk.reasoning.recipes.blocks.table.fitting.sample import OF_EACH_CLASS, sampled

RNG = np.random.default_rng(0)
PARAMS = {"seed": 0, "screen": 0.01}


def test_a_sample_keeps_the_order_and_enough_of_rare_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONTRACT, "task", "binary")
    monkeypatch.setitem(CONTRACT, "targets", ["y"])
    train = pd.DataFrame({"x": range(5000), "y": np.where(np.arange(5000) % 500 == 7, "rare", "usual")})
    some = sampled(train, {"seed": 0, "most_rows": 300})
    assert 300 <= len(some) <= 300 + 2 * OF_EACH_CLASS and (some["x"].diff().dropna() > 0).all()
    assert (some["y"] == "rare").sum() == 10
    assert sampled(train, {"seed": 0}) is train and sampled(train, {"seed": 0, "most_rows": 5000}) is train


def wide(rows: int = 600, columns: int = 500) -> tuple[pd.DataFrame, np.ndarray]:
    X = RNG.normal(size=(rows, columns))
    return pd.DataFrame(X, columns=[f"f{at}" for at in range(columns)]), X


def test_lines_and_bends_are_told_from_noise() -> None:
    _, X = wide()
    target = X[:, 3] - 2.0 * np.abs(X[:, 5]) + RNG.normal(size=len(X))
    chance = chances(X, target, False)
    assert max(chance[3], chance[5]) < 1e-6
    assert (np.delete(chance, [3, 5]) < 0.01).mean() < 0.03
    classes = chances(X, np.digitize(target, [-2.0, 0.0]), True)
    assert max(classes[3], classes[5]) < 1e-6


def test_only_a_wide_table_is_screened_and_the_watching_rows_have_no_say() -> None:
    frame, X = wide()
    target = X[:, 3] + RNG.normal(size=len(X))
    head, tail = screened(frame, frame[:5], frame, target, False, PARAMS)
    assert "f3" in head and FEWEST <= head.shape[1] < 100 and list(head) == list(tail)
    assert screened(frame, frame[:5], frame, target, False, PARAMS | {"screen": 1.0})[0] is frame
    few = frame[list(frame)[:200]]
    assert screened(few, few, few, target, False, PARAMS)[0] is few
    spread = target.copy()
    from agentk.reasoning.recipes.blocks.table.fitting.inner import inner_split

    spread[inner_split(frame, target, False, 0)[1]] = RNG.normal(size=len(frame) // 5)
    assert list(screened(frame, frame, frame, spread, False, PARAMS)[0]) == list(head)


def test_numbers_in_bulk_are_as_those_one_by_one() -> None:
    rows = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, np.inf, np.nan], "c": ["1", "x", None]})
    read = plain_numbers(rows)
    assert np.array_equal(read["a"], [1.0, 2.0, 3.0])
    assert np.array_equal(read["b"], [0.5, np.nan, np.nan], equal_nan=True)
    assert np.array_equal(read["c"], [1.0, np.nan, np.nan], equal_nan=True)


def test_categories_are_spelled_alike_whatever_stands_around_them() -> None:
    words = category(pd.Series(["b ", "a", None, "b"]))
    assert list(words.cat.categories) == ["a", "b"] and words.cat.codes.tolist() == [1, 0, -1, 1]


def test_a_column_that_is_the_same_everywhere_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [varies(np.array(values)) for values in ([1.0, 1.0], [1.0, np.nan], [np.nan, np.nan], [1.0, 2.0])] == [
        False,
        True,
        False,
        True,
    ]
    monkeypatch.setitem(CONTRACT, "kinds", {"same": "numeric", "other": "numeric"})
    monkeypatch.setitem(CONTRACT, "id_columns", [])
    rows = pd.DataFrame({"same": [1, 1, 1], "other": [1, 2, 3]})
    head, _ = typed_frames(rows, rows, {"missing": True, "pairs": "none"})
    assert list(head) == ["other"]
