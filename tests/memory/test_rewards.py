"""Rewards: what an attempt earned the lessons that led to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from agentk.memory.lesson import Lesson
from agentk.memory.protocol import Credit
from agentk.memory.rewards import FAILED, LIMIT, Tried, credits, expectation, paired, rewards
from agentk.types.attempt import Attempt
from agentk.types.outcome import Status

Make = Callable[..., Attempt]
PARENT = (0.70, 0.75, 0.80, 0.72, 0.78)


def test_a_small_gain_on_every_fold_is_sure_though_the_folds_differ_widely() -> None:
    gained = paired([score + 0.010 + 0.002 * (-1) ** number for number, score in enumerate(PARENT)], PARENT, "maximize")
    assert 2.0 < gained < LIMIT


def test_is_in_standard_errors_of_the_corrected_variance() -> None:
    gains = np.array([0.03, -0.01, 0.02, 0.00, 0.01])
    expected = LIMIT * np.tanh(np.arcsinh(gains.mean() / np.sqrt(gains.var(ddof=1) * (1 / 5 + 1 / 4))) / LIMIT)
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
    assert -LIMIT <= earned[0] < earned[2] < 0 < earned[1]
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


def lesson(kind: str, name: str, **payload: Any) -> Lesson:
    return Lesson.model_validate({"kind": kind, "subject": f"{kind}:{name}", "text": name, "payload": payload})


def test_advice_shares_what_its_attempts_earned_and_a_control_has_all_that_followed_in_its_place(attempt: Make) -> None:
    one, other, held = lesson("claim", "one"), lesson("claim", "other"), lesson("claim", "held")
    known = {entry.id: entry for entry in (one, other, held)}
    drafts = [
        attempt(1).model_copy(update={"lessons": (one.id, other.id)}),
        attempt(2).model_copy(update={"lessons": (one.id, "unknown")}),
    ]
    told = credits(drafts, {1: 2.0, 2: -1.0}, known, {}, {1: [held.id]})
    assert told == [Credit(one.id, 0.0), Credit(other.id, 1.0), Credit(held.id, 2.0, withheld=True)]


def test_a_draft_with_parameters_tells_of_these_and_one_without_tells_of_its_recipe(attempt: Make) -> None:
    recipe, params = lesson("recipe", "trees", recipe="trees"), lesson("params", "deep", recipe="trees", params={"depth": 9})
    known = {recipe.id: recipe, params.id: params}
    plain = attempt(1).model_copy(update={"lessons": (recipe.id, params.id)})
    deep = plain.model_copy(update={"params": {"depth": 9, "seed": 3}})
    assert credits([plain], {1: 1.5}, known, {}, {}) == [Credit(recipe.id, 1.5)]
    assert credits([deep], {1: 1.5}, known, {}, {}) == [Credit(params.id, 1.5)]


def test_parameters_that_a_search_tried_earn_what_they_scored_themselves(attempt: Make) -> None:
    params, untried = (lesson("params", str(depth), recipe="trees", params={"depth": depth}) for depth in (9, 5))
    tuned = attempt(3, kind="tune", parent=1).model_copy(update={"lessons": (params.id, untried.id)})
    trials = {3: [(Tried({"depth": 9}, (0.7, 0.7)), -0.4), (Tried({"depth": 7}, (0.9, 0.9)), 1.0)]}
    assert credits([tuned], {3: 1.0}, {params.id: params, untried.id: untried}, trials, {}) == [Credit(params.id, -0.4)]


def test_a_few_folds_are_not_trusted_with_the_variance() -> None:
    lucky = ((0.51, 0.5101, 0.5099), (0.5, 0.5, 0.5))
    assert paired(*lucky, "maximize") > 0.8 * LIMIT
    assert 0 < paired(*lucky, "maximize", typical=0.01**2) < 1.6


def test_a_score_that_is_not_finite_earns_nothing() -> None:
    assert paired([float("nan"), 0.5], [0.5, 0.5], "maximize") == 0.0
    assert paired([float("inf"), 0.5], [0.5, 0.5], "maximize") == 0.0
