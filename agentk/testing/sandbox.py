"""Conformance of sandboxes: what every implementation must do, and the red team against what it claims.

Inherit `SandboxConformance` in a test module, give it a fixture `sandbox`, and run pytest:

    class TestMine(SandboxConformance):
        @pytest.fixture(scope="class")
        @classmethod
        def sandbox(cls, tmp_path_factory):
            sandbox = open_mine(slots=2, cores=1, imports=IMPORTS, scratch=tmp_path_factory.mktemp("scratch"))
            yield sandbox
            sandbox.close()

Guarantees that the sandbox does not claim are skipped, and named.
"""

# ruff: noqa: D102  a test's name says what is expected

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from agentk.sandbox.protocol import INPUTS, LINE, End, Execution, Function, Guarantee, Limits, Result, Sandbox, Script
from agentk.testing import attacks, bait

IMPORTS = ("agentk.testing.programs", "agentk.testing.attacks", "agentk.testing.notes", "numpy")
"""What a sandbox under test should have imported."""

MB = 1 << 20
_SHORT = Limits(wall_s=20.0, memory_bytes=1 << 30, output_bytes=8 * MB, processes=16)


class SandboxConformance:
    """Inherit and provide the fixture `sandbox`, with two slots at least."""

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def baits(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
        """Something to steal; laid out before `sandbox` starts, so that it could inherit the environment."""
        with bait.laid_out(tmp_path_factory.mktemp("bait")) as laid:
            yield laid

    # What it does

    def test_a_function_gets_its_data_and_its_outputs_come_back(self, sandbox: Sandbox, tmp_path: Path) -> None:
        held, given = tmp_path / "held.txt", tmp_path / "given.txt"
        held.write_text("held")
        given.write_text("given")
        entry = Function("agentk.testing.programs:join", load="agentk.testing.programs:load_texts")
        arguments: dict[str, JsonValue] = {"suffix": "!", "names": ["given"]}
        execution = Execution(entry, tmp_path / "out", held={"text": held}, inputs={"given": given}, arguments=arguments)
        result = sandbox.submit(execution).result(timeout=60)
        assert (result.end, result.reason) == (End.OK, "")
        assert {name: path.read_text() for name, path in result.outputs.items()} == {"joined.txt": "held given!"}

    def test_a_changed_held_file_is_loaded_again(self, sandbox: Sandbox, tmp_path: Path) -> None:
        held = tmp_path / "held.txt"
        entry = Function("agentk.testing.programs:join", load="agentk.testing.programs:load_texts")
        for text in ("first", "the second"):
            held.write_text(text)
            execution = Execution(entry, tmp_path / "out", held={"text": held}, arguments={"suffix": "", "names": []})
            assert sandbox.submit(execution).result(timeout=60).outputs["joined.txt"].read_text() == text

    def test_a_script_gets_its_arguments_and_a_folder_of_inputs(self, sandbox: Sandbox, tmp_path: Path) -> None:
        data = tmp_path / "data"
        data.mkdir()
        (data / "rows.csv").write_text("a\n1\n")
        source = "import sys, pathlib\nprint('hello')\npathlib.Path('copy.csv').write_text(pathlib.Path(sys.argv[1]).read_text())"
        execution = Execution(write(tmp_path, source, str(INPUTS / "data" / "rows.csv")), tmp_path / "out", inputs={"data": data})
        result = sandbox.submit(execution).result(timeout=60)
        assert (result.end, result.log) == (End.OK, "hello\n")
        assert result.outputs["copy.csv"].read_text() == "a\n1\n"

    def test_inputs_that_are_closed_to_others_are_open_to_the_program(self, sandbox: Sandbox, tmp_path: Path) -> None:
        closed, file = tmp_path / "closed", tmp_path / "file.txt"
        closed.mkdir()
        for path in (closed / "inner.txt", file):
            path.write_text("text")
            path.chmod(0o600)
        closed.chmod(0o700)
        entry = Function("agentk.testing.programs:join", load="agentk.testing.programs:load_texts")
        arguments: dict[str, JsonValue] = {"suffix": "", "names": ["closed/inner.txt", "file"]}
        inputs = {"closed": closed, "file": file}
        result = sandbox.submit(Execution(entry, tmp_path / "out", inputs=inputs, arguments=arguments)).result(timeout=60)
        assert (result.end, result.reason) == (End.OK, "")
        assert result.outputs["joined.txt"].read_text() == "text text"

    @pytest.mark.parametrize("how", ["function", "script"])
    def test_a_program_talks_over_its_line(self, sandbox: Sandbox, tmp_path: Path, how: str) -> None:
        ours, theirs = socket.socketpair()
        source = f"import socket\nline = socket.socket(fileno={LINE})\nwhile said := line.recv(9):\n    line.sendall(said[::-1])"
        entry = Function("agentk.testing.programs:echo") if how == "function" else write(tmp_path, source)
        future = sandbox.submit(Execution(entry, tmp_path / "out", limits=_SHORT, line=theirs))
        with ours:
            ours.settimeout(20)
            for words in (b"abc", b"xyz"):
                ours.sendall(words)
                assert ours.recv(9) == words[::-1]
        assert future.result(timeout=60).end is End.OK  # it heard that the line was closed

    def test_the_line_of_a_program_that_dies_is_closed(self, sandbox: Sandbox, tmp_path: Path) -> None:
        ours, theirs = socket.socketpair()
        future = sandbox.submit(Execution(write(tmp_path, "import os; os.abort()"), tmp_path / "out", line=theirs))
        with ours:
            ours.settimeout(20)
            assert ours.recv(1) == b""
        assert future.result(timeout=60).end is End.CRASHED

    def test_figures_are_sound(self, sandbox: Sandbox, tmp_path: Path) -> None:
        before = time.monotonic()
        result = run_source(sandbox, tmp_path, "x = bytearray(60_000_000)\nimport time\ntime.sleep(0.3)")
        assert 0.3 <= result.wall_s < 10
        assert 60_000_000 < result.max_rss < 1 << 30
        assert before <= result.started <= time.monotonic()
        assert 0 < result.first_line_s < result.wall_s + 5
        assert 0 < result.cpu_s < result.wall_s + 1
        assert 0 <= result.slot < sandbox.slots

    @pytest.mark.parametrize(
        ("source", "end", "reason"),
        [
            ("raise ValueError('bad column')", End.FAILED, "ValueError: bad column"),
            ("import sys; sys.exit(3)", End.FAILED, "it left with exit code 3"),
            ("import ctypes; ctypes.string_at(0)", End.CRASHED, "it died of SIGSEGV"),
            ("import os; os.abort()", End.CRASHED, "it died of SIGABRT"),
            ("x = (", End.FAILED, "SyntaxError: '(' was never closed"),
        ],
    )
    def test_a_failing_program_is_a_result_with_a_plain_reason(
        self, sandbox: Sandbox, tmp_path: Path, source: str, end: End, reason: str
    ) -> None:
        result = run_source(sandbox, tmp_path, source)
        assert (result.end, result.reason) == (end, reason)

    def test_queued_programs_run_in_order_and_urgent_ones_first(self, sandbox: Sandbox, tmp_path: Path) -> None:
        nap = write(tmp_path, "import time; time.sleep(1)")
        busy = [sandbox.submit(Execution(nap, tmp_path / "busy")) for _ in range(sandbox.slots)]
        time.sleep(0.3)
        quick = write(tmp_path, "pass", name="quick.py")
        patient = [sandbox.submit(Execution(quick, tmp_path / f"patient{number}")) for number in range(2)]
        urgent = sandbox.submit(Execution(quick, tmp_path / "urgent"), urgent=True)
        started = [future.result(timeout=60).started for future in (*busy, urgent, *patient)]
        assert started == sorted(started)
        assert {future.result().slot for future in busy} == set(range(sandbox.slots))

    def test_cancelling_kills_what_runs_and_takes_off_what_waits(self, sandbox: Sandbox, tmp_path: Path) -> None:
        sleeper = write(tmp_path, "import time; time.sleep(60)")
        futures = [sandbox.submit(Execution(sleeper, tmp_path / f"out{number}")) for number in range(sandbox.slots + 1)]
        time.sleep(0.3)
        for future in futures:
            sandbox.cancel(future)
        assert [future.result(timeout=10).end for future in futures] == [End.CANCELLED] * len(futures)
        sandbox.cancel(futures[0])  # for the second time: nothing happens

    # What it promises

    @pytest.mark.parametrize("entry", ["function", "script"])
    @pytest.mark.parametrize("attack", list(attacks.ATTACKS))
    def test_the_red_team_gets_nothing(
        self, baits: dict[str, str], sandbox: Sandbox, tmp_path: Path, attack: str, entry: str
    ) -> None:
        self.needs(sandbox, Guarantee[attacks.ATTACKS[attack][0]])
        before = bait.state(baits)
        result = sandbox.submit(attacking(attack, entry, baits, tmp_path)).result(timeout=60)
        assert result.end is End.OK, result.reason
        assert result.log.startswith("held"), result.log
        assert bait.state(baits) == before
        assert not bait.survivors(baits["marker"])

    def test_one_execution_cannot_tell_another(self, sandbox: Sandbox, tmp_path: Path) -> None:
        self.needs(sandbox, Guarantee.FORGETS)
        for name, expected in (("leave_notes", "left notes"), ("find_notes", "held")):
            execution = Execution(Function(f"agentk.testing.notes:{name}"), tmp_path / name, arguments={"run": str(tmp_path)})
            assert sandbox.submit(execution).result(timeout=60).log.startswith(expected)

    @pytest.mark.parametrize(
        "source",
        [
            "while True: pass",
            "import time; time.sleep(600)",
            "import signal, time\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\ntime.sleep(600)",
            "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
            "import os, time\nif os.fork() == 0: os.setsid()\ntime.sleep(600)",
        ],
        ids=["computes", "sleeps", "deaf", "stopped", "two sessions"],
    )
    def test_time_runs_out(self, sandbox: Sandbox, tmp_path: Path, source: str) -> None:
        self.needs(sandbox, Guarantee.TIME)
        started = time.monotonic()
        result = run_source(sandbox, tmp_path, source, Limits(wall_s=0.7))
        assert (result.end, result.reason) == (End.TIMED_OUT, "it ran longer than 0.7 s")
        assert time.monotonic() - started < 5

    @pytest.mark.parametrize(
        "source",
        [
            "while True: pass",
            "import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n        while True: pass\ntime.sleep(600)",
        ],
        ids=["alone", "in children"],
    )
    def test_processor_time_runs_out(self, sandbox: Sandbox, tmp_path: Path, source: str) -> None:
        self.needs(sandbox, Guarantee.TIME)
        result = run_source(sandbox, tmp_path, source, Limits(wall_s=120, cpu_s=0.5))
        assert (result.end, result.reason) == (End.TIMED_OUT, "it computed for more than 0.5 s")

    def test_waiting_is_no_processor_time(self, sandbox: Sandbox, tmp_path: Path) -> None:
        result = run_source(sandbox, tmp_path, "import time; time.sleep(2)", Limits(wall_s=120, cpu_s=1.5))
        assert result.end is End.OK, result.reason

    @pytest.mark.parametrize(
        "source",
        [
            "x = bytearray(20 << 30)",
            "import numpy; numpy.ones(20 << 27)",
            "x = []\nwhile True: x.append(bytearray(10 << 20))",
            "import os, time\nfor _ in range(4):\n    if os.fork() == 0: break\nx = bytearray(90 << 20)\ntime.sleep(60)",
            "import mmap\nx = mmap.mmap(-1, 400 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1",
        ],
        ids=["20 GB", "20 GB of numbers", "creeping", "in children", "shared"],
    )
    def test_memory_runs_out(self, sandbox: Sandbox, tmp_path: Path, source: str) -> None:
        self.needs(sandbox, Guarantee.MEMORY)
        result = run_source(sandbox, tmp_path, source, Limits(wall_s=20, memory_bytes=256 * MB))
        assert result.end is End.OUT_OF_MEMORY, (result.end, result.reason)
        assert "emory" in result.reason

    @pytest.mark.parametrize(
        "source",
        [
            "f = open('big', 'wb')\nwhile True: f.write(bytes(1 << 20))",
            "import tempfile, time\nfor _ in range(100): open(tempfile.mktemp(), 'wb').write(bytes(1 << 20))\ntime.sleep(5)",
            "open('sparse', 'wb').truncate(1 << 40)",
            "import os\nos.symlink('/etc/passwd', 'submission.csv')",
            "import os\nopen('a', 'w').write('x'); os.link('a', 'b')",
            "import os\nos.mkfifo('submission.csv')",
            "import socket\nsocket.socket(socket.AF_UNIX).bind('submission.csv')",
            "import os\nfor _ in range(40): os.mkdir('d'); os.chdir('d')",
            "for n in range(3_000): open(f'f{n}', 'w')",
        ],
        ids=["full disk", "full /tmp", "sparse", "symlink", "hard links", "pipe", "socket", "deep", "many"],
    )
    def test_output_that_breaks_the_rules_is_no_output(self, sandbox: Sandbox, tmp_path: Path, source: str) -> None:
        self.needs(sandbox, Guarantee.OUTPUT)
        result = run_source(sandbox, tmp_path, source, _SHORT)
        assert result.end in (End.REFUSED, End.FAILED, End.CRASHED), result.reason
        assert result.reason
        assert sum(path.stat().st_size for path in result.outputs.values()) <= _SHORT.output_bytes

    def test_a_gigabyte_of_prints_becomes_a_short_log(self, sandbox: Sandbox, tmp_path: Path) -> None:
        self.needs(sandbox, Guarantee.OUTPUT)
        source = "print('first')\nline = 'x' * 999\nfor _ in range(1 << 20): print(line)\nprint('last')"
        limits = Limits(wall_s=60, log_bytes=2000)
        script = write(tmp_path, "import sys, io\nsys.stdout = io.TextIOWrapper(open(1, 'wb', 1 << 20))\n" + source)
        result = sandbox.submit(Execution(script, tmp_path / "out", limits=limits)).result(timeout=90)
        assert result.log.startswith("first\n")
        assert result.log.endswith("last\n")
        assert len(result.log) < 2200
        assert "bytes left out" in result.log

    def test_a_fork_bomb_is_defused(self, sandbox: Sandbox, tmp_path: Path) -> None:
        self.needs(sandbox, Guarantee.TREE)
        started = time.monotonic()
        result = run_source(sandbox, tmp_path, "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", _SHORT)
        assert (result.end, result.reason) == (End.FAILED, "it started more than 16 processes")
        assert time.monotonic() - started < 10

    def test_a_stale_file_is_not_taken_for_output(self, sandbox: Sandbox, tmp_path: Path) -> None:
        first = run_source(sandbox, tmp_path, "open('submission.csv', 'w').write('id,target')")
        assert list(first.outputs) == ["submission.csv"]
        assert run_source(sandbox, tmp_path, "pass").outputs == {}

    def test_library_code_that_one_program_patched_is_whole_for_the_next(self, sandbox: Sandbox, tmp_path: Path) -> None:
        arguments: dict[str, JsonValue] = {"suffix": "", "names": []}
        for _ in range(2):
            execution = Execution(Function("agentk.testing.programs:patch_a_library"), tmp_path / "out", arguments=arguments)
            assert sandbox.submit(execution).result(timeout=60).log == "whole\n"

    @staticmethod
    def needs(sandbox: Sandbox, guarantee: Guarantee) -> None:
        """Skips the test when the sandbox does not claim the guarantee."""
        if guarantee not in sandbox.guarantees:
            pytest.skip(f"not claimed here: {guarantee}")


def attacking(attack: str, entry: str, baits: dict[str, str], folder: Path) -> Execution:
    """The execution of one attack, as a forked function or as a script of its own."""
    if entry == "function":
        arguments: dict[str, JsonValue] = {"bait": {**baits, "attack": attack}}
        return Execution(Function("agentk.testing.attacks:attack"), folder / "out", arguments=arguments, limits=_SHORT)
    script = Script(Path(attacks.__file__), (attack, json.dumps(baits)))
    return Execution(script, folder / "out", limits=_SHORT)


def write(folder: Path, source: str, *arguments: str, name: str = "program.py") -> Script:
    """A script with this source."""
    program = folder / name
    program.write_text(source)
    return Script(program, arguments)


def run_source(sandbox: Sandbox, folder: Path, source: str, limits: Limits = _SHORT) -> Result:
    """Runs a program as a script."""
    return sandbox.submit(Execution(write(folder, source), folder / "out", limits=limits)).result(timeout=90)
