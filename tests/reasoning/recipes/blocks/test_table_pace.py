"""Trees at a bearable pace, on as many threads as help."""

from __future__ import annotations

import numpy as np
import pytest

from agentk.reasoning.recipes.blocks.table.fitting.pace import FARTHEST, hurried, most_rounds, paced

ASKED = {"learning_rate": 0.05, "column_share": 0.6, "threads": 4}


def test_small_tables_are_taken_as_asked_on_one_thread() -> None:
    assert paced(ASKED, np.empty((1000, 50))) == ASKED | {"threads": 1}


def test_many_classes_get_larger_steps_however_few_the_rows() -> None:
    """A round is a tree a class."""
    assert paced(ASKED, np.empty((1000, 50)), 120)["learning_rate"] > 0.12
    assert paced(ASKED, np.empty((1000, 50)), 9) == ASKED | {"threads": 1}


@pytest.mark.parametrize(("rows", "columns"), [(2_000_000, 10), (1000, 20_000)])
def test_large_tables_get_larger_steps_and_every_thread(rows: int, columns: int) -> None:
    table = np.broadcast_to(0.0, (rows, columns))
    found = paced(ASKED, table)
    assert found["threads"] == 4 and found["learning_rate"] > 0.1
    assert found["column_share"] < 0.6 if columns > 150 else found["column_share"] == 0.6


def test_a_share_of_the_work_is_done_in_larger_steps_and_fewer_rounds() -> None:
    small = np.empty((1000, 50))
    half, some = (paced(ASKED | {"most_work": work}, small) for work in (0.5, 0.25))
    assert half["learning_rate"] == pytest.approx(2 * ASKED["learning_rate"])
    assert some["learning_rate"] == pytest.approx(4 * ASKED["learning_rate"])
    assert not hurried(ASKED) and most_rounds(paced(ASKED, small), 3000) == 3000
    assert hurried(some) and most_rounds(some, 3000) == int(FARTHEST / some["learning_rate"])
    assert most_rounds(some, 3000, classes=9) < most_rounds(some, 3000) and most_rounds(some, 3000, classes=500) >= 50
