"""The kinds of walls around a program, best first: namespaces, Landlock, none; and what each of them promises."""

from __future__ import annotations

import contextlib
import os
import time
from abc import ABC, abstractmethod
from enum import StrEnum
from pathlib import Path

from agentk.sandbox import isolation, kernel, landlock, seccomp, view
from agentk.sandbox.cards import SHOWN
from agentk.sandbox.program import Places
from agentk.sandbox.protocol import INPUTS, Guarantee, Script
from agentk.sandbox.wire import Task


class Kind(StrEnum):
    """How a program is walled in."""

    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"
    NONE = "none"


class Walls(ABC):
    """The walls around one execution, built step by step by the processes they concern."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._script = task.entry.program if isinstance(task.entry, Script) else None

    @abstractmethod
    def prepare(self) -> Path:
        """In the supervisor, before it forks. Returns the output folder as the supervisor sees it. Raises OSError."""

    @abstractmethod
    def enter(self) -> Places:
        """In the first process of the execution: there is no way back. Returns what the program sees. Raises OSError."""

    def confine(self) -> None:
        """In the program's own process, last of all. Raises OSError."""
        return

    def tasks_already(self) -> int:
        """What the kernel's limit on processes counts besides the program's own. Asked before `enter`."""
        return 0

    def written(self) -> int:
        """Bytes it has written so far, where nothing bounds them already. Called often."""
        return 0


class NamespaceWalls(Walls):
    """A machine of its own: file system, processes, network, shared memory."""

    def prepare(self) -> Path:
        """Enters the namespaces and mounts the writable place."""
        self._identity = isolation.enter_namespaces()
        self._writable = self._task.stage / "writable"
        view.make_writable(self._writable, self._task.limits.output_bytes, self._identity)
        return self._writable / view.OUTPUT.name

    def enter(self) -> Places:
        """Builds the view and becomes nobody."""
        kernel.unshare(kernel.CLONE_NEWNS)
        view.build(self._task.stage / "root", self._writable, self._task.inputs, self._script, self._task.devices)
        isolation.drop_privileges(self._identity)
        return Places(INPUTS, view.OUTPUT, view.TEMPORARY, view.PROGRAM)


class FolderWalls(Walls):
    """A folder of its own on the real file system; with `landlocked`, the kernel lets it touch little else."""

    def __init__(self, task: Task, *, landlocked: bool) -> None:
        super().__init__(task)
        self._landlocked = landlocked
        self._identity = isolation.unused_identity() if os.geteuid() == 0 else os.geteuid()
        self._size = 0
        self._next_look = 0.0

    def prepare(self) -> Path:
        """Makes the folder. The sandbox's own process removes it afterwards."""
        for name in ("inputs", "output", "tmp"):
            (self._task.stage / name).mkdir()
            if os.geteuid() == 0:
                os.chown(self._task.stage / name, self._identity, self._identity)
        for name, path in self._task.inputs.items():
            (self._task.stage / "inputs" / name).symlink_to(path)
        return self._task.stage / "output"

    def enter(self) -> Places:
        """Gives up every right but those to its folder."""
        stage = self._task.stage
        program = self._script.parent if self._script else stage
        isolation.drop_root(self._identity)
        return Places(stage / "inputs", stage / "output", stage / "tmp", program)

    def confine(self) -> None:
        """Shuts the program's own process in: what it may know of itself in /proc is known only now."""
        if not self._landlocked:
            return
        stage = self._task.stage
        given = [stage / "inputs", *self._task.inputs.values(), *([self._script] if self._script else [])]
        landlock.restrict(
            readable=[*view.visible(), Path("/proc/self"), *given, *(SHOWN if self._task.devices else ())],
            writable=[stage / "output", stage / "tmp"],
            devices=view.devices(),
            steered=self._task.devices,
        )
        if seccomp.supported():
            seccomp.install(alone=True)

    def tasks_already(self) -> int:
        """An ordinary user's other processes."""
        return isolation.tasks() if os.geteuid() != 0 else 0

    def written(self) -> int:
        """The size of its folder, as of the last look; looking takes a tenth of the time at most."""
        started = time.monotonic()
        if started < self._next_look:
            return self._size
        self._size = self._measure()
        now = time.monotonic()
        self._next_look = now + 10 * (now - started)
        return self._size

    def _measure(self) -> int:
        total = 0
        for path in self._task.stage.rglob("*"):
            with contextlib.suppress(OSError):
                total += path.lstat().st_blocks * 512
        return total


def walls(kind: Kind, task: Task) -> Walls:
    """The walls of that kind around one task."""
    if kind is Kind.NAMESPACES:
        return NamespaceWalls(task)
    return FolderWalls(task, landlocked=kind is Kind.LANDLOCK)


_ALWAYS = {
    Guarantee.SECRETS: "a new environment made of an allow-list; warm process started by exec",
    Guarantee.TIME: "a supervisor outside",
    Guarantee.MEMORY: "RLIMIT_DATA on each process, and a watch on the memory of the tree every 50 ms",
    Guarantee.OUTPUT: "RLIMIT_FSIZE, a watch on what it has written, and a log that keeps head and tail",
    Guarantee.TREE: "a subreaper that kills all descendants",
}


def guarantees(kind: Kind) -> dict[Guarantee, str]:
    """What walls of that kind promise on this machine, each with the means."""
    if kind is Kind.NONE:
        return dict(_ALWAYS)
    held = dict(_ALWAYS)
    if kind is Kind.NAMESPACES:
        held |= {
            Guarantee.FILES: "mount namespace: a root of its own made of read-only pieces (pivot_root)",
            Guarantee.WRITES: "mount namespace: everything read-only but one bounded tmpfs",
            Guarantee.NETWORK: "network namespace without any device" + (", seccomp" if seccomp.supported() else ""),
            Guarantee.PROCESSES: "PID namespace, /proc of its own",
            Guarantee.FORGETS: "mount, IPC, network and PID namespaces made for each execution",
            Guarantee.TREE: "killing the first process of its PID namespace",
            Guarantee.OUTPUT: "tmpfs of a fixed size, RLIMIT_FSIZE, and a log that keeps head and tail",
        }
        return held
    held |= {
        Guarantee.FILES: "Landlock: opens only what it is given",
    }
    if seccomp.supported():
        held |= {
            Guarantee.WRITES: "Landlock: writes only its own folder; seccomp: changes no modes",
            Guarantee.NETWORK: "seccomp: no sockets",
            Guarantee.FORGETS: "Landlock and seccomp: no place, shared memory or socket outlives it",
        }
    if landlock.abi() >= landlock.SCOPES:
        held[Guarantee.PROCESSES] = "Landlock: reads no /proc, signals and traces nothing outside"
    return held
