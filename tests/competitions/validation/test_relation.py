"""How rows relate to those that are learned from."""

from __future__ import annotations

import numpy as np
import pytest

from agentk.competitions.validation.relation import Marks, nearest, relation, told_apart

RNG = np.random.default_rng(4)
WORDED = np.array([False, True])


def marks(rows: int, start: float = 0.0, group: int = 0, shift: float = 0.0) -> Marks:
    values = np.column_stack([RNG.normal(shift, 1, rows), RNG.integers(0, 5, rows)])
    return Marks(start + np.arange(rows), group + RNG.integers(0, 9, rows), values, WORDED)


def test_rows_alike() -> None:
    found = relation(marks(600), marks(400))
    assert (found.gap, found.known) == (0.0, 1.0)
    assert found.foreign < 0.02 and found.told_apart == pytest.approx(0.5, abs=0.08)


def test_rows_later_of_other_groups_and_values() -> None:
    found = relation(marks(600), marks(200, start=600, group=50, shift=6))
    assert (found.ahead, found.known) == (1.0, 0.0)
    assert found.gap == pytest.approx(100.5) and found.foreign == pytest.approx(0.5, abs=0.05) and found.told_apart > 0.95


def test_the_distance_is_zero_to_itself_and_grows_with_every_difference() -> None:
    alike, later = relation(marks(600), marks(300)), relation(marks(600), marks(300, start=900))
    assert alike.distance(alike, 1.0) == 0.0 < alike.distance(later, 1.0)


def test_the_nearest_moment_lies_before_or_behind() -> None:
    assert nearest(np.array([0.0, 10.0]), np.array([1.0, 8.0, 30.0])) == 2.0


def test_nothing_to_look_at_tells_nothing_apart() -> None:
    assert told_apart(np.zeros((50, 0)), np.zeros((50, 0)))[0] == 0.5
