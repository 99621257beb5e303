"""Takes a dead program's output files to where agentk wants them; trusts no name, no link and no kind of file."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path, PurePosixPath

_MOST_FILES = 10_000
_NO_LINK = os.O_NOFOLLOW | os.O_CLOEXEC


class RefusedOutputError(Exception):
    """The output folder holds something that is no plain file, or too much."""


def collect(output: int, target: Path, limit_bytes: int) -> list[str]:
    """Copies every regular file below the open folder `output` to `target`; returns their names relative to it.

    To be called when nothing that could still change the folder is alive. Raises RefusedOutputError for symbolic and hard links, pipes,
    sockets, devices, too many files, and more than `limit_bytes`.
    """
    target.mkdir(parents=True, exist_ok=True)
    names: list[str] = []
    total = 0
    pending = [(PurePosixPath(), os.dup(output))]
    try:
        while pending:
            folder, handle = pending.pop()
            for entry in sorted(os.listdir(handle)):
                name = folder / _plain(entry)
                information = os.stat(entry, dir_fd=handle, follow_symlinks=False)
                if stat.S_ISDIR(information.st_mode):
                    pending.append((name, os.open(entry, os.O_RDONLY | os.O_DIRECTORY | _NO_LINK, dir_fd=handle)))
                    continue
                total += _checked_size(information, name)
                names.append(str(name))
                if total > limit_bytes or len(names) > _MOST_FILES:
                    raise RefusedOutputError(f"its output is more than {limit_bytes} bytes or {_MOST_FILES} files")
                _copy(entry, handle, target / name)
            os.close(handle)
    finally:
        for _, handle in pending:
            os.close(handle)
    return names


def _plain(entry: str) -> str:
    if not entry.isprintable():
        raise RefusedOutputError(f"an output file has an unprintable name: {entry!r}")
    return entry


def _checked_size(information: os.stat_result, name: PurePosixPath) -> int:
    if not stat.S_ISREG(information.st_mode):
        raise RefusedOutputError(f"its output {str(name)!r} is a {_kind(information.st_mode)}, not a regular file")
    if information.st_nlink != 1:
        raise RefusedOutputError(f"its output {str(name)!r} has {information.st_nlink} hard links")
    return information.st_size


def _kind(mode: int) -> str:
    kinds = {stat.S_IFLNK: "symbolic link", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}
    return kinds.get(stat.S_IFMT(mode), "device")


def _copy(entry: str, handle: int, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    source = os.open(entry, os.O_RDONLY | os.O_NONBLOCK | _NO_LINK, dir_fd=handle)
    with os.fdopen(source, "rb") as reader, target.open("xb") as writer:
        shutil.copyfileobj(reader, writer, 1 << 20)
