"""The sandbox's protocol: what is executed, under which limits, and what comes back."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue


@dataclass(frozen=True)
class Function:
    """A function of an importable module, called in a fresh fork as `target(loaded, output_dir, arguments)`.

    `loaded` is what `load` returned: it is called once, as `load({name: Path})` over the execution's `held` inputs, in a
    holder process that later executions with the same `load` and the same held inputs fork from. Without `load`,
    `loaded` is None. `target` and `load` are spelled "package.module:function".
    """

    target: str
    load: str | None = None


@dataclass(frozen=True)
class Script:
    """A Python program, run as `python program arguments...` with the output folder as working directory."""

    program: Path
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """Hard bounds of one execution, on its whole process tree."""

    wall_s: float = 600.0
    cpu_s: float | None = None  # processor seconds of all its processes, whatever else the machine does; None: no bound
    memory_bytes: int = 4 << 30
    output_bytes: int = 1 << 30  # of all it writes
    log_bytes: int = 64 << 10  # stdout and stderr together: head and tail are kept
    processes: int = 64


@dataclass(frozen=True)
class Execution:
    """One program to run. Inputs are read-only; the output folder is the only thing it can write and keep."""

    entry: Function | Script
    collect_to: Path  # where regular output files are put once it has ended; made if missing
    held: Mapping[str, Path] = field(default_factory=dict)  # files given to `Function.load`, unseen by the forks themselves
    inputs: Mapping[str, Path] = field(default_factory=dict)  # name -> file or folder, visible at INPUTS/<name>
    arguments: Mapping[str, JsonValue] = field(default_factory=dict)
    limits: Limits = Limits()
    devices: tuple[Path, ...] = ()  # device files that it may use besides null, zero and the like: those of a graphics card
    line: socket.socket | None = None  # one end of a pair, for the program to talk with whoever has the other; closed here


INPUTS = Path("/inputs")
"""Where inputs are seen from inside. A function is always told the place in `arguments["inputs"]`: it may be another one where
no mount namespace exists."""


LINE = 4
"""The descriptor on which a program finds its line, where it was given one."""


class End(StrEnum):
    """How an execution ended."""

    OK = "ok"
    FAILED = "failed"  # it raised, or left with another code than 0
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"  # died of a signal
    REFUSED = "refused"  # its output broke a limit or was no regular file
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Result:
    """What came back."""

    end: End
    reason: str  # one plain sentence; empty when ok
    outputs: Mapping[str, Path]  # name -> file in `collect_to`
    log: str
    queued_s: float
    wall_s: float
    cpu_s: float
    max_rss: int  # bytes, of the largest process
    first_line_s: float  # from leaving the queue to the first line of the program's own code
    started: float  # time.monotonic() when it left the queue
    slot: int  # which slot it occupied


class Guarantee(StrEnum):
    """What a sandbox promises; `Sandbox.guarantees` says which hold here and how."""

    FILES = "sees only what it is given"
    WRITES = "writes only its own folder"
    NETWORK = "no network"
    PROCESSES = "sees and signals no other process"
    SECRETS = "no secrets in its environment"
    FORGETS = "nothing writable survives an execution"
    TREE = "its whole process tree ends with it"
    TIME = "wall-clock limit"
    MEMORY = "memory limit"
    OUTPUT = "output and log limits"


class Sandbox(Protocol):
    """Executes programs in parallel slots. Safe to call from one thread; its queue is fed without the caller's help."""

    @property
    def slots(self) -> int:
        """How many executions run at once."""
        ...

    @property
    def cores(self) -> int:
        """Cores that each slot owns."""
        ...

    @property
    def guarantees(self) -> Mapping[Guarantee, str]:
        """The guarantees that hold on this machine, each with the means by which it holds."""
        ...

    def submit(self, execution: Execution, *, urgent: bool = False) -> Future[Result]:
        """Queues it, urgent ones first. The future raises SandboxError when the sandbox fails, never for what programs do."""
        ...

    def cancel(self, future: Future[Result]) -> None:
        """Takes it off the queue, or kills its process tree; its result is then End.CANCELLED."""
        ...

    def close(self) -> None:
        """Kills what runs and ends the workers."""
        ...
