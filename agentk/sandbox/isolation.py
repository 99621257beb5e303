"""Walls around one execution: namespaces, an identity without rights, and limits that the kernel keeps."""

from __future__ import annotations

import contextlib
import os
import random
import resource
from pathlib import Path

from agentk.sandbox import kernel, seccomp
from agentk.sandbox.protocol import Limits

_INSIDE = 1000  # the user id a program sees when agentk runs as an ordinary user
_NAMESPACES = kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS
_TASKS_PER_PROCESS = 4  # the kernel counts threads


def enter_namespaces() -> int:
    """Moves this process, and the PIDs of its future children, into fresh namespaces. Returns the user id for the program.

    As root that identity is a user id nobody has, drawn at random, so that files, keys and signals of every account are out of
    reach even if a wall falls. As an ordinary user it is that user, seen from inside a user namespace in which it owns nothing.
    """
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        kernel.unshare(_NAMESPACES)
        identity = unused_identity()
    else:
        kernel.unshare(_NAMESPACES | kernel.CLONE_NEWUSER)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{_INSIDE} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{_INSIDE} {group} 1")
        identity = _INSIDE
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    return identity


def unused_identity() -> int:
    """A user id far from those that accounts have, inside what this user namespace can express."""
    ranges = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    first, _, count = max(ranges, key=lambda one: one[2])
    return first + count // 4 + random.SystemRandom().randrange(max(1, count // 4))


def drop_privileges(identity: int) -> None:
    """Becomes `identity`, without capabilities and unable to gain any, behind the system call filter."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(identity, identity, identity)
        os.setresuid(identity, identity, identity)
    kernel.keep_only_capabilities(0)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    if seccomp.supported():
        seccomp.install(alone=False)


def drop_root(identity: int) -> None:
    """Without namespaces: root becomes a user nobody is, and keeps only the right to read what root may read.

    So it can still reach its files below folders that are closed to others, and the kernel limits its processes.
    """
    if os.geteuid() != 0:
        kernel.keep_only_capabilities(0)
        return
    reading = [1 << kernel.CAP_DAC_READ_SEARCH, 1 << kernel.CAP_DAC_OVERRIDE]
    kept = next((mask for mask in reading if mask & kernel.capabilities()), 0)
    os.setgroups([])
    os.setresgid(identity, identity, identity)
    kernel.prctl(kernel.PR_SET_KEEPCAPS, 1)
    os.setresuid(identity, identity, identity)
    kernel.keep_only_capabilities(kept)


def tasks() -> int:
    """Processes and threads that the limit on this user's processes counts already, where no user namespace hides them."""
    user = os.getuid()
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.stat().st_uid == user:
                count += len(list((process / "task").iterdir()))
    return count


def bound_resources(limits: Limits, already: int, tasks_already: int) -> None:
    """Limits on each process, which the kernel keeps at once; the supervisor watches the tree as a whole.

    `already` is the private memory inherited from the holder, on top of which the program may have its own; `tasks_already`
    is what else the limit on processes counts.
    """
    bounds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 4096,
        resource.RLIMIT_FSIZE: limits.output_bytes,
        resource.RLIMIT_DATA: already + limits.memory_bytes,
        resource.RLIMIT_NPROC: tasks_already + limits.processes * _TASKS_PER_PROCESS,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for which, bound in bounds.items():
        _, hard = resource.getrlimit(which)
        value = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(which, (value, value))


def private_bytes() -> int:
    """Private writable memory that this process has mapped: what RLIMIT_DATA counts."""
    page = os.sysconf("SC_PAGE_SIZE")
    return int(Path("/proc/self/statm").read_text().split()[5]) * page
