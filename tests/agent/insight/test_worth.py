"""What an idea is worth, said as the selection rule would."""

from __future__ import annotations

import pytest

from agentk.agent.insight.worth import Worth


@pytest.mark.parametrize(
    ("gain", "error", "word"),
    [(0.2, 0.1, "helps"), (-0.2, 0.1, "harms"), (0.04, 0.1, "makes no difference"), (0.0, 0.0, "makes no difference")],
)
def test_a_gain_within_half_its_error_is_no_difference(gain: float, error: float, word: str) -> None:
    assert Worth(about=1, without="x", score=0.5, gain=gain, error=error).told.startswith(word)


def test_what_could_not_be_scored_says_why() -> None:
    assert Worth(about=1, without="x", reason="it raised").told == "could not be scored: it raised"
