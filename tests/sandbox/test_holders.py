"""A death costs one attempt only; and when agentk itself is killed, nothing stays behind."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from agentk.errors import SandboxError
from agentk.sandbox.forks import ForkSandbox
from agentk.sandbox.protocol import End, Execution, Function, Limits, Sandbox
from agentk.testing.bait import survivors
from agentk.testing.sandbox import run_source, write

JOIN = Function("agentk.testing.programs:join", load="agentk.testing.programs:load_texts")


OTHERS: set[int] = set()
"""Processes of sandboxes that other tests of this session hold open."""


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    OTHERS.update(process.pid for process in psutil.Process().children(recursive=True))
    with closing(ForkSandbox(2, 1, ("agentk.testing.programs",), tmp_path / "scratch", held_bytes=1)) as sandbox:
        yield sandbox


def joining(folder: Path, text: str) -> Execution:
    held = folder / f"{text}.txt"
    held.write_text(text)
    return Execution(JOIN, folder / "out", held={"text": held}, arguments={"suffix": "", "names": []}, limits=Limits(wall_s=20))


def family() -> list[psutil.Process]:
    """Living descendants; what other tests of this process hold, or left to be reaped, is none of them."""
    living = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.pid not in OTHERS and process.status() != psutil.STATUS_ZOMBIE:
                living.append(process)
    return living


def test_a_killed_family_is_replaced(sandbox: Sandbox, tmp_path: Path) -> None:
    assert sandbox.submit(joining(tmp_path, "before")).result(timeout=30).end is End.OK
    for process in family():
        with contextlib.suppress(psutil.NoSuchProcess):  # the death of its parent was enough
            process.send_signal(signal.SIGKILL)
    time.sleep(0.2)
    ends = [sandbox.submit(joining(tmp_path, f"after{number}")).result(timeout=30).end for number in range(2)]
    assert ends == [End.OK, End.OK]


def test_a_killed_supervisor_costs_its_own_execution_only(sandbox: Sandbox, tmp_path: Path) -> None:
    future = sandbox.submit(Execution(write(tmp_path, "import time; time.sleep(60)"), tmp_path / "out"))
    time.sleep(1.5)
    supervisors = [process for process in family() if len(process.parents()) == len(psutil.Process().parents()) + 3]
    assert len(supervisors) == 1  # below the warm process and the holder
    supervisors[0].send_signal(signal.SIGKILL)
    result = future.result(timeout=10)
    assert (result.end, result.reason) == (End.CRASHED, "its supervisor was killed from outside")
    assert run_source(sandbox, tmp_path, "print('alive')").log == "alive\n"


def test_data_that_cannot_be_loaded_is_the_sandboxs_failure(sandbox: Sandbox, tmp_path: Path) -> None:
    execution = Execution(Function("agentk.testing.programs:join", load="agentk.testing.programs:no_such"), tmp_path / "out")
    with pytest.raises(SandboxError, match="no_such"):
        sandbox.submit(execution).result(timeout=30)
    assert sandbox.submit(joining(tmp_path, "fine")).result(timeout=30).end is End.OK


def test_an_input_that_does_not_exist_is_refused_at_once(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"'rows' does not exist: .*/absent"):
        sandbox.submit(Execution(write(tmp_path, ""), tmp_path / "out", inputs={"rows": tmp_path / "absent"}))


def test_holders_beyond_the_memory_bound_end(sandbox: Sandbox, tmp_path: Path) -> None:
    for number in range(4):
        assert sandbox.submit(joining(tmp_path, f"fold{number}")).result(timeout=30).end is End.OK
    time.sleep(0.3)
    assert len(family()) <= 3  # the warm process, the holder used last, and one that is just ending


def test_holders_beyond_a_number_end_however_small_their_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentk.sandbox.holders.MOST", 2)
    with closing(ForkSandbox(1, 1, ("agentk.testing.programs",), tmp_path / "scratch")) as sandbox:
        OTHERS.update(process.pid for process in psutil.Process().children(recursive=True))
        for number in range(5):
            assert sandbox.submit(joining(tmp_path, f"text{number}")).result(timeout=30).end is End.OK
        until = time.monotonic() + 10
        while len(family()) > 3 and time.monotonic() < until:  # the warm process and two holders
            time.sleep(0.1)
        assert len(family()) <= 3


def test_closing_ends_everything(sandbox: Sandbox, tmp_path: Path) -> None:
    futures = [sandbox.submit(Execution(write(tmp_path, "import time; time.sleep(60)"), tmp_path / "out")) for _ in range(4)]
    time.sleep(0.5)
    sandbox.close()
    assert [future.result(timeout=1).end for future in futures] == [End.CANCELLED] * 4
    deadline = time.monotonic() + 5
    while family() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert family() == []
    assert list((tmp_path / "scratch").iterdir()) == []
    with pytest.raises(SandboxError, match="closed"):
        sandbox.submit(joining(tmp_path, "late"))


def test_nothing_outlives_a_killed_agentk(tmp_path: Path) -> None:
    marker = f"marker-{tmp_path.name}"
    program = tmp_path / "program.py"
    program.write_text(
        f"import os, sys\nos.fork()\nos.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(600)', '{marker}'])"
    )
    source = f"""
import sys, time
from pathlib import Path
from agentk.sandbox.open import open_sandbox
from agentk.sandbox.protocol import Execution, Script
sandbox = open_sandbox(2, 1, ["{marker}"], Path("{tmp_path}"))
for _ in range(2):
    sandbox.submit(Execution(Script(Path("{program}")), Path("{tmp_path}/out")))
time.sleep(600)
"""
    agentk = subprocess.Popen([sys.executable, "-c", source])
    deadline = time.monotonic() + 30
    while len(survivors(marker, patience_s=0)) < 6 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(survivors(marker, patience_s=0)) >= 6
    agentk.kill()
    agentk.wait()
    assert survivors(marker, patience_s=5) == []
