"""Harvest: what a run teaches of recipes, parameters, repairs and programs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentk.memory.features import features_of
from agentk.memory.harvest import harvest, in_short, learn
from agentk.memory.nested import NestedMemory
from agentk.types.attempt import Attempt
from agentk.types.competition import Competition
from agentk.types.outcome import Status


@pytest.fixture
def attempts(attempt: Callable[..., Attempt]) -> list[Attempt]:
    tuned = {"kind": "tune", "parent": 1, "recipe": "lightgbm"}
    return [
        attempt(0, (0.50, 0.51, 0.50), recipe="constant"),
        attempt(1, (0.80, 0.78, 0.81), recipe="lightgbm", params={"seed": 0}),
        attempt(2, (0.77, 0.76, 0.78), recipe="linear"),
        attempt(3, (0.82, 0.81, 0.83), params={"leaves": 7, "rate": 0.031234, "seed": 0, "threads": 1}, **tuned),
        attempt(4, (0.81, 0.80, 0.82), params={"leaves": 31, "rate": 0.1}, **tuned),
        attempt(5, status=Status.FAILED, reason="ValueError: Input X contains NaN, 'Rose'", recipe="kernel"),
        attempt(6, (0.79, 0.79, 0.80), kind="debug", parent=5, idea="impute first", recipe="kernel"),
    ]


def test_recipes_are_valued_by_their_drafts(competition: Competition, attempts: list[Attempt]) -> None:
    here = features_of(competition)
    worth = {
        entry.payload["recipe"]: entry.value.mean for entry in harvest("r", attempts, "maximize", here) if entry.kind == "recipe"
    }
    assert worth["constant"] < worth["linear"] < worth["lightgbm"]
    assert worth["kernel"] < 0
    assert worth["lightgbm"] > 0


def test_the_best_parameters_are_kept_rounded_and_without_reserved_ones(
    competition: Competition, attempts: list[Attempt]
) -> None:
    found, second = [entry for entry in harvest("r", attempts, "maximize", features_of(competition)) if entry.kind == "params"]
    assert found.value.mean > second.value.mean
    assert found.payload == {"recipe": "lightgbm", "params": {"leaves": 7, "rate": 0.031}}
    assert (found.provenance.run, found.provenance.attempt) == ("r", 3)


def test_parameters_that_a_draft_was_given_are_told_of_whatever_they_earned(
    competition: Competition, attempts: list[Attempt], attempt: Callable[..., Attempt]
) -> None:
    given = [
        attempt(7, (0.70, 0.71, 0.70), recipe="linear", params={"alpha": 9.0, "seed": 0}),
        attempt(8, (0.90, 0.91, 0.90), recipe="linear", params={"alpha": 0.5}, origin="a model"),
    ]
    here = features_of(competition)
    told = [entry for entry in harvest("r", [*attempts, *given], "maximize", here) if entry.payload.get("recipe") == "linear"]
    (found,) = [entry for entry in told if entry.kind == "params"]
    assert found.payload["params"] == {"alpha": 9.0}
    assert found.value.mean < 0 < found.evidence


def test_what_mended_a_failure_is_a_fix_without_values(competition: Competition, attempts: list[Attempt]) -> None:
    (found,) = [entry for entry in harvest("r", attempts, "maximize", features_of(competition)) if entry.kind == "fix"]
    assert found.text == "ValueError: Input X contains NaN, … -> impute first"


def test_a_second_run_starts_from_what_the_first_learned(
    competition: Competition, attempts: list[Attempt], memory: NestedMemory
) -> None:
    here = features_of(competition)
    assert memory.recall(here) == []
    learn(memory, "r", competition, attempts, "maximize", features=here)
    recipes = [str(found.lesson.payload["recipe"]) for found in memory.recall(here, kinds=["recipe"], seed=1)]
    assert recipes.index("lightgbm") < recipes.index("constant")
    sibling = here.model_copy(update={"digest": "sibling", "rows": 2000})
    assert {"leaves": 7, "rate": 0.031} in [found.lesson.payload["params"] for found in memory.recall(sibling, kinds=["params"])]


def test_a_column_that_is_called_like_a_parameter_keeps_no_parameters_at_home(
    competition: Competition, attempts: list[Attempt], memory: NestedMemory
) -> None:
    column = competition.columns[1].model_copy(update={"name": "Leaves"})
    renamed = competition.model_copy(update={"columns": (*competition.columns, column)})
    learn(memory, "r", renamed, attempts, "maximize", features=features_of(renamed))
    assert [found.payload["recipe"] for found in memory.lessons(kinds=["params"]) if found.scope.level == "family"] == [
        "lightgbm"
    ] * 4
    by_model = [
        entry.model_copy(update={"origin": "a model", "params": {**entry.params, "use_Leaves": True}}) for entry in attempts
    ]
    learn(memory, "s", renamed, by_model, "maximize", features=features_of(renamed))
    assert [found.local for found in memory.lessons(kinds=["params"]) if "use_Leaves" in found.text] == [True, True]


def test_lessons_used_are_credited_and_learning_twice_changes_nothing(
    competition: Competition, attempts: list[Attempt], memory: NestedMemory
) -> None:
    here = features_of(competition)
    learn(memory, "first", competition, attempts, "maximize", features=here)
    used = memory.recall(here, kinds=["recipe"])[0].lesson
    again = [entry.model_copy(update={"lessons": (used.id,)}) if entry.number == 1 else entry for entry in attempts]
    learn(memory, "second", competition, again, "maximize", features=here)
    after = memory.lessons()
    assert memory.get([used.id])[0].uses == 1
    learn(memory, "second", competition, again, "maximize", features=here)
    assert memory.lessons() == after


PROGRAM = '''"""Somebody's own."""
import numpy as np

def fit_predict(train, test, params, data_dir):
    """Says the same of all."""
    # as simple as can be
    return np.tile([0.3, 0.7], (len(test), 1))
'''


def test_the_best_program_that_somebody_wrote_is_kept_in_short(
    competition: Competition, attempts: list[Attempt], attempt: Callable[..., Attempt], memory: NestedMemory
) -> None:
    here = features_of(competition)
    won = attempt(7, (0.85, 0.84, 0.86), origin="a model", name="same for all", idea="one answer")
    programs = dict.fromkeys((5, 6, 7), PROGRAM)
    learn(memory, "r", competition, [*attempts, won], "maximize", features=here, programs=programs)
    kept = [lesson for lesson in memory.lessons(kinds=["claim"]) if "program" in lesson.payload]
    assert kept[0].text == "A program that won: same for all. one answer"
    short = str(kept[0].payload["program"])
    assert "np.tile([0.3, 0.7], (len(test), 1))" in short and "simple" not in short and "Says" not in short
    assert {lesson.scope.level for lesson in kept} == {"competition"}, "it stays there: any word in it may be a cell's"


def test_a_program_is_kept_with_the_parameters_that_a_search_of_its_space_won_by(
    competition: Competition, attempts: list[Attempt], attempt: Callable[..., Attempt]
) -> None:
    won = attempt(7, (0.85, 0.84, 0.86), origin="a model", name="same for all", idea="One answer.")
    better = attempt(8, (0.86, 0.85, 0.87), kind="tune", parent=7, params={"depth": 9, "rate": 0.01234, "seed": 1})
    worse = attempt(9, (0.80, 0.80, 0.80), kind="tune", parent=7, params={"depth": 2})
    for found, params in (([won, better, worse], {"depth": 9, "rate": 0.012}), ([won, worse], None)):
        told = harvest("r", [*attempts, *found], "maximize", features_of(competition), programs={7: PROGRAM})
        (kept,) = [lesson for lesson in told if "program" in lesson.payload]
        assert kept.payload.get("params") == params
        assert kept.text.endswith("A search won with depth = 9, rate = 0.012." if params else "One answer.")


def test_a_program_that_lost_is_not_kept(
    competition: Competition, attempts: list[Attempt], attempt: Callable[..., Attempt]
) -> None:
    lost = attempt(7, (0.5, 0.5, 0.49), origin="a model")
    found = harvest("r", [*attempts, lost], "maximize", features_of(competition), programs={7: PROGRAM})
    assert not any("program" in lesson.payload for lesson in found)


def test_the_change_that_mended_a_failure_is_kept_unless_it_quotes_a_word(
    competition: Competition, attempts: list[Attempt]
) -> None:
    for put, kept in (("X = X.fillna(0.0)", True), ("X = X.fillna('Rose')", False)):
        programs = {5: "def fit():\n    pass\n", 6: f"def fit():\n    {put}\n    pass\n"}
        found = harvest("r", attempts, "maximize", features_of(competition), programs=programs)
        (fix,) = [lesson for lesson in found if lesson.kind == "fix"]
        assert ("edits" in fix.payload) == kept


def test_a_long_program_and_what_is_none_are_not_kept() -> None:
    assert in_short("x = 1\n" * 2000) == "" == in_short("def fit(")
