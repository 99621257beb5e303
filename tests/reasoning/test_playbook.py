"""The playbook decides by what the question says, and by nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentk.errors import ReasonerError
from agentk.reasoning.playbook import NEW_MEMBERS, Playbook
from agentk.reasoning.questions import CodeQuestion, Effort, Lesson, Plan, PlanQuestion, Resources
from agentk.reasoning.recipes.catalogue import recipes_for
from agentk.reasoning.recipes.tables import TABLES
from agentk.types.attempt import Attempt
from agentk.types.competition import Column, ColumnKind, Competition, SubmissionFormat, TableFile, TaskKind, Validation
from agentk.types.outcome import Outcome, Status

COMPETITION = Competition(
    name="flowers",
    folder=Path("flowers"),
    task=TaskKind.MULTICLASS,
    train=TableFile(path="train.csv"),
    test=TableFile(path="test.csv"),
    id_columns=("id",),
    targets=("kind",),
    classes=("a", "b", "c"),
    columns=tuple(Column(name=name, kind=ColumnKind.NUMERIC) for name in ("width", "length")),
    metric="accuracy",
    submission=SubmissionFormat(columns=("id", "kind"), id_columns=("id",), kind="label"),
    validation=Validation(scheme="stratified", folds=5),
    rows=150,
    test_rows=50,
)
LIBRARIES = ("numpy", "pandas", "sklearn", "scipy", "lightgbm")
RECIPES = [recipe.name for recipe in recipes_for(COMPETITION, frozenset(LIBRARIES))]


def ask(seconds: float | None = 100.0, attempts: int | None = None, **facts: Any) -> Plan:
    resources = Resources(
        seconds_left=seconds, seconds_total=seconds and 100.0, attempts_left=attempts, slots=2, cores=1, libraries=LIBRARIES
    )
    known: dict[str, Any] = {
        "efforts": {},
        "pending": 0,
        "scored": 0,
        "since_blend": 0,
        "tree": (),
        "best": None,
        "step": 0,
        "seed": 0,
    }
    question = PlanQuestion(competition=COMPETITION, direction="maximize", resources=resources, **(known | facts))
    answer = Playbook().plan(question)
    assert answer == Playbook().plan(question), "a pure function of the question"
    return answer


def drafted(**scores: float) -> dict[str, Effort]:
    return {
        name: Effort(drafts=1, seconds=5.0, tunable=True, best=index, best_score=score, best_merit=score, fold_seconds=1.0)
        for index, (name, score) in enumerate(scores.items(), 1)
    }


ALL = dict.fromkeys(RECIPES, 0.8)


def test_it_begins_with_the_cheapest_sound_recipe() -> None:
    plan = ask()
    assert (plan.action, plan.recipe) == ("draft", RECIPES[0])


def test_what_is_drafted_or_under_way_is_not_drafted_again() -> None:
    plan = ask(efforts=drafted(**{RECIPES[0]: 0.3}), started=(RECIPES[1],), pending=1)
    assert (plan.action, plan.recipe) == ("draft", RECIPES[2])


def test_memory_moves_a_recipe_forward_and_brings_its_parameters() -> None:
    last = RECIPES[-1]
    lessons = (
        Lesson(id="l1", kind="recipe", text="", value=9.0, evidence=3, payload={"recipe": last}),
        Lesson(id="l2", kind="params", text="", value=1.0, evidence=1, payload={"recipe": last, "params": {"C": 3.0}}),
    )
    plan = ask(efforts=drafted(**{RECIPES[0]: 0.3}), lessons=lessons)
    assert (plan.recipe, plan.params, plan.lessons) == (last, {"C": 3.0}, ("l1", "l2"))


def test_memory_puts_recipes_into_an_order_and_leaves_none_out() -> None:
    where = [f"competition {number}" for number in range(20)]
    lessons = tuple(
        Lesson(
            id=name,
            kind="recipe",
            text="",
            value=0.0,
            evidence=4,
            payload={"recipe": name},
            record=dict.fromkeys(where, (-3.0 if name == RECIPES[-1] else 0.1 * place, 1.0)),
        )
        for place, name in enumerate(RECIPES)
    )

    def next_of(*names: str) -> Plan:
        efforts = {name: one.model_copy(update={"plain": True}) for name, one in drafted(**dict.fromkeys(names, 0.8)).items()}
        tree = tuple(
            Attempt(number=number, parent=None, kind="draft", name=name, origin="playbook", recipe=name, score=0.8, merit=0.8,
                    outcome=Outcome(status=Status.SCORED))
            for number, name in enumerate(names, 1)
        )  # fmt: skip
        standing = {number: 0.1 * number for number in range(1, len(names) + 1)}
        return ask(efforts=efforts, tree=tree, scored=len(names), lessons=lessons, standing=standing)

    assert next_of(RECIPES[0]).recipe == RECIPES[-2], "the best of them first"
    plan = next_of(*RECIPES[:-1])
    assert (plan.action, plan.recipe) == ("draft", RECIPES[-1]), "it lost everywhere, and is tried all the same"
    assert next_of(*RECIPES).action == "tune"


def test_a_recipe_that_failed_with_remembered_parameters_is_drafted_with_its_own() -> None:
    """What won elsewhere with others' parameters may win here with its own; others' are drafted only while they promise."""
    line = "linear"
    record = {f"competition {number}": (-3.0, 1.0) for number in range(20)}
    lessons = tuple(
        Lesson(id=str(params), kind="params", text="", value=0.0, evidence=4, payload={"recipe": line, "params": params},
               record=record)
        for params in ({"C": 3.0}, {"C": 4.0})
    )  # fmt: skip
    tree = tuple(
        Attempt(number=number, parent=None, kind="draft", name=name, origin="playbook", recipe=name, score=0.8, merit=0.8,
                params={"C": 3.0} if name == line else {}, outcome=Outcome(status=Status.SCORED))
        for number, name in enumerate(RECIPES, 1)
    )  # fmt: skip
    standing = {one.number: -2.0 if one.recipe == line else 0.0 for one in tree}

    def then(plain: bool) -> Plan:
        efforts = {name: one.model_copy(update={"plain": plain or name != line}) for name, one in drafted(**ALL).items()}
        return ask(efforts=efforts, tree=tree, scored=len(tree), lessons=lessons, standing=standing)

    assert (then(plain=False).action, then(plain=False).recipe, then(plain=False).params) == ("draft", line, {})
    assert then(plain=True).action == "tune"


def test_a_hint_that_names_a_recipe_moves_it_forward() -> None:
    assert (
        ask(efforts=drafted(**{RECIPES[0]: 0.3}), person=(f"please try {RECIPES[-1].replace('_', ' ')}",)).recipe == RECIPES[-1]
    )


def test_new_members_are_blended() -> None:
    assert ask(efforts=drafted(**ALL), scored=5, since_blend=NEW_MEMBERS).action == "blend"


def test_when_everything_is_drafted_it_tunes_what_the_blend_leans_on() -> None:
    efforts = drafted(**ALL)
    heavy = RECIPES[1]
    efforts[heavy] = efforts[heavy].model_copy(update={"weight": 0.9})
    plan = ask(efforts=efforts, scored=5)
    assert (plan.action, plan.recipe, plan.parent) == ("tune", heavy, efforts[heavy].best)


def test_no_search_begins_with_a_switch_that_this_competition_has_no_columns_for() -> None:
    efforts = drafted(**ALL)
    efforts["lightgbm"] = efforts["lightgbm"].model_copy(update={"weight": 0.9})
    starts = ask(efforts=efforts, scored=5).starts
    variants = next(recipe for recipe in TABLES if recipe.name == "lightgbm").variants
    assert variants["ratios"] in starts and variants["crosses"] not in starts  # numbers, and no categories
    assert len(starts) == len(variants) - 1


def test_the_first_search_keeps_to_where_parameters_won_before_and_the_next_goes_through_all_of_the_space() -> None:
    lessons = tuple(
        Lesson(
            id=name,
            kind="params",
            text="",
            value=1.0,
            evidence=1,
            payload={"recipe": "lightgbm", "params": {"learning_rate": rate}},
            record={name: (1.0, 1.0)},
        )
        for name, rate in (("a", 0.02), ("b", 0.04), ("c", 0.08))
    )
    efforts = drafted(**ALL)
    efforts["lightgbm"] = efforts["lightgbm"].model_copy(update={"weight": 0.9})
    first = ask(efforts=efforts, scored=5, lessons=lessons, started=tuple(RECIPES))
    assert first.within == {"learning_rate": (pytest.approx(0.01), pytest.approx(0.16))}
    assert [start["learning_rate"] for start in first.starts[:3]] == [0.02, 0.04, 0.08]
    efforts["lightgbm"] = efforts["lightgbm"].model_copy(update={"tunings": 1})
    assert ask(efforts=efforts, scored=5, lessons=lessons, started=tuple(RECIPES)).within == {}


def test_seconds_already_spent_make_a_recipe_less_attractive() -> None:
    efforts = drafted(**ALL)
    for name in RECIPES[1:]:
        efforts[name] = efforts[name].model_copy(update={"seconds": 500.0})
    assert ask(efforts=efforts, scored=5).recipe == RECIPES[0]


def test_what_is_far_behind_is_not_searched_however_cheap_it_is() -> None:
    efforts = drafted(**(dict.fromkeys(RECIPES, 0.8) | {"constant": 0.3, "linear": 0.79, "neighbors": 0.7}))
    for name in RECIPES:
        cheap, spent = name in ("linear", "neighbors"), {"seconds": 2.0, "weight": 0.0}
        efforts[name] = efforts[name].model_copy(update=spent if cheap else {"seconds": 60.0, "weight": 0.1})
    assert ask(efforts=efforts, scored=5).recipe == "linear"
    efforts["linear"] = efforts["linear"].model_copy(update={"seconds": 200.0})
    assert ask(efforts=efforts, scored=5).recipe not in ("linear", "neighbors")


def test_a_search_never_takes_more_than_is_left() -> None:
    plan = ask(seconds=30.0, efforts=drafted(**ALL), scored=5)
    assert plan.seconds is not None and plan.seconds <= 18.0


def test_it_stops_when_the_clock_or_the_attempts_are_spent() -> None:
    assert ask(seconds=0.0).action == "stop"
    assert ask(seconds=None, attempts=0).action == "stop"


def test_it_waits_for_what_is_under_way_when_nothing_else_can_be_paid_for() -> None:
    assert ask(seconds=1.0, efforts=drafted(**ALL), pending=1, scored=5).action == "wait"
    assert ask(seconds=1.0, efforts=drafted(**ALL), pending=0, scored=5).action == "stop"


def writing(recipe: str) -> CodeQuestion:
    plan = Plan(giver="playbook", action="draft", recipe=recipe)
    left = Resources(seconds_left=None, seconds_total=None, attempts_left=3, slots=2, cores=1, libraries=LIBRARIES)
    return CodeQuestion(competition=COMPETITION, direction="maximize", plan=plan, resources=left, seed=0)


def test_the_program_is_the_recipes_own() -> None:
    code = Playbook().code(writing(RECIPES[1]))
    assert code.name == RECIPES[1]
    assert "def fit_predict(" in code.source and "import agentk" not in code.source


def test_a_plan_for_an_unknown_recipe_is_refused_by_name() -> None:
    with pytest.raises(ReasonerError, match="no recipe 'alchemy'"):
        Playbook().code(writing("alchemy"))


def test_after_a_timeout_with_nothing_scored_the_cheapest_recipe_is_the_surest() -> None:
    recipes = recipes_for(COMPETITION, frozenset(LIBRARIES))
    slow = Effort(drafts=1, seconds=50.0, failures=1, longer=5.0)
    plan = ask(efforts=drafted(**{RECIPES[0]: 0.3}) | {RECIPES[1]: slow}, scored=1)
    assert plan.recipe == min(recipes[2:], key=lambda recipe: recipe.cost).name


def test_without_a_clock_no_decision_hangs_on_measured_seconds() -> None:
    quick, slow = drafted(**ALL), drafted(**ALL)
    for index, name in enumerate(RECIPES):
        slow[name] = slow[name].model_copy(update={"seconds": 1000.0 / (index + 1), "fold_seconds": 3.0 * index})
    assert ask(seconds=None, attempts=9, efforts=quick, scored=5) == ask(seconds=None, attempts=9, efforts=slow, scored=5)


def test_a_cut_draft_says_what_others_would_take_and_the_first_model_may_take_nearly_all_that_is_left() -> None:
    recipes = {recipe.name: recipe for recipe in recipes_for(COMPETITION, frozenset(LIBRARIES))}
    slow = Effort(drafts=1, seconds=50.0, failures=1, longer=10.0)
    plan = ask(seconds=40.0, efforts=drafted(**{RECIPES[0]: 0.3}) | {"lightgbm": slow}, scored=1)
    chosen = recipes[str(plan.recipe)]
    assert chosen.cost * 10.0 / recipes["lightgbm"].cost * 5 / 2 <= 36.0
    assert plan.seconds == pytest.approx(0.9 * 40.0 * 2 / 5)


def test_where_nothing_seems_affordable_the_cheapest_is_tried_all_the_same() -> None:
    recipes = recipes_for(COMPETITION, frozenset(LIBRARIES))
    hopeless = Effort(drafts=1, seconds=50.0, failures=1, longer=1000.0)
    plan = ask(seconds=30.0, efforts=drafted(**{RECIPES[0]: 0.3}) | {RECIPES[1]: hopeless}, scored=1)
    assert plan.action == "draft"
    assert plan.recipe == min(recipes[2:], key=lambda recipe: recipe.cost).name
