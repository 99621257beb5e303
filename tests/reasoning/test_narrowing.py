"""The part of a space in which parameters won before."""

from __future__ import annotations

from typing import Any

import pytest

from agentk.reasoning.narrowing import narrowed
from agentk.reasoning.questions import Lesson
from agentk.types.space import ChoiceDimension, FloatDimension, IntDimension, Space

SPACE: Space = {
    "rate": FloatDimension(type="float", low=0.001, high=1.0, log=True, default=0.1),
    "leaves": IntDimension(type="int", low=2, high=200, default=30),
    "encoding": ChoiceDimension(type="choice", choices=("codes", "target"), default="codes"),
    "smoothing": FloatDimension(type="float", low=1, high=100, default=10, when={"encoding": "target"}),
}


def lesson(record: dict[str, float], recipe: str = "trees", **params: Any) -> Lesson:
    payload = {"recipe": recipe, **({"params": params} if params else {})}
    told = {competition: (reward, 1.0) for competition, reward in record.items()}
    kind = "params" if params else "recipe"
    return Lesson(id=str(params), kind=kind, text="", value=0.0, evidence=1, payload=payload, why="", record=told)


def test_is_what_the_best_of_each_competition_span_and_a_mean_gap_on_either_side() -> None:
    known = [
        lesson({"a": 2.0, "b": 0.5}, rate=0.01),
        lesson({"b": 1.0}, rate=0.1),
        lesson({"c": 1.0}, rate=0.04),
        lesson({"b": 0.1}),
    ]
    assert narrowed("trees", SPACE, known) == {"rate": (pytest.approx(0.01 / 10**0.5), pytest.approx(0.1 * 10**0.5))}


def test_defaults_that_won_count_and_what_lost_or_is_of_another_recipe_does_not() -> None:
    known = [lesson({"a": 1.0, "b": 1.0}), lesson({"c": 1.0}, leaves=90), lesson({"d": -0.5}, leaves=199)]
    known = [*known, lesson({"e": 1.0}, "others", leaves=3)]
    assert narrowed("trees", SPACE, known) == {"leaves": (2, 120)}


def test_two_competitions_say_too_little_and_so_do_winners_that_all_agree() -> None:
    assert narrowed("trees", SPACE, [lesson({"a": 1.0}, rate=0.01), lesson({"b": 1.0}, rate=0.02)]) == {}
    assert narrowed("trees", SPACE, [lesson({"a": 1.0, "b": 1.0, "c": 1.0}, rate=0.01)]) == {}


def test_a_dimension_counts_where_it_is_active() -> None:
    known = [lesson({name: 1.0}, smoothing=value) for name, value in (("a", 20.0), ("b", 30.0), ("c", 40.0))]
    assert narrowed("trees", SPACE, known) == {}
    known = [lesson({name: 1.0}, encoding="target", smoothing=value) for name, value in (("a", 20.0), ("b", 30.0), ("c", 40.0))]
    assert narrowed("trees", SPACE, known) == {"smoothing": (10.0, 50.0)}
