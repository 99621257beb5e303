"""`agentk step`: one node at a time, in a script and in conversation."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agentk.graph.journal import read

from .conftest import Called


def test_it_begins_a_run_of_a_competition_and_takes_it_up_again(say: Callable[..., Called], tmp_path: Path) -> None:
    begun = say("step", "builtin:iris", "--attempts", "2", "--memory", "off", "--until", "plan")
    assert begun.code == 0 and "a new run" in begun.err
    for words in ("step 7 · plan", "asked", "answered by playbook", "constant"):
        assert words in begun.out
    further = say("step", "last")
    assert "step 8 · code" in further.out and "program of #1" in further.out


def test_what_is_neither_a_run_nor_a_competition_is_told(say: Callable[..., Called]) -> None:
    told = say("step", "nothing-here")
    assert told.code == 2 and "nor is it a competition" in told.err


@pytest.mark.slow
def test_a_conversation_steps_goes_back_and_leaves(tmp_path: Path) -> None:
    keys = b"\n" * 7 + b"dance\n" + b"\n" + b"b 7\n" + b"b 99\n" + b"\n" + b"q\n"
    ours, theirs = pty.openpty()
    arguments = [sys.executable, "-m", "agentk", "step", "builtin:iris", "--attempts", "2", "--memory", "off"]
    process = subprocess.Popen(arguments, cwd=tmp_path, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    os.write(ours, keys)
    out = process.communicate(timeout=120)[0].decode()
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0, out
    for words in ("next: read", "'dance' is no key", "step 8 · code · branch-2", "no step '99' to go back to"):
        assert words in out
    journal = next(tmp_path.glob("runs/*/journal.jsonl"))
    assert [line["event"] for line in read(journal)].count("rewound") == 1
