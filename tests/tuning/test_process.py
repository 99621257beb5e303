"""The Gaussian process: its gradient, what it foretells, and what it makes of noise and of idle dimensions."""

from __future__ import annotations

import numpy as np
import pytest

from agentk.tuning.process import Floats, Process, _evidence, fitted

GROUPS, WARPED = np.array([0, 1, 2, 2, 2]), np.array([True, True, False])


def drawn(count: int, seed: int = 0) -> Floats:
    """Two ranges and one of three choices."""
    rng = np.random.default_rng(seed)
    return np.hstack([rng.random((count, 2)), np.eye(3)[rng.integers(3, size=count)]])


def values_of(features: Floats) -> Floats:
    return np.sin(5 * features[:, 0]) + features[:, 2] - 0.5 * features[:, 4]


def model(count: int = 40) -> Process:
    features = drawn(count)
    values = values_of(features)
    return fitted(features, (values - values.mean()) / values.std(), GROUPS, WARPED, np.random.default_rng(0))


def test_the_gradient_is_that_of_the_evidence():
    features = drawn(20)
    values = values_of(features)
    theta = np.random.default_rng(3).normal(0, 0.3, 3 + 4 + 2)
    slopes = [
        (
            _evidence(features, values, GROUPS, WARPED, theta + step)[0]
            - _evidence(features, values, GROUPS, WARPED, theta - step)[0]
        )
        / 2e-5
        for step in np.eye(len(theta)) * 1e-5
    ]
    assert _evidence(features, values, GROUPS, WARPED, theta)[1] == pytest.approx(slopes, rel=1e-4, abs=1e-4)


def test_foretells_what_it_was_not_told():
    mean, deviation = model().predict(drawn(300, seed=9))
    truth = values_of(drawn(300, seed=9))
    told = values_of(drawn(40))
    errors = mean - (truth - told.mean()) / told.std()
    assert np.sqrt(np.mean(errors**2)) < 0.15
    assert np.mean(np.abs(errors) < 2 * deviation + 0.05) > 0.9


def test_a_dimension_that_nothing_depends_on_gets_the_longest_length():
    lengths = np.exp(model().theta[:3])
    assert lengths[1] > 2 * lengths[0]


def test_noise_is_told_from_signal():
    features, rng = drawn(80), np.random.default_rng(5)
    quiet = values_of(features)
    rough = quiet + quiet.std() * rng.normal(size=80)
    noises = [fitted(features, (v - v.mean()) / v.std(), GROUPS, WARPED, np.random.default_rng(0)).noise for v in (quiet, rough)]
    assert noises[0] < 0.02 and 0.2 < noises[1] < 0.8


def test_what_varies_at_one_end_of_a_range_alone_is_warped():
    features = np.linspace(0, 1, 40)[:, None]
    values = np.sin(40 * features[:, 0] ** 4)
    process = fitted(features, (values - values.mean()) / values.std(), np.array([0]), np.array([True]), np.random.default_rng(0))
    assert np.exp(process.theta[1]) > 1.2, "the upper end is stretched"


def test_believing_makes_it_surer_of_the_place_and_changes_no_mind():
    before = model(12)
    there = drawn(1, seed=4)
    after = before.believing(there)
    assert after.predict(there)[0] == pytest.approx(before.predict(there)[0], abs=0.02)
    assert after.predict(there)[1][0] < 0.6 * before.predict(there)[1][0]
    elsewhere = drawn(50, seed=5)
    assert after.predict(elsewhere)[0] == pytest.approx(before.predict(elsewhere)[0], abs=0.02)
