"""Export and import of lessons as lines of text."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentk.errors import SettingError
from agentk.memory import exchange
from agentk.memory.embedders import HashingEmbedder
from agentk.memory.exchange import export_lessons, import_lessons
from agentk.memory.nested import NestedMemory
from agentk.memory.ram import RamShelf
from agentk.memory.scope import Scope
from agentk.testing.memory import features, lesson


@pytest.fixture
def exported(memory: NestedMemory, tmp_path: Path) -> Path:
    memory.remember([lesson("claim:a").credited("d1", 1.5, 0), lesson("claim:b", features().scope)], private=())
    assert export_lessons(memory, tmp_path / "lessons.jsonl") == 2
    return tmp_path / "lessons.jsonl"


def test_what_is_exported_can_be_imported_elsewhere_once(memory: NestedMemory, exported: Path) -> None:
    other = NestedMemory(RamShelf(), HashingEmbedder())
    for _ in range(2):
        assert import_lessons(other, exported) == 2
    assert [(found.id, found.value) for found in other.lessons()] == [(found.id, found.value) for found in memory.lessons()]


def test_an_import_tells_how_far_it_is(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "_BATCH", 1)
    told: list[tuple[int, int]] = []
    other = NestedMemory(RamShelf(), HashingEmbedder())
    assert import_lessons(other, exported, each=lambda done, all_: told.append((done, all_))) == 2
    assert told == [(1, 2), (2, 2)] and len(other.lessons()) == 2


def test_a_scope_can_be_exported_alone(memory: NestedMemory, exported: Path) -> None:
    assert export_lessons(memory, exported, scope=Scope(("tabular",))) == 1
    assert len(exported.read_text().splitlines()) == 2


def test_what_belongs_to_a_competition_can_be_left_out(memory: NestedMemory, exported: Path) -> None:
    assert export_lessons(memory, exported, general=True) == 1
    assert "claim:b" not in exported.read_text()


def test_a_broken_line_is_named_and_nothing_is_imported(exported: Path) -> None:
    other = NestedMemory(RamShelf(), HashingEmbedder())
    exported.write_text(exported.read_text() + '{"kind": "claim"}\n')
    with pytest.raises(SettingError, match="line 4 is no lesson"):
        import_lessons(other, exported)
    assert other.lessons() == []


@pytest.mark.parametrize("content", ["", "no json\n", '{"format": "agentk-lessons", "version": 99}\n'])
def test_other_files_are_refused(memory: NestedMemory, tmp_path: Path, content: str) -> None:
    (tmp_path / "other").write_text(content)
    with pytest.raises(SettingError, match=r"other.*agentk memory export"):
        import_lessons(memory, tmp_path / "other")
    with pytest.raises(SettingError, match=r"missing.*No such file"):
        import_lessons(memory, tmp_path / "missing")
