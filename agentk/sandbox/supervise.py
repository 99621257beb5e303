"""One execution from outside: builds the walls, starts the program behind them, watches, kills, collects, reports.

A supervisor is a fork of a holder. It knows only this execution, and ends with it. Its channel to agentk is its life line: when
agentk dies, or shuts its side to cancel, the program is killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import socket
import time
import traceback

from agentk.sandbox import isolation, kernel, messages, program, tree, verdict
from agentk.sandbox.collect import RefusedOutputError, collect
from agentk.sandbox.log import Log
from agentk.sandbox.protocol import End
from agentk.sandbox.verdict import Verdict
from agentk.sandbox.walls import Kind, walls
from agentk.sandbox.wire import Report, Task

_LOOK_EVERY_S = 0.05
_CHUNK = 1 << 16


class WallsError(Exception):
    """The program was not started, for the walls around it could not be built."""


def supervise(channel: socket.socket, loaded: object) -> None:
    """Receives one task, runs it and sends the report; sends `{"error": ...}` when the walls could not be built."""
    received = messages.receive(channel)
    if received is None:
        return
    message, given = received
    try:
        report = _Supervisor(Task.decode(message), channel, loaded, given[0] if given else None).run()
    except (OSError, WallsError):
        messages.send(channel, {"error": traceback.format_exc()})
        return
    messages.send(channel, report.encode())


class _Supervisor:
    def __init__(self, task: Task, channel: socket.socket, loaded: object, line: int | None) -> None:
        self._task = task
        self._channel = channel
        self._loaded = loaded
        self._line = line
        self._log = Log(task.limits.log_bytes)
        self._log_read, self._log_write = os.pipe()
        self._mark_read, self._mark_write = os.pipe()
        self._status_read, self._status_write = os.pipe()

    def run(self) -> Report:
        kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)  # orphans of the program become our children, not init's
        self._walls = walls(Kind(self._task.walls), self._task)
        self._output = self._walls.prepare()
        started = time.monotonic()
        first = os.fork()
        if first == 0:
            self._be_first_process()
        for ours_no_more in (self._log_write, self._mark_write, self._status_write, self._line):
            if ours_no_more is not None:
                os.close(ours_no_more)
        said = self._watch(first, started + self._task.limits.wall_s)
        usage = _kill_all(first)
        ended = time.monotonic()
        self._read_rest()
        end, reason = said or self._explain()
        outputs, refusal = self._collect()
        if refusal and end is End.OK:
            end, reason = End.REFUSED, refusal
        return Report(
            end=end,
            reason=reason,
            outputs=outputs,
            log=self._log.text(),
            wall_s=ended - started,
            cpu_s=usage.ru_utime + usage.ru_stime,
            max_rss=usage.ru_maxrss * 1024,
            first_line=float(os.read(self._mark_read, 64) or 0),
        )

    def _collect(self) -> tuple[list[str], str]:
        output = os.open(self._output, os.O_RDONLY | os.O_DIRECTORY)
        try:
            return collect(output, self._task.collect_to, self._task.limits.output_bytes), ""
        except RefusedOutputError as refusal:
            return [], str(refusal)
        finally:
            os.close(output)

    def _watch(self, first: int, deadline: float) -> Verdict | None:
        """Until the program has ended by itself (None), or must be ended."""
        process = os.pidfd_open(first)
        poll = select.poll()
        for watched in (process, self._log_read, self._channel.fileno()):
            poll.register(watched, select.POLLIN)
        next_look = time.monotonic()
        while True:
            now = time.monotonic()
            if said := verdict.of_time(now, deadline, self._task.limits):
                return said
            if now >= next_look:
                if said := self._look(first):
                    return said
                next_look = time.monotonic() + _LOOK_EVERY_S
            events = dict(poll.poll(1000 * max(0.0, min(deadline, next_look) - now)))
            if self._log_read in events:
                data = os.read(self._log_read, _CHUNK)
                self._log.add(data)
                if not data:
                    poll.unregister(self._log_read)
            if self._channel.fileno() in events:
                return verdict.CANCELLED
            if process in events:
                return None

    def _look(self, first: int) -> Verdict | None:
        limits = self._task.limits
        members = [process for process in tree.processes(os.getpid()) if process not in (os.getpid(), first)]
        seconds = tree.seconds([first, *members]) if limits.cpu_s is not None else 0.0
        return verdict.of_use(len(members), tree.memory(members, limits.memory_bytes), self._walls.written(), seconds, limits)

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
        return verdict.of_exit(os.waitstatus_to_exitcode(status), self._log)

    def _be_first_process(self) -> None:
        """Goes behind the walls, starts the program there, and waits for it and all that it leaves behind."""
        try:
            kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
            os.sched_setaffinity(0, self._task.cores)
            inherited = isolation.private_bytes(), self._walls.tasks_already()
            places = self._walls.enter()
            kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)  # the change of identity made the kernel forget it
            child = os.fork()
            if child == 0:
                self._be_program(places, inherited)
            for its_own in (self._log_write, self._mark_write, self._line):
                if its_own is not None:
                    os.close(its_own)
            ended, status = 0, 0
            while ended != child:
                ended, status = os.waitpid(-1, 0)
            os.write(self._status_write, str(status).encode())
        except OSError:
            os.write(self._status_write, json.dumps({"error": traceback.format_exc()}).encode())
        finally:
            os._exit(0)

    def _be_program(self, places: program.Places, inherited: tuple[int, int]) -> None:
        code = 1
        try:
            kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # so that it may look at itself in /proc
            isolation.bound_resources(self._task.limits, *inherited)
            self._walls.confine()
            open_files = program.Open(self._log_write, self._mark_write, self._line)
            code = program.run(self._task.entry, self._loaded, self._task.arguments, places, open_files)
        finally:
            os._exit(code)


def _kill_all(first: int) -> resource.struct_rusage:
    """Kills and reaps every descendant; returns what they used. With a PID namespace the first one takes all others along."""
    os.kill(first, signal.SIGKILL)
    while True:
        for process in tree.processes(os.getpid())[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return resource.getrusage(resource.RUSAGE_CHILDREN)
