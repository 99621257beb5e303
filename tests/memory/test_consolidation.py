"""Consolidation: what held up moves outwards, the rest is forgotten."""

from __future__ import annotations

from agentk.memory.consolidation import surplus
from agentk.memory.embedders import HashingEmbedder
from agentk.memory.harvest import recipe_lesson
from agentk.memory.lesson import Lesson, Provenance
from agentk.memory.nested import NestedMemory
from agentk.memory.ram import RamShelf
from agentk.memory.scope import EVERYTHING, Scope
from agentk.memory.value import Value
from agentk.testing.memory import features, lesson
from agentk.types.competition import TaskKind


def run(memory: NestedMemory, digest: str, reward: float, *, task: TaskKind = TaskKind.BINARY, modality: str = "tabular") -> None:
    """One run of one competition in which a recipe earned a reward."""
    here = features(digest, task=task).model_copy(update={"modality": modality})
    value = Value().add(digest, reward)
    memory.remember(
        [recipe_lesson("mlp", here.run(f"r-{digest}")).model_copy(update={"value": value, "features": here})], private=()
    )
    memory.consolidate(f"r-{digest}", here)


def places(memory: NestedMemory) -> dict[str, int]:
    return {str(found.scope): found.evidence for found in memory.lessons() if not found.scope.competition}


def test_a_family_gathers_the_evidence_of_its_competitions(memory: NestedMemory) -> None:
    for digest, reward in (("a", 1.0), ("b", 2.0), ("c", -0.5)):
        run(memory, digest, reward)
    assert places(memory) == {"everything/tabular/binary": 3, "everything/tabular/binary/accuracy/small": 3}


def test_wider_scopes_ask_for_two_places_that_agree(memory: NestedMemory) -> None:
    run(memory, "a", 2.0)
    run(memory, "b", 2.0, task=TaskKind.MULTICLASS)
    assert places(memory)["everything/tabular"] == 2
    assert "everything" not in places(memory)
    run(memory, "c", 2.0, modality="text")
    run(memory, "d", 2.0, modality="text", task=TaskKind.MULTICLASS)
    assert places(memory)["everything"] == 4


def test_a_recipe_that_failed_is_known_to_have_failed(memory: NestedMemory) -> None:
    run(memory, "a", -2.0)
    (found,) = [found for found in memory.lessons() if found.scope == Scope(("tabular", "binary"))]
    assert found.value.mean < 0


def test_a_claim_that_did_not_hold_up_goes_with_its_run(memory: NestedMemory) -> None:
    here = features("here")
    memory.remember([lesson("claim:a", here.run("r"), value=Value().add("here", -1.0))], private=())
    memory.consolidate("r", here)
    assert memory.lessons() == []


def test_ends_a_run_once(memory: NestedMemory) -> None:
    here = features("here")
    run(memory, "here", 1.0)
    memory.remember([recipe_lesson("mlp", here.run("r-here")).model_copy(update={"value": Value().add("here", 1.0)})], private=())
    memory.consolidate("r-here", here)
    assert {found.value.count for found in memory.lessons()} == {1}
    assert memory.stats().runs == 1


def test_runs_that_never_ended_are_swept_up(memory: NestedMemory) -> None:
    here = features("here")
    memory.remember([lesson("claim:a", here.run("lost"))], private=())
    for number in range(21):
        memory.consolidate(f"r{number}", here)
    assert memory.lessons() == []


def test_a_cap_forgets_the_least_valuable_and_no_starter() -> None:
    starter = [lesson("claim:starter", worth=-3, provenance=Provenance())]
    memory = NestedMemory(RamShelf(), HashingEmbedder(), starter=("1", starter), cap=4)
    memory.remember([lesson(f"claim:{worth}", worth=worth) for worth in range(6)], private=())
    memory.consolidate("r", features())
    assert {found.subject for found in memory.lessons()} == {"claim:starter", "claim:5", "claim:4", "claim:3"}


def test_the_surplus_is_judged_by_what_it_may_still_be_worth() -> None:
    def learned(subject: str, rewards: list[float]) -> Lesson:
        value = Value()
        for number, reward in enumerate(rewards):
            value = value.add(str(number), reward)
        return lesson(subject, EVERYTHING, value=value)

    known_useless, untried, good = learned("claim:0", [0.0] * 9), learned("claim:new", []), learned("claim:good", [1.0] * 9)
    assert surplus([good, untried, known_useless], 1, 0) == [known_useless.id]


def test_what_is_said_again_in_other_words_is_one_lesson(memory: NestedMemory) -> None:
    texts = [
        "Encode rare levels of a category together before boosting",
        "encode the rare levels of a category together, before boosting!",
    ]
    for number, text in enumerate(texts):
        here = features(f"d{number}")
        said = lesson(f"claim:{number}", here.run(f"r{number}"), text=text, value=Value().add(here.digest, 2.0))
        memory.remember([said], private=())
        memory.consolidate(f"r{number}", here)
    (family,) = [found for found in memory.lessons() if found.scope == Scope(features().family)]
    assert (family.text, family.evidence) == (texts[0], 2)


def test_what_a_run_did_not_touch_keeps_its_age(memory: NestedMemory) -> None:
    run(memory, "here", 1.0)
    for number in range(3):
        memory.consolidate(f"idle-{number}", features("here"))
    assert {found.used for found in memory.lessons()} == {1}
    assert memory.stats().runs == 4
