"""What agentk says of itself: what to do first, every command in one group, options by what they take, names to complete."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from agentk.cli.helping import GROUPS
from agentk.cli.main import app

from .conftest import Called

Say = Callable[..., Called]


def test_agentk_alone_says_what_to_do(say: Say) -> None:
    said = say().out
    assert "agentk run builtin:breast-cancer --budget 60s" in said and "--target revenue" in said
    places = [said.index(group) for group in GROUPS]
    assert places == sorted(places)


def test_every_command_stands_in_one_group() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    commands = typer.main.get_command(app)
    assert sorted(grouped) == sorted(commands.commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", [(), ("run",), ("bench",), ("memory", "list"), ("memory", "explain"), ("weights", "add")])
def test_help_speaks_no_python(say: Say, command: tuple[str, ...]) -> None:
    said = say(*command, "--help").out
    assert "--help" in said and "<bool>" not in said and "<int>" not in said and "list[" not in said


def test_the_nearest_name_is_suggested(say: Say, tmp_path: Path) -> None:
    assert "Did you mean 'run'?" in say("rnu").err
    assert "--budget" in say("run", "builtin:iris", "--buget", "60s").err
    assert "did you mean last?" in say("show", "lst").err
    assert "did you mean sandbox?" in say("bench", "sandbx").err


def test_runs_are_completed(tmp_path: Path) -> None:
    (tmp_path / "runs" / "wine-1").mkdir(parents=True)
    (tmp_path / "runs" / "wine-1" / "run.json").write_text("{}")
    asked = {"_AGENTK_COMPLETE": "complete_bash", "COMP_WORDS": "agentk report w", "COMP_CWORD": "2"}
    shell = [sys.executable, "-c", "import sys; sys.argv[0] = 'agentk'; from agentk.cli.main import main; main()"]
    done = subprocess.run(shell, cwd=tmp_path, env=os.environ | asked, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["wine-1"]
