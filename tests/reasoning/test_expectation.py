"""What arms earned together elsewhere, and what this run has seen, foretell what is left."""

from __future__ import annotations

import numpy as np

from agentk.reasoning.expectation import improvements

MEANS = [0.0, 0.0, 0.0]
TOGETHER = [{"a": (2.0, 1.0), "b": (-2.0, 1.0)}, {"a": (2.0, 1.0), "b": (-2.0, 1.0)}, {"a": (-2.0, 1.0), "b": (2.0, 1.0)}]
NAMES = ["one", "two", "three"]


def test_an_arm_rises_with_those_it_earned_with_and_falls_with_those_it_did_not() -> None:
    high, low = (improvements(MEANS, TOGETHER, NAMES, {0: seen, 2: 0.0}) for seen in (2.0, -2.0))
    assert high[1] > low[1]


def test_what_is_believed_better_and_what_is_less_known_promise_more() -> None:
    known = [{"a": (0.0, 1.0)}, {"a": (0.0, 1.0)}, {"a": (0.0, 1.0)}]
    better = improvements([0.0, 1.0, 0.0], known, NAMES, {0: 0.0})
    assert better[1] > better[2] > 0
    wild = improvements(MEANS, [{}, {"a": (3.0, 1.0), "b": (-3.0, 1.0)}, {}], NAMES, {0: 0.0})
    assert wild[1] > wild[2]


def test_near_competitions_tell_more_than_far_ones() -> None:
    far = [{name: (reward, 0.1) for name, (reward, _) in record.items()} for record in TOGETHER]
    rise = [improvements(MEANS, records, NAMES, {0: 2.0, 2: -2.0})[1] for records in (TOGETHER, far)]
    assert rise[0] > rise[1]


def test_without_any_record_arms_of_one_recipe_are_alike() -> None:
    promise = improvements(MEANS, [{}, {}, {}], ["one", "one", "two"], {0: -2.0, 2: 0.0})
    apart = improvements(MEANS, [{}, {}, {}], ["one", "other", "two"], {0: -2.0, 2: 0.0})
    assert promise[1] < apart[1]


def test_where_rewards_begin_says_little() -> None:
    """A run whose drafts all stand higher has measured them by worse ones."""
    low, high = (improvements(MEANS, TOGETHER, NAMES, {0: 0.0 + shift, 2: 0.0 + shift}) for shift in (0.0, 3.0))
    assert np.allclose(low, high, atol=0.6)
