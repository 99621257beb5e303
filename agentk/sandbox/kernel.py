"""The Linux system calls that isolation needs and Python does not offer, by ctypes."""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
MNT_DETACH = 2

ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV = 1, 2, 4
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 36, 38
PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 8, 47, 2
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2

_MOUNT_SETATTR = 442  # this number and later ones are the same on every architecture

_libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> int:
    """The result of a call into libc, or the OSError that errno names."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(number: int, *arguments: int | bytes | ctypes._SimpleCData[int] | None) -> int:
    """A raw system call. Raises OSError."""
    return checked(_libc.syscall(ctypes.c_long(number), *arguments), f"system call {number}")


def prctl(option: int, *arguments: int) -> None:
    """Raises OSError."""
    padded = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    checked(_libc.prctl(option, *padded), f"prctl {option}")


def unshare(flags: int) -> None:
    """Moves this process into fresh namespaces. Raises OSError."""
    checked(_libc.unshare(flags), "unshare")


def mount(source: str | Path, target: str | Path, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Raises OSError, naming the target."""
    result = _libc.mount(
        os.fsencode(source), os.fsencode(target), kind.encode() or None, ctypes.c_ulong(flags), options.encode() or None
    )
    checked(result, f"mount {kind or 'bind'} on {target}")


def bind(source: str | Path, target: str | Path, attributes: int) -> None:
    """Shows `source` at `target` too, with mount attributes *added*, so those the kernel has locked stay. Linux 5.12."""
    mount(source, target, flags=MS_BIND | MS_REC)
    restrict(target, attributes)


def restrict(target: str | Path, attributes: int, *, recursive: bool = True) -> None:
    """Adds mount attributes to what is mounted at `target`, and below."""
    wanted = struct.pack("QQQQ", attributes, 0, 0, 0)
    syscall(_MOUNT_SETATTR, _AT_FDCWD, os.fsencode(target), _AT_RECURSIVE if recursive else 0, wanted, len(wanted))


def pivot_root(new_root: Path) -> None:
    """Makes `new_root` the root; the old one is gone for good."""
    os.chdir(new_root)
    checked(_libc.pivot_root(b".", b"."), "pivot_root")
    checked(_libc.umount2(b".", MNT_DETACH), "umount of the old root")
    os.chdir("/")


def capabilities() -> int:
    """The capabilities this process may use, as a bit mask."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapPrm"))


def keep_only_capabilities(kept: int) -> None:
    """Gives up every capability but those in the mask, which programs it executes then have too, and the right to gain one."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    header = struct.pack("Ii", 0x20080522, 0)  # version 3, this process
    checked(_libc.capset(header, struct.pack("IIIIII", kept, kept, kept, 0, 0, 0)), "capset")
    for capability in range(32):
        if kept >> capability & 1:
            prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)
