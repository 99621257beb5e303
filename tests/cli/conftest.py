"""agentk as a person calls it: the command line in a process of its own, or in this one where only messages matter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agentk.cli.main import main


@dataclass(frozen=True)
class Called:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.out))


def call(*arguments: str, cwd: Path, timeout: float = 240) -> Called:
    """`python -m agentk ARGUMENTS` in `cwd`."""
    environment = os.environ | {"COLUMNS": "160"}
    done = subprocess.run(
        [sys.executable, "-m", "agentk", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=timeout
    )
    return Called(done.returncode, done.stdout, done.stderr)


LOADED = """
import sys
from agentk.cli.main import main
try:
    main()
except SystemExit:
    print(*sorted({"chromadb", "langgraph", "pandas", "sklearn", "torch"} & set(sys.modules)))
"""


def loaded(*arguments: str, cwd: Path) -> list[str]:
    """What of the heavy libraries `agentk ARGUMENTS` has imported at its end."""
    done = subprocess.run([sys.executable, "-c", LOADED, *arguments], cwd=cwd, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split()


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Called]:
    """Calls the command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "400")

    def said(*arguments: str) -> Called:
        monkeypatch.setattr(sys, "argv", ["agentk", *arguments])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        captured = capsys.readouterr()
        return Called(code, captured.out, captured.err)

    return said
