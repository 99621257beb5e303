"""Lessons that a process holds: fetched once, and fresh whoever has written since."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from agentk.memory import held
from agentk.memory.embedders import HashingEmbedder
from agentk.memory.nested import NestedMemory
from agentk.memory.protocol import Credit, Found
from agentk.memory.ram import RamShelf
from agentk.memory.scope import EVERYTHING, Scope
from agentk.memory.value import Value
from agentk.testing.memory import features, lesson

HERE = features("here")


class Counting(RamShelf):
    """Says which scopes were fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[Scope] = []

    def lying(self, scopes: Sequence[Scope]) -> list[Found]:
        self.fetched += scopes
        return super().lying(scopes)


@pytest.fixture
def shelf() -> Counting:
    return Counting()


@pytest.fixture
def memory(shelf: Counting) -> NestedMemory:
    return NestedMemory(shelf, HashingEmbedder(), explore="greedy")


def subjects(memory: NestedMemory, limit: int = 8) -> list[str]:
    return [found.lesson.subject for found in memory.recall(HERE, limit=limit)]


def test_a_scope_is_fetched_once_for_many_reads(memory: NestedMemory, shelf: Counting) -> None:
    memory.remember([lesson("claim:a")], private=())
    assert subjects(memory) == subjects(memory) == ["claim:a"]
    assert sorted(map(str, shelf.fetched)) == sorted(map(str, HERE.scope.climb()))


def test_what_this_process_writes_is_read_and_only_its_scope_fetched_again(memory: NestedMemory, shelf: Counting) -> None:
    family = Scope(HERE.family)
    memory.remember([lesson("claim:a"), lesson("claim:b", family)], private=())
    subjects(memory)
    shelf.fetched.clear()
    memory.remember([lesson("claim:c", family)], private=())
    assert set(subjects(memory)) == {"claim:a", "claim:b", "claim:c"}
    assert shelf.fetched == [family]


def test_what_is_forgotten_is_not_read(memory: NestedMemory) -> None:
    memory.remember([lesson("claim:a"), lesson("claim:b")], private=())
    subjects(memory)
    memory.forget([lesson("claim:a").id])
    assert subjects(memory) == ["claim:b"]


def test_what_was_earned_counts_at_once(memory: NestedMemory) -> None:
    kept = [lesson(f"claim:{name}", value={"prior": 0.0}) for name in "ab"]
    memory.remember(kept, private=())
    subjects(memory)
    for run, best in (("one", kept[1]), ("two", kept[1])):
        memory.credit(run, [Credit(best.id, 2.0)], competition=run)
    assert subjects(memory) == ["claim:b", "claim:a"]


def test_what_another_process_wrote_is_read(on_disk: Callable[..., NestedMemory]) -> None:
    mine, other = on_disk(), on_disk()
    mine.remember([lesson("claim:a")], private=())
    assert subjects(mine) == ["claim:a"]
    other.remember([lesson("claim:b", Scope(HERE.family))], private=())
    assert set(subjects(mine)) == {"claim:a", "claim:b"}


def test_more_subjects_than_are_ranked_leave_the_most_promising(memory: NestedMemory) -> None:
    """Nothing in scope is hidden by what lies nearer and promises nothing."""
    many = [lesson(f"claim:{number}", value={"prior": number / 100, "strength": 50.0}) for number in range(150)]
    memory.remember(many, private=())
    assert subjects(memory, 3) == ["claim:149", "claim:148", "claim:147"]


def test_an_inner_lesson_overrides_however_many_others_there_are(memory: NestedMemory) -> None:
    """The outer one promises much; what was found here to be worthless goes with it."""
    outer = lesson("claim:promised", EVERYTHING, worth=3.0)
    seen = Value()
    for run in range(6):
        seen = seen.add(f"run {run}", -3.0)
    inner = lesson("claim:promised", HERE.scope, text="it did not hold here", value=seen)
    rest = [lesson(f"claim:{number}") for number in range(100)]
    memory.remember([outer, inner, *rest], private=())
    assert "claim:promised" not in subjects(memory, 60)


def test_scopes_read_long_ago_give_way(memory: NestedMemory, shelf: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "HELD", 2)
    text = features("there").model_copy(update={"modality": "text"})
    own = [lesson("claim:here", Scope(HERE.family)), lesson("claim:there", Scope(text.family)), lesson("claim:all")]
    memory.remember(own, private=())
    assert set(subjects(memory)) == {"claim:here", "claim:all"}
    memory.recall(text)
    shelf.fetched.clear()
    assert set(subjects(memory)) == {"claim:here", "claim:all"}
    assert Scope(HERE.family) in shelf.fetched


def test_texts_decide_among_lessons_of_one_place(memory: NestedMemory) -> None:
    said = {"claim:trees": "grow deeper trees", "claim:folds": "repeat the folds with other seeds"}
    memory.remember([lesson(subject, text=text) for subject, text in said.items()], private=())
    assert memory.recall(HERE, "repeat folds", limit=1)[0].lesson.subject == "claim:folds"
    assert np.isclose(memory.recall(HERE, limit=1)[0].similarity, 0.7)
