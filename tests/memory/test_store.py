"""Where memory lies, and how a setting opens it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agentk.errors import SettingError, StoreError
from agentk.memory import starter
from agentk.memory.protocol import Credit
from agentk.memory.store import home, open_memory
from agentk.testing.memory import features, lesson


def test_off_recalls_and_remembers_nothing() -> None:
    memory = open_memory("off")
    memory.remember([lesson()], private=())
    assert memory.frozen
    assert memory.recall(features()) == []
    assert memory.stats().lessons == 0


def test_a_path_is_written_and_then_read(tmp_path: Path) -> None:
    memory = open_memory(str(tmp_path / "mine"))
    memory.remember([lesson("claim:mine")], private=())
    memory.close()
    read = open_memory(f"read:{tmp_path / 'mine'}")
    assert "claim:mine" in {found.subject for found in read.lessons()}
    assert read.remember([lesson("claim:more")], private=()) != []
    read.consolidate("r", features())
    assert "claim:more" not in {found.subject for found in read.lessons()}
    assert read.stats().notes == (
        "not written, as the memory is only read: 1 lessons",
        "not written, as the memory is only read: the end of run r",
    )


def test_a_new_store_that_is_only_read_still_knows_the_starter_lessons(tmp_path: Path) -> None:
    assert open_memory(f"read:{tmp_path / 'new'}").stats().lessons == len(starter.load()[1])


def test_a_checkout_keeps_it_beside_the_starter_lessons_and_an_installation_with_the_user(
    monkeypatch: pytest.MonkeyPatch, _own_home: Path
) -> None:
    assert home().parts[-2:] == ("memory_store", "db")
    monkeypatch.setattr(starter, "checkout", lambda: None)
    assert home() == _own_home / "agentk" / "memory"


@pytest.mark.parametrize(("setting", "embedder"), [("", "hashing"), ("write", "nonesuch")])
def test_refuses_what_it_does_not_know(setting: str, embedder: str) -> None:
    with pytest.raises(SettingError):
        open_memory(setting, embedder=embedder)


def test_importing_it_imports_nothing_heavy() -> None:
    code = "import sys, agentk.memory.store, agentk.memory.nested, agentk.memory.disk, agentk.memory.harvest\n"
    code += "print(sorted({'chromadb', 'sklearn', 'scipy', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_a_reward_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    memory = open_memory(str(tmp_path / "mine"))
    with pytest.raises(StoreError, match="not finite"):
        memory.credit("r", [Credit("0" * 16, float("nan"))], competition="d")
    assert memory.stats().pending == 0
