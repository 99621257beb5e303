"""The sandbox of Linux: a warm process, holders of data, and one isolated fork per execution."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import socket
import tempfile
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

from agentk.errors import SandboxError
from agentk.sandbox import messages
from agentk.sandbox.cores import share_cores
from agentk.sandbox.holders import Holder, Holders
from agentk.sandbox.protocol import End, Execution, Guarantee, Result
from agentk.sandbox.spawn import environment
from agentk.sandbox.verdict import CANCELLED_EARLY
from agentk.sandbox.walls import Kind, guarantees
from agentk.sandbox.wire import Report, task


@dataclass(eq=False)
class _Job:
    execution: Execution
    future: Future[Result]
    submitted: float
    started: float = 0.0
    slot: int = -1
    channel: socket.socket | None = None
    stage: Path | None = None
    cancelled: bool = False


class ForkSandbox:
    """Executes in forks of a warm process, behind walls of one kind."""

    def __init__(
        self,
        slots: int,
        cores: int,
        imports: Sequence[str],
        scratch: Path,
        *,
        kind: Kind = Kind.NAMESPACES,
        held_bytes: int = 4 << 30,
    ) -> None:
        """`held_bytes` bounds the memory of all holders; the least recently used go first."""
        self._cores = cores
        self._kind = kind
        self._held_bytes = held_bytes
        scratch.mkdir(parents=True, exist_ok=True)
        self._scratch = Path(tempfile.mkdtemp(prefix="sandbox-", dir=scratch.resolve()))
        for name in ("root", "writable"):
            (self._scratch / name).mkdir()
        self._slot_cores = share_cores(slots, cores)
        self._queue: deque[_Job] = deque()
        self._urgent: deque[_Job] = deque()
        self._lock = threading.Lock()
        self._closing = False
        self._free = set(range(slots))
        self._running: dict[Future[Result], _Job] = {}
        variables = environment(cores, processes=kind is Kind.NAMESPACES)
        self._holders = Holders(tuple(imports), variables, self._scratch / "warm.log", held_bytes)
        self._waiting: dict[Holder, list[_Job]] = {}  # for a holder to be ready
        self._selector = DefaultSelector()
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._selector.register(self._wake_read, EVENT_READ)
        self._dispatcher = threading.Thread(target=self._dispatch, name="sandbox", daemon=True)
        self._dispatcher.start()

    @property
    def slots(self) -> int:
        """How many executions run at once."""
        return len(self._slot_cores)

    @property
    def cores(self) -> int:
        """Cores that each slot owns."""
        return self._cores

    @property
    def guarantees(self) -> Mapping[Guarantee, str]:
        """What holds here, and by what means."""
        return guarantees(self._kind)

    def submit(self, execution: Execution, *, urgent: bool = False) -> Future[Result]:
        """Queues it. Raises SandboxError when the sandbox is closed or an input does not exist."""
        for name, path in (*execution.held.items(), *execution.inputs.items()):
            if not path.exists():
                raise SandboxError(f"the input {name!r} does not exist: {path}")
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()  # only `cancel` of this class cancels
        with self._lock:
            if self._closing:
                raise SandboxError("the sandbox is closed")
            (self._urgent if urgent else self._queue).append(_Job(execution, future, time.monotonic()))
        self._wake()
        return future

    def cancel(self, future: Future[Result]) -> None:
        """Ends it; does nothing when it has ended already."""
        with self._lock:
            for job in itertools.chain(self._queue, self._urgent, list(self._running.values())):
                if job.future is future:
                    job.cancelled = True
        self._wake()

    def close(self) -> None:
        """Kills what runs, ends all processes and removes the scratch folder. May be called again."""
        with self._lock:
            self._closing = True
        self._wake()
        self._dispatcher.join()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # awake already, or closed
            os.write(self._wake_write, b"!")

    # Everything below runs in the dispatcher's thread.

    def _dispatch(self) -> None:
        try:
            while not self._finished():
                self._hear()
                self._cancel_some()
                self._start_some()
        except BaseException as error:  # nobody may wait for ever for a future that this thread would have resolved
            with self._lock:
                self._closing = True
                for job in (*self._queue, *self._urgent, *self._running.values()):
                    job.future.set_exception(SandboxError(f"the sandbox's dispatcher failed: {error!r}"))
            raise
        finally:
            self._holders.close()
            self._selector.close()
            os.close(self._wake_read)
            os.close(self._wake_write)

    def _hear(self) -> None:
        for key, _ in self._selector.select():
            if key.fd == self._wake_read:
                os.read(self._wake_read, 1 << 12)
            elif isinstance(key.data, Holder) and key.data.channel.fileno() >= 0:  # not dropped in this round
                self._hear_holder(key.data)
            elif isinstance(key.data, _Job):
                self._hear_job(key.data)

    def _finished(self) -> bool:
        with self._lock:
            if self._closing:
                for job in (*self._queue, *self._urgent, *self._running.values()):
                    job.cancelled = True
        self._cancel_some()
        return self._closing and not self._running

    def _cancel_some(self) -> None:
        with self._lock:
            off_queue = [job for job in (*self._queue, *self._urgent) if job.cancelled]
            self._queue = deque(job for job in self._queue if not job.cancelled)
            self._urgent = deque(job for job in self._urgent if not job.cancelled)
            running = [job for job in self._running.values() if job.cancelled]
        for job in off_queue:
            job.started = time.monotonic()
            self._resolve(job, _ended(*CANCELLED_EARLY))
        for job in running:
            if job.channel is not None:
                with contextlib.suppress(OSError):  # it has just ended
                    job.channel.shutdown(socket.SHUT_WR)  # the supervisor kills its program, and still reports
                job.cancelled = False
            else:
                for waiting in self._waiting.values():
                    if job in waiting:
                        waiting.remove(job)
                self._end(job, _ended(*CANCELLED_EARLY))

    def _start_some(self) -> None:
        while self._free:
            with self._lock:
                queue = self._urgent or self._queue
                if not queue or self._closing:
                    return
                job = queue.popleft()
                self._running[job.future] = job
            job.slot = min(self._free)
            self._free.remove(job.slot)
            job.started = time.monotonic()
            try:
                holder, new = self._holders.of(job.execution)
            except OSError as error:
                self._fail(job, SandboxError(f"the sandbox could not start its worker: {error}"))
                continue
            if new:
                self._selector.register(holder.channel, EVENT_READ, holder)
            if holder.ready:
                self._begin(job, holder)
            else:
                self._waiting.setdefault(holder, []).append(job)

    def _begin(self, job: _Job, holder: Holder) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                messages.send(holder.channel, {}, [theirs.fileno()])
            except OSError:  # the holder has died since its last execution, which this one shall not pay for
                ours.close()
                self._drop(holder)
                self._release(job)
                with self._lock:
                    self._urgent.appendleft(job)
                return
        job.channel = ours
        self._selector.register(ours, EVENT_READ, job)
        message = task(job.execution, self._slot_cores[job.slot], self._stage(job), self._kind).encode()
        line = job.execution.line
        with contextlib.suppress(OSError):  # the supervisor has died; the end of its channel will say so
            messages.send(ours, message, [] if line is None else [line.fileno()])
        _hang_up(job)

    def _stage(self, job: _Job) -> Path:
        """The folder where its walls are built: mounts are private, so with namespaces one serves all."""
        if self._kind is Kind.NAMESPACES:
            return self._scratch
        job.stage = Path(tempfile.mkdtemp(dir=self._scratch))
        return job.stage

    def _hear_holder(self, holder: Holder) -> None:
        received = messages.receive(holder.channel)
        message = {} if received is None else received[0]
        waiting = self._waiting.pop(holder, [])
        if "memory" in message:
            holder.ready, holder.memory = True, int(str(message["memory"]))
            for job in waiting:
                self._begin(job, holder)
            for other in self._holders.too_many():
                self._drop(other)
            return
        self._drop(holder)
        for job in waiting:
            if "error" in message:
                self._fail(job, SandboxError(f"loading its held inputs failed:\n{message['error']}"))
            else:
                last_words = self._holders.last_words()
                self._end(job, _ended(End.CRASHED, f"the process that loads its data died; last it wrote: {last_words!r}"))

    def _drop(self, holder: Holder) -> None:
        self._selector.unregister(holder.channel)
        self._holders.drop(holder)

    def _hear_job(self, job: _Job) -> None:
        assert job.channel is not None
        received = messages.receive(job.channel)
        self._selector.unregister(job.channel)
        job.channel.close()
        if received is None:
            self._end(job, _ended(End.CRASHED, "its supervisor was killed from outside"))
        elif "error" in received[0]:
            self._fail(job, SandboxError(f"an execution could not be isolated or collected:\n{received[0]['error']}"))
        else:
            self._end(job, Report.decode(received[0]))

    def _end(self, job: _Job, report: Report) -> None:
        self._release(job)
        self._resolve(job, report)

    def _fail(self, job: _Job, error: SandboxError) -> None:
        self._release(job)
        _hang_up(job)
        job.future.set_exception(error)

    def _release(self, job: _Job) -> None:
        if job.stage is not None:
            shutil.rmtree(job.stage, ignore_errors=True)
        self._free.add(job.slot)
        with self._lock:
            del self._running[job.future]

    def _resolve(self, job: _Job, report: Report) -> None:
        _hang_up(job)
        target = job.execution.collect_to
        job.future.set_result(
            Result(
                end=report.end,
                reason=report.reason,
                outputs={name: target / name for name in report.outputs},
                log=report.log,
                queued_s=job.started - job.submitted,
                wall_s=report.wall_s,
                cpu_s=report.cpu_s,
                max_rss=report.max_rss,
                first_line_s=max(0.0, report.first_line - job.started),
                started=job.started,
                slot=job.slot,
            )
        )


def _hang_up(job: _Job) -> None:
    """The line is the program's alone, so that whoever talks with it hears when it is gone."""
    if job.execution.line is not None:
        job.execution.line.close()


def _ended(end: End, reason: str) -> Report:
    """A report about an execution whose program left none."""
    return Report(end=end, reason=reason, outputs=[], log="", wall_s=0.0, cpu_s=0.0, max_rss=0, first_line=0.0)
