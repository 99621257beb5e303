"""An error that an earlier run has mended is mended again: found by its words, tried by the playbook, shown to models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentk.agent.ending.learning import explanation, learn
from agentk.graph.build import walk
from agentk.graph.remedies import fixes
from agentk.graph.workbench import Workbench
from agentk.memory.embedders import HashingEmbedder
from agentk.memory.lesson import Lesson
from agentk.memory.nested import NestedMemory
from agentk.memory.ram import RamShelf
from agentk.memory.scope import Scope
from agentk.memory.value import Value
from agentk.reasoning.playbook import Playbook
from agentk.reasoning.questions import Code, CodeQuestion
from agentk.reasoning.recipes.own import from_file
from agentk.testing.memory import features
from agentk.types.outcome import Status

from .conftest import PROGRAM, Script, say

Open = Callable[..., Workbench]

FAULT, MENDED = "    classes = train[target].unique().sort()", "    classes = sorted(train[target].unique())"
BROKEN = PROGRAM.replace("    classes = sorted(train[target].unique())", FAULT)
"""`sort` returns nothing: TypeError: 'NoneType' object is not iterable."""


class Mender(Script):
    """Drafts the broken program, and mends it when asked."""

    def code(self, question: CodeQuestion) -> Code:
        source = PROGRAM if question.plan.action == "debug" else BROKEN
        return Code(giver=self.name, name="middles", source=source)


@pytest.fixture
def memory() -> NestedMemory:
    return NestedMemory(RamShelf(), HashingEmbedder())


@pytest.fixture
def mended_once(opened: Open, memory: NestedMemory) -> Workbench:
    """A run at which a model's program failed and was mended, and what memory learned of it."""
    script = Mender([say("draft", idea="nearest middle"), say("wait"), say("debug", parent=1, idea="sort into a new list")])
    bench = opened(script, memory=memory, name="first")
    bench.deliver = learn
    walk(bench)
    assert bench.ledger.attempts[1].outcome.status is Status.FAILED
    assert bench.ledger.attempts[2].outcome.status is Status.SCORED
    return bench


def test_a_recipe_that_fails_as_another_program_did_is_mended_as_that_was(
    mended_once: Workbench, opened: Open, memory: NestedMemory, tmp_path: Path
) -> None:
    recipe = tmp_path / "middles.py"
    recipe.write_text('"""Nearest middle."""\n' + BROKEN)
    bench = opened(Playbook((from_file(recipe),)), memory=memory, name="second", competition="builtin:wine", attempts=5)
    bench.deliver = learn
    assert memory.lessons(kinds=["fix"], scope=Scope(("tabular", "multiclass"))), "it has left its competition"
    walk(bench)
    attempts = bench.ledger.attempts
    (failed,) = [one for one in attempts.values() if one.recipe == "middles" and one.kind == "draft"]
    (again,) = [one for one in attempts.values() if one.kind == "debug"]
    assert failed.outcome.status is Status.FAILED and again.parent == failed.number
    assert again.outcome.status is Status.SCORED
    assert again.idea == "mended as the same error was before: sort into a new list"
    assert MENDED in bench.folder.read_solution(again).source
    (used,) = memory.get(again.lessons)
    assert used.kind == "fix" and used.evidence == 2, "of two competitions now: it was used, and it worked"
    assert any("mended" not in told and "sort into a new list" in told and "used" in told for told in explanation(bench.folder))


def test_of_all_fixes_those_of_the_same_error_come_first_and_those_of_another_class_not_at_all(memory: NestedMemory) -> None:
    texts = {
        "same": ("ValueError: Input X contains NaN.", -0.5),
        "near": ("ValueError: Input y contains infinity.", 2.0),
        "other": ("KeyError: …", 2.5),
        "book": ("Input contains NaN", 0.5),
    }
    memory.remember(
        [
            Lesson(
                kind="fix",
                subject=f"fix:{name}",
                text=f"{error} -> do {name}",
                payload={"error": error} if name != "book" else {},
                value=Value(prior=worth, strength=8.0),
            )
            for name, (error, worth) in texts.items()
        ],
        private=(),
    )
    found = fixes(memory, features(), "ValueError: Input X contains NaN.", seed=0)
    assert [hit.lesson.subject for hit in found] == ["fix:same", "fix:near", "fix:book"]


@pytest.mark.slow
def test_no_program_is_changed_that_the_change_does_not_fit_but_what_is_known_is_shown(
    mended_once: Workbench, opened: Open, memory: NestedMemory
) -> None:
    other = BROKEN.replace(FAULT, "    classes = sorted(train[target].unique().sort())")
    bench = opened(memory=memory, name="third", competition="builtin:wine", person=other)
    walk(bench)
    assert bench.ledger.attempts[1].outcome.reason.startswith("TypeError: 'NoneType' object is not iterable")
    assert any("sort into a new list" in lesson.text for lesson in bench.lessons), "the same error: a model may try the idea"
    assert bench.recollection.remedies() == {}
