"""The red team: programs that try to break out of a sandbox, each knowing exactly where everything lies.

Standard library only, since a sandbox may run this file as a script: `python attacks.py NAME BAIT-AS-JSON`. An attack returns
what it got, or None; what stops it raises OSError. `agentk.testing.bait` lays out what there is to get.
"""

# ruff: noqa: ARG001, PTH101, PTH116, PTH208  attacks have one signature, and use the system's own calls

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import signal
import socket
import stat
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

Bait = dict[str, str]
Attack = Callable[[Bait], str | None]
_T = TypeVar("_T")

ATTACKS: dict[str, tuple[str, Attack]] = {}
"""name -> (the guarantee it attacks, the attack)."""


def main(name: str, bait: Bait) -> None:
    """Runs one attack and prints what came of it: a line that starts with BREACH, or with held."""
    try:
        got = ATTACKS[name][1](bait)
    except OSError as stopped:
        print(f"held: {stopped}")
        return
    print(f"BREACH: {got}" if got is not None else "held: found nothing")


def attack(_: object, __: Path, arguments: dict[str, Bait]) -> None:
    """The same as a sandbox function: `arguments["bait"]` holds the attack's name too."""
    main(arguments["bait"]["attack"], arguments["bait"])


def _against(guarantee: str) -> Callable[[Attack], Attack]:
    def register(function: Attack) -> Attack:
        ATTACKS[function.__name__] = (guarantee, function)
        return function

    return register


def _first(attempt: Callable[[_T], object], candidates: Iterable[_T]) -> str | None:
    """What the attempt gets from the first candidate that gives something."""
    for candidate in candidates:
        with contextlib.suppress(OSError):
            if got := attempt(candidate):
                return str(got)
    return None


SECRET = re.compile(rb"bait-[0-9a-f]{32}")
"""How every secret is spelled. No attack is told one, so whoever shows one has stolen it."""


def _stolen(path: str | Path) -> str | None:
    with Path(path).open("rb") as file:
        found = SECRET.search(file.read(1 << 20))
    return f"read {found[0].decode()} from {path}" if found else None


@_against("FILES")
def read_answers(bait: Bait) -> str | None:
    """The answers by their path, and by ways around a path."""
    tricks = (
        bait["answers"],
        f"/proc/self/root{bait['answers']}",
        f"/proc/1/root{bait['answers']}",
        f"../../../../../../..{bait['answers']}",
    )
    return _first(_stolen, tricks)


@_against("FILES")
def read_credentials(bait: Bait) -> str | None:
    """Keys in the person's home."""
    home = Path(bait["home"])
    return _first(_stolen, (home / ".kaggle/kaggle.json", home / ".ssh/id_rsa"))


@_against("FILES")
def list_the_run(bait: Bait) -> str | None:
    """The folder of the run."""
    return f"listed {os.listdir(bait['run'])}"


@_against("FILES")
def search_inherited_descriptors(bait: Bait) -> str | None:
    """Open files that came along."""
    for number in range(3, 4096):
        with contextlib.suppress(OSError):
            mode = os.fstat(number).st_mode
            return f"descriptor {number} is open, {stat.filemode(mode)}"
    return None


@_against("FILES")
def read_whole_disks(bait: Bait) -> str | None:
    """The disk below the file system, and the memory of the machine."""
    found = [
        path for path in Path("/dev").rglob("*") if path.is_block_device() or path.name in ("mem", "kmem", "kmsg", "fuse", "kvm")
    ]

    def look_into(path: Path) -> str | None:
        with path.open("rb") as file:
            return f"opened {path}" if file.read(1) else None

    return _first(look_into, (*found, Path("/proc/kcore")))


@_against("FILES")
def escape_by_chroot(bait: Bait) -> str | None:
    """The classic way out of a chroot."""
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / "jail"
    folder.mkdir(exist_ok=True)
    os.chroot(folder)
    for _ in range(64):
        os.chdir("..")
    os.chroot(".")
    return _stolen(bait["answers"])


@_against("FILES")
def gain_a_namespace(bait: Bait) -> str | None:
    """Every right again, inside a user namespace of its own, and from there mounts."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x10000000 | 0x00020000) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    return "made a user and mount namespace"


@_against("WRITES")
def edit_the_journal(bait: Bait) -> str | None:
    """History."""
    with Path(bait["journal"]).open("a") as file:
        file.write("forged\n")
    return "wrote the journal"


@_against("WRITES")
def edit_other_attempts(bait: Bait) -> str | None:
    """Another attempt's predictions."""
    (Path(bait["run"]) / "attempts" / "1" / "oof.parquet").write_bytes(b"forged")
    return "replaced another attempt's file"


@_against("WRITES")
def write_everywhere(bait: Bait) -> str | None:
    """Any folder that outlives the program."""
    here = Path(__file__).parent if "__file__" in globals() else Path("/")
    allowed = {Path(os.environ.get("TMPDIR", "/tmp")).resolve(), Path("/dev/shm"), Path(bait.get("output", "/output"))}
    places = [Path("/"), Path("/usr"), Path("/etc"), Path("/var"), Path("/var/tmp"), Path("/dev"), Path("/home"), Path("/inputs")]
    places += [here, Path(sys.prefix), Path(os.__file__).parent, Path(bait["run"]), Path(bait["home"]), Path(bait["package"])]

    def write(folder: Path) -> str:
        probe = folder / "agentk-was-here"
        probe.write_text("x")
        probe.unlink()
        return f"wrote into {folder}"

    return _first(write, (place for place in places if place.resolve() not in allowed))


@_against("WRITES")
def edit_agentk(bait: Bait) -> str | None:
    """The referee's own code."""
    with (Path(bait["package"]) / "__init__.py").open("a") as file:
        file.write("")
    return "opened agentk's source for writing"


@_against("WRITES")
def edit_the_kernel(bait: Bait) -> str | None:
    """Settings of the whole machine, read and written back unchanged."""

    def rewrite(path: str) -> str:
        text = Path(path).read_text()
        Path(path).write_text(text)
        return f"wrote {path}"

    settings = (
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/kernel/hostname",
        "/proc/sys/vm/swappiness",
        "/sys/kernel/uevent_helper",
    )
    return _first(rewrite, settings)


def _change_mode(path: str) -> str | None:
    before = stat.S_IMODE(os.stat(path).st_mode)
    os.chmod(path, before ^ stat.S_IXOTH)
    changed = stat.S_IMODE(os.stat(path).st_mode) != before
    os.chmod(path, before)
    return f"changed the mode of {path}" if changed else None


@_against("WRITES")
def spoil_devices(bait: Bait) -> str | None:
    """The mode of a device file that the whole machine shares."""
    return _change_mode("/dev/null")


@_against("WRITES")
def lock_the_run(bait: Bait) -> str | None:
    """The mode of the run's files, so that nobody can go on with it."""
    return _first(_change_mode, (bait["journal"], bait["run"]))


@_against("NETWORK")
def connect_by_tcp(bait: Bait) -> str | None:
    """A server on this machine."""
    with socket.create_connection(("127.0.0.1", int(bait["port"])), timeout=2):
        return "connected by TCP"


@_against("NETWORK")
def send_by_udp(bait: Bait) -> str | None:
    """A datagram out, to an address that answers nobody."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.connect(("127.0.0.1", int(bait["port"])))
        channel.send(b"secret")
    return "sent a datagram"


@_against("NETWORK")
def ask_dns(bait: Bait) -> str | None:
    """A name look-up, which itself can carry data out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.sendto(b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01", ("127.0.0.53", 53))
    return "sent a DNS query"


@_against("NETWORK")
def connect_by_unix_socket(bait: Bait) -> str | None:
    """A service of the person's, by its path and by an abstract name."""

    def connect(address: str) -> str:
        with socket.socket(socket.AF_UNIX) as channel:
            channel.connect(address)
        return f"connected to {address!r}"

    return _first(connect, (bait["unix"], "\0" + bait["abstract"]))


@_against("NETWORK")
def open_odd_sockets(bait: Bait) -> str | None:
    """Families that network namespaces do not or did not cover: the virtual machine's host, packets, netlink."""
    families = {"vsock": 40, "packet": 17, "bluetooth": 31, "alg": 38, "xdp": 44}

    def make(name: str) -> str:
        socket.socket(families[name], socket.SOCK_RAW if name == "packet" else socket.SOCK_STREAM).close()
        return f"opened a socket of family {name}"

    return _first(make, families)


@_against("PROCESSES")
def read_environments(bait: Bait) -> str | None:
    """The environment of agentk and of every other process."""
    candidates = (bait["parent"], bait["victim"], str(os.getppid()), *filter(str.isdigit, os.listdir("/proc")))
    return _first(_stolen, (f"/proc/{process}/environ" for process in candidates))


@_against("PROCESSES")
def see_processes(bait: Bait) -> str | None:
    """The command lines of other programs."""
    return _first(_stolen, (f"/proc/{process}/cmdline" for process in filter(str.isdigit, os.listdir("/proc"))))


@_against("PROCESSES")
def signal_others(bait: Bait) -> str | None:
    """A process of the same person, by a signal that asks only whether it could."""
    os.kill(int(bait["victim"]), 0)
    return "could signal a process outside"


@_against("PROCESSES")
def trace_others(bait: Bait) -> str | None:
    """The memory of a process of the same person."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, int(bait["victim"]), None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")
    return "traced a process outside"


@_against("SECRETS")
def read_own_environment(bait: Bait) -> str | None:
    """The variables it was started with."""
    return _stolen("/proc/self/environ")


@_against("SECRETS")
def search_own_memory(bait: Bait) -> str | None:
    """Every writable page of its own, which in a fork are also pages that its parents have written."""
    with Path("/proc/self/mem").open("rb", buffering=0) as memory:
        for line in Path("/proc/self/maps").read_text().splitlines():
            span, rights = line.split()[:2]
            begin, end = (int(bound, 16) for bound in span.split("-"))
            if not rights.startswith("rw"):
                continue
            with contextlib.suppress(OSError, ValueError, OverflowError):
                memory.seek(begin)
                if found := SECRET.search(memory.read(end - begin)):
                    return f"found {found[0].decode()} in memory"
    return None


@_against("TREE")
def leave_a_daemon(bait: Bait) -> str | None:
    """A grandchild in a session of its own, deaf to everything but SIGKILL. The suite looks for it afterwards."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)", bait["marker"] + "-daemon"])
        os._exit(0)
    os.wait()
    return None


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
