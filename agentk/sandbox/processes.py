"""The sandbox of systems without Linux's means: plain processes, watched and killed. It promises little, and says so."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from agentk.errors import SandboxError
from agentk.sandbox import verdict
from agentk.sandbox.collect import RefusedOutputError, collect
from agentk.sandbox.log import Log
from agentk.sandbox.protocol import End, Execution, Guarantee, Limits, Result
from agentk.sandbox.spawn import environment
from agentk.sandbox.wire import task

PROMISES = {
    Guarantee.SECRETS: "a new environment made of an allow-list",
    Guarantee.TIME: "a watching thread, which kills every process of the tree that it has seen",
    Guarantee.MEMORY: "a watch on the memory of the tree every 50 ms",
    Guarantee.OUTPUT: "a watch on what it has written, and a log that keeps head and tail",
}

_LOOK_EVERY_S = 0.05


@dataclass(order=True)
class _Job:
    rank: tuple[bool, int]
    execution: Execution = field(compare=False)
    future: Future[Result] = field(compare=False)
    submitted: float = field(compare=False)
    cancelled: threading.Event = field(default_factory=threading.Event, compare=False)


class ProcessSandbox:
    """Runs each execution in a new Python process, one thread a slot. Imports anew every time."""

    def __init__(self, slots: int, cores: int, scratch: Path) -> None:
        scratch.mkdir(parents=True, exist_ok=True)
        self._scratch = Path(tempfile.mkdtemp(prefix="sandbox-", dir=scratch.resolve()))
        self._cores = cores
        self._numbers = itertools.count()
        self._queue: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._jobs: dict[Future[Result], _Job] = {}
        self._closing = threading.Event()
        self._threads = [threading.Thread(target=self._serve, args=(slot,), daemon=True) for slot in range(slots)]
        for thread in self._threads:
            thread.start()

    @property
    def slots(self) -> int:
        """How many executions run at once."""
        return len(self._threads)

    @property
    def cores(self) -> int:
        """Threads that each program is told to use; no core is set apart for it."""
        return self._cores

    @property
    def guarantees(self) -> Mapping[Guarantee, str]:
        """What holds everywhere."""
        return PROMISES

    def submit(self, execution: Execution, *, urgent: bool = False) -> Future[Result]:
        """Queues it. Raises SandboxError when the sandbox is closed or an input does not exist."""
        if self._closing.is_set():
            raise SandboxError("the sandbox is closed")
        for name, path in (*execution.held.items(), *execution.inputs.items()):
            if not path.exists():
                raise SandboxError(f"the input {name!r} does not exist: {path}")
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()
        job = _Job((not urgent, next(self._numbers)), execution, future, time.monotonic())
        self._jobs[future] = job
        self._queue.put(job)
        return future

    def cancel(self, future: Future[Result]) -> None:
        """Ends it; does nothing when it has ended already."""
        if job := self._jobs.get(future):
            job.cancelled.set()

    def close(self) -> None:
        """Kills what runs and removes the scratch folder. May be called again."""
        self._closing.set()
        for job in list(self._jobs.values()):
            job.cancelled.set()
        for thread in self._threads:
            thread.join()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _serve(self, slot: int) -> None:
        while not (self._closing.is_set() and self._queue.empty()):
            try:
                job = self._queue.get(timeout=_LOOK_EVERY_S)
            except queue.Empty:
                continue
            try:
                job.future.set_result(self._run(job, slot))
            except OSError as error:
                job.future.set_exception(SandboxError(f"the sandbox could not start a process: {error}"))
            del self._jobs[job.future]

    def _run(self, job: _Job, slot: int) -> Result:
        started = time.monotonic()
        stage = Path(tempfile.mkdtemp(dir=self._scratch))
        try:
            self._prepare(job.execution, stage)
            watched = _Watched(job, stage, environment(self._cores))
            end, reason = watched.until_the_end() if not job.cancelled.is_set() else verdict.CANCELLED_EARLY
            names, refusal = _collected(stage / "output", job.execution)
            mark = stage / "mark"
            first_line = float(mark.read_text() or started) if mark.exists() else started
        finally:
            shutil.rmtree(stage, ignore_errors=True)
            if job.execution.line is not None:
                job.execution.line.close()
        if refusal and end is End.OK:
            end, reason = End.REFUSED, refusal
        return Result(
            end=end,
            reason=reason,
            outputs={name: job.execution.collect_to / name for name in names},
            log=watched.log.text(),
            queued_s=started - job.submitted,
            wall_s=time.monotonic() - started,
            cpu_s=watched.cpu_s,
            max_rss=watched.max_rss,
            first_line_s=first_line - started,
            started=started,
            slot=slot,
        )

    def _prepare(self, execution: Execution, stage: Path) -> None:
        for name in ("inputs", "output", "tmp"):
            (stage / name).mkdir()
        for name, path in execution.inputs.items():
            (stage / "inputs" / name).symlink_to(path.resolve())
        held = {name: str(path.resolve()) for name, path in execution.held.items()}
        line = None if execution.line is None else execution.line.fileno()
        message = {"task": task(execution, (), stage, "none").encode(), "held": held, "line": line}
        (stage / "task.json").write_text(json.dumps(message))


class _Watched:
    """One process tree: read, measured, and in the end killed."""

    def __init__(self, job: _Job, stage: Path, variables: Mapping[str, str]) -> None:
        self._job = job
        self._stage = stage
        self._variables = variables
        self._limits: Limits = job.execution.limits
        self.log = Log(self._limits.log_bytes)
        self.cpu_s = 0.0
        self.max_rss = 0

    def until_the_end(self) -> verdict.Verdict:
        import psutil

        command = [sys.executable, "-P", "-m", "agentk.sandbox.cold", str(self._stage)]
        line = self._job.execution.line
        process = subprocess.Popen(
            command,
            env=self._variables,
            pass_fds=[] if line is None else [line.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        if line is not None:
            line.close()  # it is the program's alone
        reader = threading.Thread(target=self._read, args=(process,), daemon=True)
        reader.start()
        first = psutil.Process(process.pid)
        self._seen: dict[int, psutil.Process] = {first.pid: first}
        said = self._watch(process)
        for one in self._seen.values():
            with contextlib.suppress(psutil.Error):
                one.kill()
        process.wait()
        reader.join(timeout=1)
        return said or verdict.of_exit(process.returncode, self.log)

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as pipe:
            while data := os.read(pipe.fileno(), 1 << 16):
                self.log.add(data)

    def _watch(self, process: subprocess.Popen[bytes]) -> verdict.Verdict | None:
        deadline = time.monotonic() + self._limits.wall_s
        while process.poll() is None:
            if said := verdict.of_time(time.monotonic(), deadline, self._limits) or self._look():
                return said
            if self._job.cancelled.is_set():
                return verdict.CANCELLED
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=_LOOK_EVERY_S)
        return None

    def _look(self) -> verdict.Verdict | None:
        import psutil

        for one in list(self._seen.values()):
            with contextlib.suppress(psutil.Error):
                self._seen |= {child.pid: child for child in one.children(recursive=True)}
        sizes, seconds = [], 0.0
        for one in self._seen.values():
            with contextlib.suppress(psutil.Error):
                sizes.append(one.memory_info().rss)
                seconds += sum(one.cpu_times()[:2])
        self.max_rss = max([self.max_rss, *sizes])
        self.cpu_s = max(self.cpu_s, seconds)
        written = 0
        for path in self._stage.rglob("*"):
            with contextlib.suppress(OSError):
                written += path.lstat().st_size
        return verdict.of_use(len(sizes), sum(sizes), written, self.cpu_s, self._limits)


def _collected(output: Path, execution: Execution) -> tuple[list[str], str]:
    handle = os.open(output, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return collect(handle, execution.collect_to, execution.limits.output_bytes), ""
    except RefusedOutputError as refusal:
        return [], str(refusal)
    finally:
        os.close(handle)
