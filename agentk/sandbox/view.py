"""What a program sees: a root folder of its own, made of read-only pieces of this machine and one private writable place."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from agentk.sandbox import kernel
from agentk.sandbox.protocol import INPUTS

OUTPUT, TEMPORARY, SHARED, PROGRAM = Path("/output"), Path("/tmp"), Path("/dev/shm"), Path("/program")

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")
_SETTINGS = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "timezone", "mime.types", "fonts")
_DEVICES = ("null", "zero", "full", "random", "urandom")
_READ_ONLY = kernel.ATTR_RDONLY | kernel.ATTR_NOSUID | kernel.ATTR_NODEV
_INODES = 100_000  # an empty file costs memory that no size limit counts


def interpreter() -> list[Path]:
    """The folders that this Python runs from: its prefixes, installed packages, and agentk itself; nothing else on its path."""
    packages = [Path(entry) for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    agentk = Path(__file__).resolve().parent.parent
    wanted = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.base_exec_prefix), *packages, agentk]
    kept: list[Path] = []
    for path in sorted({path for path in wanted if path.is_dir()}):
        if not any(path.is_relative_to(seen) for seen in (*kept, Path("/usr"))):
            kept.append(path)
    return kept


def visible() -> list[Path]:
    """All that a program may read of this machine, for walls that cannot build a root of its own."""
    system = [Path(path) for path in _SYSTEM if not Path(path).is_symlink()]
    facts = [Path("/proc") / name for name in ("cpuinfo", "meminfo", "stat", "version", "filesystems")]
    return [*system, *interpreter(), *(Path("/etc") / name for name in _SETTINGS), *facts, Path("/sys/devices/system/cpu")]


def devices() -> list[Path]:
    """The device files a program may use."""
    return [Path("/dev") / name for name in _DEVICES]


def make_writable(place: Path, limit_bytes: int, owner: int) -> None:
    """Mounts the one place where a program can write, in memory and bounded: its output, /tmp and /dev/shm share the bound."""
    kernel.mount("tmpfs", place, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, f"size={limit_bytes},nr_inodes={_INODES},mode=755")
    for path in (OUTPUT, TEMPORARY, SHARED):
        folder = place / path.name
        folder.mkdir()
        os.chown(folder, owner, owner)


def build(root: Path, writable: Path, inputs: Mapping[str, Path], program: Path | None, further: Iterable[Path] = ()) -> None:
    """Builds the view at `root`, a folder of this mount namespace, and enters it. `further`: device files beside the usual ones.

    To be called by the first process of a PID namespace, since /proc shows the namespace of who mounts it. Raises OSError.
    """
    parts = interpreter()
    kernel.mount("tmpfs", root, "tmpfs", kernel.MS_NOSUID, "size=4m,mode=755")
    for system in map(Path, _SYSTEM):
        if system.is_symlink():
            _under(root, system).symlink_to(system.readlink())
        elif system.is_dir():
            _show(system, _under(root, system))
    _lend(root, writable, TEMPORARY)
    for path in parts:  # after /tmp, where the interpreter itself may live
        _show(path, _under(root, path))
    _make_settings(root)
    _make_devices(root, [*devices(), *further])
    for name, path in inputs.items():
        _show_input(path, _under(root, INPUTS / name))
    if program is not None:
        _show_input(program, _under(root, PROGRAM / program.name))
    _lend(root, writable, OUTPUT)
    _lend(root, writable, SHARED)
    _make_proc(root)
    kernel.pivot_root(root)
    kernel.restrict("/", _READ_ONLY, recursive=False)


def _lend(root: Path, writable: Path, path: Path) -> None:
    _under(root, path).mkdir(parents=True, exist_ok=True)
    kernel.bind(writable / path.name, _under(root, path), kernel.ATTR_NOSUID | kernel.ATTR_NODEV)


def _under(root: Path, path: Path) -> Path:
    return root / path.relative_to("/")


def _show(source: Path, target: Path) -> None:
    """Shows a file or folder read-only."""
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    kernel.bind(source, target, _READ_ONLY)


def _show_input(source: Path, target: Path) -> None:
    """Shows an input; as root, whose programs run as a user nobody is, what is closed to others is copied into memory."""
    if os.geteuid() != 0 or _open_to_all(source):
        _show(source, target)
        return
    folder = target if source.is_dir() else target.parent / f".{target.name}"
    folder.mkdir(parents=True)
    kernel.mount("tmpfs", folder, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=755")
    copy = folder if source.is_dir() else folder / source.name
    if source.is_dir():
        shutil.copytree(source, copy, dirs_exist_ok=True)
    else:
        shutil.copy(source, copy)
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
    _show(copy, target)


def _open_to_all(source: Path) -> bool:
    """Whether everybody may read it, and all that is in it."""
    modes = ((path.is_dir(), path.stat().st_mode) for path in (source, *source.rglob("*")) if path.exists())
    return all(mode & stat.S_IROTH and (not folder or mode & stat.S_IXOTH) for folder, mode in modes)


def _make_settings(root: Path) -> None:
    etc = root / "etc"
    etc.mkdir()
    for name in _SETTINGS:
        source = Path("/etc") / name
        if source.exists():
            _show(source, etc / name)
    (etc / "passwd").write_text("agentk:x:1000:1000::/tmp:/bin/sh\n")
    (etc / "group").write_text("agentk:x:1000:\n")
    (etc / "hosts").write_text("127.0.0.1 localhost\n")


def _make_devices(root: Path, shown: Iterable[Path]) -> None:
    folder = root / "dev"
    folder.mkdir()
    for device in shown:
        place = _under(root, device)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
        kernel.bind(device, place, kernel.ATTR_RDONLY | kernel.ATTR_NOSUID)
    (folder / "fd").symlink_to("/proc/self/fd")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        (folder / name).symlink_to(f"/proc/self/fd/{number}")


def _make_proc(root: Path) -> None:
    """A /proc of this PID namespace. Where a container masks parts of its own, the kernel refuses; the view then goes without."""
    proc = root / "proc"
    proc.mkdir()
    try:
        kernel.mount("proc", proc, "proc", kernel.MS_NOSUID | kernel.MS_NODEV)
    except PermissionError:
        return
