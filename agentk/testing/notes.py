"""One execution tries to tell the next: a fold that knows the next one's labels would."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

NOTE = "note-from-another-fold"


def leave_notes(_: object, output: Path, arguments: dict[str, Any]) -> None:
    """One fold tells the next: in every folder it can write, shared memory, a listening child, patched libraries."""
    for place in _note_places(output, arguments):
        with contextlib.suppress(OSError):
            place.write_text(NOTE)
    libc = ctypes.CDLL(None, use_errno=True)
    identifier = libc.shmget(_NOTE_KEY, 4096, 0o1666)
    libc.shmat.restype = ctypes.c_void_p
    if identifier >= 0:
        ctypes.memmove(libc.shmat(identifier, None, 0), NOTE.encode(), len(NOTE))
    vars(json)["note"] = NOTE
    os.environ["NOTE"] = NOTE
    if os.fork() == 0:
        os.setsid()
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as server:
            server.bind("\0" + NOTE)
            server.listen()
            signal.pause()
        os._exit(0)  # where sockets are forbidden: in silence, as its words might come before its parent's
    print("left notes")
    time.sleep(arguments.get("stay_s", 0))


def find_notes(_: object, output: Path, arguments: dict[str, Any]) -> None:
    """The next fold looks everywhere. Prints a line that starts with BREACH, or with held."""
    time.sleep(arguments.get("wait_s", 0))
    found = [str(place) for place in _note_places(output, arguments) if place.exists() and NOTE in place.read_text()]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.shmget(_NOTE_KEY, 4096, 0o666) >= 0:
        found.append("System V shared memory")
    if hasattr(json, "note") or "NOTE" in os.environ:
        found.append("the warm process")
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as channel:
        channel.connect("\0" + NOTE)
        found.append("an abstract unix socket")
    print(f"BREACH: {found}" if found else "held: found no note")


_NOTE_KEY = 0x6E6F7465


def _note_places(output: Path, arguments: dict[str, str]) -> list[Path]:
    folders = [
        output,
        output.parent,
        *map(Path, (arguments["inputs"], "/tmp", "/dev/shm", "/var/tmp", "/run", "/dev/mqueue", "~")),
    ]
    folders += [Path(sys.prefix), Path(__file__).parent, Path(arguments["run"])]
    return [folder.expanduser() / NOTE for folder in folders]
