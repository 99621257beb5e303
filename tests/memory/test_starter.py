"""The starter lessons: well formed, known from the first run on, and renewed without losing their evidence."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from agentk.errors import StoreError
from agentk.memory.embedders import HashingEmbedder
from agentk.memory.features import KINDS as METRIC_KINDS
from agentk.memory.features import MODALITIES
from agentk.memory.lesson import Conditions
from agentk.memory.nested import NestedMemory
from agentk.memory.protocol import Credit
from agentk.memory.ram import RamShelf
from agentk.memory.starter import checkout, load
from agentk.memory.value import Value
from agentk.reasoning.recipes.catalogue import RECIPES
from agentk.testing.memory import features


def test_there_is_know_how_from_the_first_run() -> None:
    _, lessons = load()
    assert sum(found.conditions != Conditions() for found in lessons) >= 60  # what holds everywhere says little
    assert len({found.id for found in lessons}) == len(lessons)
    assert {found.provenance.origin for found in lessons} == {"starter"}


def test_every_recipe_is_spoken_of() -> None:
    named = {str(found.payload["recipe"]) for found in load()[1] if found.kind == "recipe"}
    assert {recipe.name for recipe in RECIPES} <= named


def test_conditions_use_words_that_exist() -> None:
    for found in load()[1]:
        assert set(found.conditions.modality) <= set(MODALITIES), found.subject
        assert set(found.conditions.metric) <= set(METRIC_KINDS), found.subject


def test_lessons_on_one_recipe_exclude_one_another() -> None:
    recipes = [found for found in load()[1] if found.kind == "recipe"]
    for rows in (50, 400, 999, 1000, 4999, 5000, 20_000, 10**6):
        for modality in MODALITIES:
            for numeric in (0.1, 0.5, 0.9):
                here = features(rows=rows).model_copy(
                    update={"modality": modality, "numeric": numeric, "categorical": 1 - numeric}
                )
                subjects = [found.subject for found in recipes if found.conditions.holds(here)]
                assert len(subjects) == len(set(subjects)), (rows, modality, numeric)


def test_the_first_run_orders_its_recipes_by_memory() -> None:
    memory = NestedMemory(RamShelf(), HashingEmbedder(), starter=load())
    order = [found.lesson.payload["recipe"] for found in memory.recall(features(rows=8000), kinds=["recipe"], limit=40)]
    assert order.index("lightgbm") < order.index("random_forest") < order.index("constant")
    assert not {"text_linear", "image_cnn", "time_means"} & set(order)


def test_a_starter_lesson_that_was_forgotten_does_not_come_back() -> None:
    shelf, (digest, lessons) = RamShelf(), load()
    NestedMemory(shelf, HashingEmbedder(), starter=(digest, lessons)).forget([lessons[0].id])
    later = NestedMemory(shelf, HashingEmbedder(), starter=("next version", lessons))
    assert len(later.lessons()) == len(lessons) - 1


def test_a_new_version_changes_words_and_keeps_evidence() -> None:
    shelf, (_, lessons) = RamShelf(), load()
    first = NestedMemory(shelf, HashingEmbedder(), starter=("1", lessons[:2]))
    first.remember([lessons[0].credited("d1", 2.0, 0)], private=())
    reworded = lessons[0].model_copy(update={"payload": {"a": 1}})
    first = NestedMemory(shelf, HashingEmbedder(), starter=("2", [lessons[0], reworded]))
    assert {found.id: found.evidence for found in first.lessons()} == {lessons[0].id: 1, reworded.id: 0}


def test_a_claim_in_other_words_keeps_what_it_has_earned() -> None:
    shelf, claim = RamShelf(), next(lesson for lesson in load()[1] if lesson.kind == "claim" and not lesson.payload)
    NestedMemory(shelf, HashingEmbedder(), starter=("1", [claim])).credit("r", [Credit(claim.id, 1.5)], competition="d1")
    reworded = claim.model_copy(update={"text": "The same, said better", "value": Value(prior=0.9)})
    (found,) = NestedMemory(shelf, HashingEmbedder(), starter=("2", [reworded])).lessons()
    assert (found.text, found.evidence, found.uses, found.value.prior) == ("The same, said better", 1, 1, 0.9)


@pytest.mark.parametrize("content", ["kind = 1", "[[lesson]]\nkind = 'claim'\ntext = 'x'", "not toml"])
def test_a_file_that_is_not_well_formed_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "bad.toml").write_text(content)
    with pytest.raises(StoreError, match=r"bad\.toml"):
        load(tmp_path)
    with pytest.raises(StoreError, match="no starter lessons"):
        load(tmp_path / "nowhere")


def test_the_wheel_takes_every_file_along() -> None:
    root = checkout()
    assert root is not None
    packaged = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    shipped = {name: f"agentk/memory/starter_lessons/{Path(name).name}" for name in packaged if name.startswith("memory_store/")}
    assert shipped == {name: target for name, target in packaged.items() if name in shipped}
    assert set(shipped) == {f"memory_store/{file.name}" for file in (root / "memory_store").glob("*.toml")}
