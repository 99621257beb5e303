"""Families of features are screened by single switches on a cheap recipe; what helps there is taken over, the rest left alone."""

from __future__ import annotations

from typing import Any

import pytest

from agentk.reasoning.questions import Effort, Plan
from agentk.reasoning.recipes.catalogue import recipes_for
from agentk.reasoning.screening import FAMILIES, MOST_DIMENSIONS, confirmed, held, switches
from agentk.types.attempt import Attempt, Switch
from agentk.types.competition import Column, ColumnKind
from agentk.types.outcome import Outcome, Status
from agentk.types.space import ChoiceDimension, FloatDimension, Space

from .test_playbook import COMPETITION, LIBRARIES, ask, drafted

SPACE: Space = {
    "pairs": ChoiceDimension(type="choice", choices=("none", "ratios", "products"), default="none"),
    "crosses": ChoiceDimension(type="choice", choices=(False,), default=False),
    "missing": ChoiceDimension(type="choice", choices=(False, True), default=True),
    "leaves": FloatDimension(type="float", low=1.0, high=9.0, default=3.0),
}
SURE, LUCKY = (0.02, 0.03, 0.02, 0.03, 0.02), (0.09, 0.08, -0.03, 0.01, -0.02)
NAMES = [recipe.name for recipe in recipes_for(COMPETITION, frozenset(LIBRARIES))]


def switch(name: str, value: Any, gains: tuple[float, ...]) -> Switch:
    return Switch(name=name, value=value, gains=gains)


def test_each_switch_of_the_space_is_set_otherwise_by_itself() -> None:
    found = switches(SPACE, {"pairs": "none", "leaves": 4.0}, COMPETITION)
    assert found == [{"pairs": "ratios", "leaves": 4.0}, {"pairs": "products", "leaves": 4.0}]
    holes = COMPETITION.model_copy(update={"columns": (Column(name="a", kind=ColumnKind.NUMERIC, missing=0.2),)})
    assert {"missing": False} in switches(SPACE, {}, holes), "where nothing is missing the switch is idle"


def test_what_gains_on_the_first_folds_has_to_gain_on_the_others() -> None:
    assert confirmed([switch("pairs", "ratios", SURE), switch("groups", True, LUCKY)]) == {"pairs": "ratios"}
    assert confirmed([switch("pairs", "ratios", tuple(reversed(LUCKY)))]) == {}
    assert confirmed([switch("missing", False, (0.0,) * 5)]) == {}
    assert confirmed([]) == {}


def test_of_a_family_the_switch_that_gains_most_is_taken() -> None:
    more = tuple(2 * gain for gain in SURE)
    assert confirmed([switch("pairs", "ratios", SURE), switch("pairs", "products", more)]) == {"pairs": "products"}


def test_a_search_keeps_off_what_did_not_help_and_goes_over_a_dozen_dimensions_at_most() -> None:
    assert held(SPACE, [switch("pairs", "ratios", LUCKY)], {}) == ("pairs",)
    assert held(SPACE, [switch("pairs", "ratios", SURE)], {"pairs": "ratios"}) == ()
    crossing = {"crosses": ChoiceDimension(type="choice", choices=(False, True), default=False)}
    assert held(crossing, [switch("crosses", True, LUCKY)], {}) == (), "other recipes split categories in their own ways"
    flip = ChoiceDimension(type="choice", choices=(False, True), default=False)
    wide = dict.fromkeys(FAMILIES, flip) | {f"depth{at}": SPACE["leaves"] for at in range(7)}
    off = held(wide, [], {})
    assert len(wide) - len(off) == MOST_DIMENSIONS and FAMILIES[-1] in off and FAMILIES[0] not in off


def first(**facts: Any) -> Plan:
    efforts = drafted(constant=0.3, lightgbm=0.8, linear=0.7, hist=0.8)
    tree = tuple(
        Attempt(number=one.best or 0, parent=None, kind="draft", name=name, origin="playbook", recipe=name, score=one.best_score,
                merit=one.best_merit, fold_merits=(0.8,) * 5, outcome=Outcome(status=Status.SCORED))
        for name, one in efforts.items()
    )  # fmt: skip
    return ask(**({"efforts": efforts, "tree": tree, "scored": 4, "seconds": 90.0} | facts))


def test_families_are_screened_once_a_few_recipes_are_scored_in_a_small_share_of_the_time() -> None:
    plan = first()
    assert (plan.action, plan.recipe, plan.parent, plan.screen) == ("tune", "lightgbm", 2, True)
    assert plan.trials == len(plan.starts) == 3  # a trial takes 2.5 of 100 seconds
    assert not first(scored=3).screen and not first(meanwhile=True).screen and not first(attempts=1).screen
    assert len(first(seconds=None, attempts=9).starts) > 3


@pytest.mark.parametrize("gains", [SURE, LUCKY])
def test_later_recipes_begin_with_what_was_confirmed(gains: tuple[float, ...]) -> None:
    efforts = drafted(**dict.fromkeys(NAMES[:-1], 0.8))
    told = Effort(**{**efforts["lightgbm"].model_dump(), "switches": (switch("pairs", "products", gains),)})
    plan = ask(efforts=efforts | {"lightgbm": told})
    assert (plan.action, plan.recipe) == ("draft", "hist")
    assert plan.params == ({"pairs": "products"} if gains is SURE else {})
    search = ask(efforts=drafted(**dict.fromkeys(NAMES, 0.8)) | {"lightgbm": told, "constant": Effort(drafts=1)}, scored=12)
    assert search.action == "tune" and ("pairs" in search.held) == (gains is LUCKY)


def test_what_was_drafted_before_is_made_once_more_with_what_was_confirmed() -> None:
    efforts = drafted(**dict.fromkeys(NAMES[:-1], 0.8))
    told = efforts["lightgbm"].model_copy(update={"switches": (switch("pairs", "products", SURE),)})
    linear = efforts["linear"]
    tree = (
        Attempt(number=linear.best or 0, parent=None, kind="draft", name="linear", origin="playbook", recipe="linear", score=0.8,
                params={"penalty": 2.0}, outcome=Outcome(status=Status.SCORED)),
    )  # fmt: skip
    plan = ask(efforts=efforts | {"lightgbm": told}, tree=tree)
    assert (plan.action, plan.recipe, plan.parent) == ("improve", "linear", linear.best)
    assert plan.params == {"penalty": 2.0, "pairs": "products"}
    again = linear.model_copy(update={"drafts": 2})
    assert ask(efforts=efforts | {"lightgbm": told, "linear": again}, tree=tree).recipe == "hist"
