"""One execution from outside: builds the walls, starts the program behind them, watches, kills, collects, reports.

A supervisor is a fork of a holder. It knows only this execution, and ends with it. Its channel to agentk is its life line: when
agentk dies, or shuts its side to cancel, the program is killed.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import time
import traceback
from pathlib import Path

from agentk.sandbox import isolation, kernel, messages, program, tree, view
from agentk.sandbox.collect import RefusedOutputError, collect
from agentk.sandbox.log import Log
from agentk.sandbox.protocol import INPUTS, End, Script
from agentk.sandbox.wire import Report, Task

_LOOK_EVERY_S = 0.05
_CHUNK = 1 << 16

Verdict = tuple[End, str]


class WallsError(Exception):
    """The program was not started, for the walls around it could not be built."""


def supervise(channel: socket.socket, loaded: object) -> None:
    """Receives one task, runs it and sends the report; sends `{"error": ...}` when the walls could not be built."""
    received = messages.receive(channel)
    if received is None:
        return
    task = Task.decode(received[0])
    try:
        identity = isolation.enter_namespaces()
        writable = task.stage / "writable"
        view.make_writable(writable, task.limits.output_bytes, identity)
        report = _Supervisor(task, channel, loaded, identity).run()
    except (OSError, WallsError):
        messages.send(channel, {"error": traceback.format_exc()})
        return
    messages.send(channel, report.encode())


class _Supervisor:
    def __init__(self, task: Task, channel: socket.socket, loaded: object, identity: int) -> None:
        self._task = task
        self._channel = channel
        self._loaded = loaded
        self._identity = identity
        self._writable = task.stage / "writable"
        self._log = Log(task.limits.log_bytes)
        self._log_read, self._log_write = os.pipe()
        self._mark_read, self._mark_write = os.pipe()
        self._status_read, self._status_write = os.pipe()

    def run(self) -> Report:
        os.sched_setaffinity(0, self._task.cores)
        started = time.monotonic()
        first = os.fork()
        if first == 0:
            self._be_first_process()
        for end in (self._log_write, self._mark_write, self._status_write):
            os.close(end)
        verdict = self._watch(first, started + self._task.limits.wall_s)
        os.kill(first, signal.SIGKILL)  # and with it, everything in its PID namespace
        _, _, usage = os.wait4(first, 0)
        ended = time.monotonic()
        self._read_rest()
        end, reason = verdict or self._explain()
        outputs: list[str] = []
        try:
            outputs = self._collect()
        except RefusedOutputError as refusal:
            if end is End.OK:
                end, reason = End.REFUSED, str(refusal)
        begun = float(os.read(self._mark_read, 64) or 0)
        return Report(
            end=end,
            reason=reason,
            outputs=outputs,
            log=self._log.text(),
            wall_s=ended - started,
            cpu_s=usage.ru_utime + usage.ru_stime,
            max_rss=usage.ru_maxrss * 1024,
            first_line=begun,
        )

    def _collect(self) -> list[str]:
        output = os.open(self._writable / view.OUTPUT.name, os.O_RDONLY | os.O_DIRECTORY)
        try:
            return collect(output, self._task.collect_to, self._task.limits.output_bytes)
        finally:
            os.close(output)

    def _watch(self, first: int, deadline: float) -> Verdict | None:
        """Until the program has ended by itself (None), or must be ended."""
        limits = self._task.limits
        process = os.pidfd_open(first)
        poll = select.poll()
        for watched in (process, self._log_read, self._channel.fileno()):
            poll.register(watched, select.POLLIN)
        next_look = time.monotonic()
        while True:
            now = time.monotonic()
            if now >= deadline:
                return End.TIMED_OUT, f"it ran longer than {limits.wall_s:g} s"
            if now >= next_look:
                if verdict := self._look(first):
                    return verdict
                next_look = now + _LOOK_EVERY_S
            events = dict(poll.poll(1000 * max(0.0, min(deadline, next_look) - now)))
            if self._log_read in events:
                data = os.read(self._log_read, _CHUNK)
                self._log.add(data)
                if not data:
                    poll.unregister(self._log_read)
            if self._channel.fileno() in events:
                return End.CANCELLED, "it was cancelled"
            if process in events:
                return None

    def _look(self, first: int) -> Verdict | None:
        limits = self._task.limits
        members = tree.processes(first)
        if len(members) - 1 > limits.processes:
            return End.FAILED, f"it started more than {limits.processes} processes"
        if tree.memory(members, limits.memory_bytes) > limits.memory_bytes:
            return End.OUT_OF_MEMORY, f"it needed more than {limits.memory_bytes >> 20} MB of memory"
        return None

    def _read_rest(self) -> None:
        """What is still in the pipe, all of whose writers are dead."""
        while data := os.read(self._log_read, _CHUNK):
            self._log.add(data)

    def _explain(self) -> Verdict:
        """How a program that ended by itself ended."""
        told = os.read(self._status_read, _CHUNK)
        if not told:
            return End.CRASHED, "its first process was killed from outside"
        status = json.loads(told)
        if not isinstance(status, int):
            raise WallsError(status["error"])
        code = os.waitstatus_to_exitcode(status)
        last = self._log.last_line()
        if code == 0:
            return End.OK, ""
        if code < 0:
            return End.CRASHED, f"it died of {signal.Signals(-code).name}"
        if last.startswith(("MemoryError", "numpy._core._exceptions._ArrayMemoryError", "std::bad_alloc")):
            return End.OUT_OF_MEMORY, last
        return End.FAILED, last or f"it left with exit code {code}"

    def _be_first_process(self) -> None:
        """The first process of the namespace: builds the view, gives up every right, starts the program and waits for it."""
        try:
            kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
            self._enter()
            child = os.fork()
            if child == 0:
                self._be_program()
            os.close(self._log_write)
            os.close(self._mark_write)
            ended, status = 0, 0
            while ended != child:
                ended, status = os.waitpid(-1, 0)
            os.write(self._status_write, str(status).encode())
        except OSError:
            os.write(self._status_write, json.dumps({"error": traceback.format_exc()}).encode())
        finally:
            os._exit(0)

    def _enter(self) -> None:
        task = self._task
        kernel.unshare(kernel.CLONE_NEWNS)
        script = task.entry.program if isinstance(task.entry, Script) else None
        view.build(task.stage / "root", self._writable, task.inputs, script)
        isolation.drop_privileges(self._identity)
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)  # forgotten by the change of identity

    def _be_program(self) -> None:
        code = 1
        try:
            kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
            isolation.bound_resources(self._task.limits)
            places = program.Places(INPUTS, view.OUTPUT, view.TEMPORARY, view.PROGRAM)
            code = program.run(self._task.entry, self._loaded, self._task.arguments, places, self._log_write, self._mark_write)
        finally:
            os._exit(code)
