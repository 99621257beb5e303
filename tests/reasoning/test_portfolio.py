"""Drafts by the record of earlier competitions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agentk.reasoning.portfolio import ENOUGH, LEAST, ranked
from agentk.reasoning.questions import Effort, Lesson, PlanQuestion, Resources
from agentk.reasoning.recipes.recipe import Recipe
from agentk.types.attempt import Attempt
from agentk.types.competition import Column, ColumnKind, Competition, SubmissionFormat, TableFile, TaskKind, Validation
from agentk.types.outcome import Outcome, Status

TABLE = Competition(
    name="flowers",
    folder=Path("flowers"),
    task=TaskKind.REGRESSION,
    train=TableFile(path="train.csv"),
    test=TableFile(path="test.csv"),
    targets=("size",),
    columns=(Column(name="width", kind=ColumnKind.NUMERIC),),
    metric="rmse",
    submission=SubmissionFormat(columns=("id", "size"), id_columns=("id",), kind="values"),
    validation=Validation(scheme="random", folds=5),
    rows=150,
    test_rows=50,
)

TREES, LINE, KERNEL = (Recipe(name, name, "f", name, 1.0, 1, lambda _: True) for name in ("trees", "line", "kernel"))
RECIPES = [TREES, LINE, KERNEL]


def lesson(recipe: str, record: dict[str, float], params: dict[str, Any] | None = None) -> Lesson:
    payload: dict[str, Any] = {"recipe": recipe} | ({} if params is None else {"params": params})
    return Lesson(
        id=f"{recipe}-{params}",
        kind="recipe" if params is None else "params",
        text=recipe,
        value=0.0,
        evidence=len(record),
        payload=payload,
        record={name: (reward, 1.0) for name, reward in record.items()},
    )


def question(lessons: list[Lesson], **scores: float) -> PlanQuestion:
    tree = tuple(
        Attempt(
            number=number, parent=None, kind="draft", name=name, origin="playbook", recipe=name,
            outcome=Outcome(status=Status.SCORED), score=score,
        )
        for number, (name, score) in enumerate(scores.items(), 1)
    )  # fmt: skip
    return PlanQuestion(
        step=len(tree), competition=TABLE, direction="maximize", tree=tree, best=None, efforts={}, pending=0, scored=len(tree),
        since_blend=0, lessons=tuple(lessons), seed=0,
        resources=Resources(seconds_left=None, seconds_total=None, attempts_left=None, slots=1, cores=1, libraries=()),
    )  # fmt: skip


def names(found: list[Any]) -> list[str]:
    return [arm.recipe.name for arm, _ in found]


def test_without_a_record_it_says_nothing() -> None:
    assert ranked(RECIPES, question([])) == []


def test_what_earned_most_comes_first() -> None:
    lessons = [lesson("kernel", {"a": 2.0, "b": 1.5}), lesson("trees", {"a": -1.0, "b": -1.0})]
    assert names(ranked(RECIPES, question(lessons)))[0] == "kernel"


def test_what_wins_where_the_first_loses_comes_before_its_twin() -> None:
    lessons = [
        lesson("trees", {"a": 2.0, "b": 2.0, "c": -2.0}),
        lesson("line", {"a": 1.9, "b": 1.9, "c": -2.0}),
        lesson("kernel", {"a": -1.0, "b": -1.0, "c": 2.0}),
    ]
    found = ranked(RECIPES, question(lessons, trees=0.8))
    assert names(found)[0] == "kernel"
    assert next(gain for arm, gain in found if arm.recipe.name == "line") < LEAST


def test_competitions_that_foretell_the_order_of_the_drafts_count_for_more() -> None:
    lessons = [
        lesson("trees", {"a": 1.0, "b": -1.0}),
        lesson("line", {"a": -1.0, "b": 1.0}),
        lesson("kernel", {"a": 2.0, "b": -2.0}),
        lesson("kernel", {"a": -2.0, "b": 2.0}, {"cost": 9}),
    ]
    first_like_a = ranked(RECIPES, question(lessons, trees=0.9, line=0.5))[0][0]
    first_like_b = ranked(RECIPES, question(lessons, trees=0.5, line=0.9))[0][0]
    assert (dict(first_like_a.params), dict(first_like_b.params)) == ({}, {"cost": 9})


FOUR = {"trees": 1.0, "deep": 1.2, "line": -1.0, "flat": -1.1}


def test_once_there_are_enough_drafts_what_earns_together_decides() -> None:
    """Trees and deep trees win and lose together; so do lines and flat ones. Here lines do well."""
    recipes = [
        Recipe(name, name, "f", name, 1.0, 1, lambda _: True) for name in ("deep", "flat", *(f"r{n}" for n in range(4)), "line")
    ]
    turned = {name: -reward for name, reward in FOUR.items()}
    lessons = [lesson(name, {"a": FOUR[name], "b": FOUR[name], "c": turned[name], "d": turned[name]}) for name in FOUR]
    lessons += [lesson(f"r{n}", {"a": 0.0, "b": 0.0, "c": 0.0, "d": 0.0}) for n in range(4)]
    scores = {"line": 0.9, "r0": 0.5, "r1": 0.5, "r2": 0.5, "r3": 0.5}
    asked = question(lessons, **scores).model_copy(update={"standing": {1: 2.0, 2: 0.0, 3: 0.0, 4: 0.0, 5: 0.0}})
    assert len(scores) >= ENOUGH
    assert names(ranked(recipes, asked)) == ["flat", "deep"]
    badly = asked.model_copy(update={"standing": {1: -2.0, 2: 0.0, 3: 0.0, 4: 0.0, 5: 0.0}})
    assert names(ranked(recipes, badly)) == ["deep", "flat"]


def test_parameters_that_a_search_was_given_are_not_drafted_again() -> None:
    lessons = [lesson(name, {"a": 1.0}) for name in ("trees", "line", "kernel")]
    lessons.append(lesson("kernel", {"a": 2.0}, {"cost": 9}))
    asked = question(lessons, trees=0.5, line=0.6, r2=0.5, r3=0.5, r4=0.5)
    asked = asked.model_copy(update={"standing": dict.fromkeys(range(1, 6), 0.0)})
    assert [dict(arm.params) for arm, _ in ranked(RECIPES, asked)] == [{"cost": 9}, {}]
    searched = asked.model_copy(update={"efforts": {"kernel": Effort(drafts=1, tunings=1)}})
    assert [dict(arm.params) for arm, _ in ranked(RECIPES, searched)] == [{}]
