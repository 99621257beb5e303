"""Landlock: a process gives up, for good, every file but those it names. Linux 5.13; needs no privilege."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from pathlib import Path

from agentk.sandbox import kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_ALL_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_ALL = (1 << 16) - 1  # since ABI 5: with ioctl on devices
_IOCTL = 1 << 15
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | 1 << 14 | _IOCTL
_TCP = 3  # bind and connect, since ABI 4
_SCOPED = 3  # abstract unix sockets and signals, since ABI 6

SCOPES = 6
"""The first ABI with which a process cannot signal those outside."""


def abi() -> int:
    """The version of Landlock here; 0 where there is none."""
    try:
        return kernel.syscall(_CREATE_RULESET, None, 0, 1)
    except OSError:
        return 0


def restrict(
    *, readable: Iterable[Path], writable: Iterable[Path], devices: Iterable[Path], steered: Iterable[Path] = ()
) -> None:
    """From now on this process and its children read and execute only below `readable`, and write only below `writable`.

    `steered`: devices that may be told what to do (ioctl) as well as read and written, as graphics cards have to be. Paths
    that do not exist are left out. Needs no_new_privs. Raises OSError.
    """
    version = abi()
    everything = _ALL_BY_ABI.get(version, _ALL)
    attributes = struct.pack("QQQ", everything, _TCP if version >= 4 else 0, _SCOPED if version >= SCOPES else 0)
    ruleset = kernel.syscall(_CREATE_RULESET, attributes, 8 if version < 4 else 16 if version < SCOPES else 24, 0)
    reading = _EXECUTE | _READ_FILE | _READ_DIR
    using = _READ_FILE | _WRITE_FILE
    for paths, rights in ((readable, reading), (writable, everything), (devices, using), (steered, using | _IOCTL)):
        for path in paths:
            if path.exists():
                _allow(ruleset, path, rights & everything)
    kernel.syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    if not path.is_dir():
        rights &= _OF_A_FILE
    kernel.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, handle), 0)
    os.close(handle)
