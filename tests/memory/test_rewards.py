from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from agentk.memory.protocol import Credit
from agentk.memory.rewards import FAILED, LIMIT, expectation, paired, rewards, shared
from agentk.types.attempt import Attempt
from agentk.types.outcome import Status

Make = Callable[..., Attempt]
PARENT = (0.70, 0.75, 0.80, 0.72, 0.78)


def test_a_small_gain_on_every_fold_is_sure_though_the_folds_differ_widely() -> None:
    gained = paired([score + 0.010 + 0.002 * (-1) ** number for number, score in enumerate(PARENT)], PARENT, "maximize")
    assert 2.5 < gained < LIMIT


def test_is_in_standard_errors_of_the_corrected_variance() -> None:
    gains = np.array([0.03, -0.01, 0.02, 0.00, 0.01])
    expected = np.arcsinh(gains.mean() / np.sqrt(gains.var(ddof=1) * (1 / 5 + 1 / 4)))
    assert paired(list(np.array(PARENT) + gains), PARENT, "maximize") == pytest.approx(expected)
    assert paired(list(np.array(PARENT) + gains), PARENT, "minimize") == pytest.approx(-expected)


def test_does_not_depend_on_the_metric_scale() -> None:
    child = [0.71, 0.74, 0.82, 0.73, 0.78]
    assert paired([1000 * x for x in child], [1000 * x for x in PARENT], "maximize") == pytest.approx(
        paired(child, PARENT, "maximize")
    )


def test_compares_the_folds_that_both_have() -> None:
    assert paired([0.6], PARENT, "maximize") == -1.0
    assert paired([], PARENT, "maximize") == 0.0
    assert paired(PARENT, PARENT, "maximize") == 0.0


def test_a_draft_is_held_against_the_other_drafts(attempt: Make) -> None:
    drafts = [attempt(0, (0.5, 0.5, 0.5)), attempt(1, (0.8, 0.7, 0.8)), attempt(2, (0.7, 0.65, 0.72))]
    assert expectation(drafts, "maximize") == (0.75, 0.675, 0.76)
    assert expectation(drafts[:2], "minimize") == (0.5, 0.5, 0.5)
    earned = rewards(drafts, "maximize")
    assert -LIMIT < earned[0] < earned[2] < 0 < earned[1]
    assert rewards(drafts[:1], "maximize") == {}


def test_an_improvement_is_held_against_its_parent_and_a_repair_against_failure(attempt: Make) -> None:
    tree = [
        attempt(0, PARENT),
        attempt(1, tuple(score + 0.01 * (number % 3) for number, score in enumerate(PARENT)), kind="tune", parent=0),
        attempt(2, status=Status.FAILED, kind="improve", parent=0),
        attempt(3, PARENT, kind="debug", parent=2),
        attempt(4, status=Status.PRUNED, kind="tune", parent=0),
        attempt(6, status=Status.TIMED_OUT, kind="improve", parent=0),
        attempt(5, (1.0,) * 5, kind="blend"),
    ]
    earned = rewards(tree, "maximize")
    assert earned[1] > 1
    assert earned[2] == FAILED
    assert earned[3] == 1.0
    assert set(earned) == {1, 2, 3}


def test_lessons_share_what_their_attempt_earned() -> None:
    credits = shared({1: 2.0, 2: -1.0}, {1: ["a", "b"], 2: ["a"], 7: ["c"]}, {1: ["w"]})
    assert credits == [Credit("a", 0.0), Credit("b", 1.0), Credit("w", 2.0, withheld=True)]


def test_a_score_that_is_not_finite_earns_nothing() -> None:
    assert paired([float("nan"), 0.5], [0.5, 0.5], "maximize") == 0.0
    assert paired([float("inf"), 0.5], [0.5, 0.5], "maximize") == 0.0
