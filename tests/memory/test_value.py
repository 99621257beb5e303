"""Value: a belief that evidence moves, competition by competition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentk.memory.value import MOST_COMPETITIONS, Value

rewards = st.lists(st.floats(-3, 3), min_size=1, max_size=20)


def fed(pairs: list[tuple[str, float]], **prior: float) -> Value:
    value = Value.model_validate(prior)
    for competition, reward in pairs:
        value = value.add(competition, reward)
    return value


def test_begins_at_its_prior() -> None:
    assert Value(prior=0.7).mean == 0.7
    assert Value(prior=0.7, strength=9.0).spread < Value(prior=0.7).spread


def test_evidence_pulls_the_mean_and_narrows_the_spread() -> None:
    one, many = fed([("a", 1.0)]), fed([(str(number), 1.0) for number in range(10)])
    assert 0 < one.mean < many.mean < 1
    assert many.spread < one.spread < Value().spread


def test_the_unit_of_evidence_is_the_competition() -> None:
    often, widely = fed([("a", 1.0)] * 8), fed([(str(number), 1.0) for number in range(8)])
    assert often.count == widely.count == 8
    assert (often.competitions, widely.competitions) == (1, 8)
    assert often.mean < widely.mean


@given(rewards, rewards)
def test_merging_is_the_same_as_seeing_all(first: list[float], second: list[float]) -> None:
    merged = fed([("a", reward) for reward in first]).merge(fed([("a", reward) for reward in second])).evidence[0]
    together = fed([("a", reward) for reward in first + second]).evidence[0]
    assert merged.count == together.count
    assert merged.mean == pytest.approx(together.mean, abs=1e-9)
    assert merged.squares == pytest.approx(together.squares, abs=1e-9)
    assert together.squares == pytest.approx(np.var(first + second) * len(first + second), abs=1e-9)


def test_hearing_the_same_twice_adds_nothing() -> None:
    value, news = fed([("a", 1.0)]), fed([("a", 1.0), ("b", 2.0)])
    heard = value.hear(news)
    assert heard == heard.hear(news)
    assert (heard.count, heard.competitions) == (2, 2)


def test_a_competition_can_be_left_out() -> None:
    assert fed([("a", 3.0), ("b", -1.0)]).without("a") == fed([("b", -1.0)])


def test_old_competitions_are_pooled() -> None:
    value = fed([(str(number), 1.0) for number in range(3 * MOST_COMPETITIONS)])
    assert len(value.evidence) == MOST_COMPETITIONS
    assert (value.count, value.competitions) == (3 * MOST_COMPETITIONS, 3 * MOST_COMPETITIONS)
    assert value.mean == pytest.approx(fed([(str(number), 1.0) for number in range(MOST_COMPETITIONS)], strength=1 / 3).mean)


def test_discounted_evidence_falls_back_to_the_prior() -> None:
    value = fed([("a", 3.0), ("b", 3.0)], prior=0.5)
    means = [value.posterior(weight).mean for weight in (0.0, 0.3, 1.0)]
    assert means[0] == 0.5
    assert means == sorted(means)


def test_draws_follow_the_belief() -> None:
    posterior = fed([(str(number), reward) for number, reward in enumerate([0.5, 1.0, 1.5, 0.8, 1.2])]).posterior()
    draws = [posterior.draw(np.random.default_rng(seed)) for seed in range(4000)]
    assert np.median(draws) == pytest.approx(posterior.mean, abs=0.03)
    assert np.mean(np.array(draws) > 0) == pytest.approx(posterior.chance, abs=0.02)
