"""Charts: round numbers, the window worth looking at, and numbers as a person reads them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentk.report.charts import figure, ladder, progress, reach_of, ticks
from agentk.report.story import tell
from agentk.testing.flowers import attempt

from .conftest import Written


@pytest.mark.parametrize(
    ("value", "said"), [(None, "–"), (0.5, "0.50000"), (54.81871, "54.819"), (123456.7, "123,457"), (0.00139907, "0.0013991")]
)
def test_a_number_has_five_digits_and_no_exponent(value: float | None, said: str) -> None:
    assert figure(value) == said


def test_ticks_are_round_and_within() -> None:
    assert ticks(0.0, 1.0, 5) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert ticks(53.7, 58.2, 5) == [54.0, 55.0, 56.0, 57.0, 58.0]
    assert ticks(1.0, 1.0) == [1.0]


def test_a_broken_model_does_not_press_the_others_together(written: Callable[[], Written]) -> None:
    made = (
        written().set_up().tried(*(attempt(number, 0.8 + number / 100, chosen=True) for number in range(1, 9)), attempt(9, -50.0))
    )
    drawn = progress(tell(made.folder))
    assert drawn is not None and drawn.count(" off") == 1 and "-50" not in drawn.replace(": -50", "")


def test_without_two_scores_there_is_no_ladder(written: Callable[[], Written]) -> None:
    assert ladder(tell(written().set_up().folder)) is None


def test_one_wild_gain_does_not_flatten_the_others() -> None:
    assert reach_of([(0.1, 0.1)] * 9 + [(100.0, 1.0)]) == pytest.approx(0.2)
