"""Takes a dead program's output files to where agentk wants them; trusts no name, no link and no kind of file."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_MOST_ENTRIES, _DEEPEST = 2_000, 16
_NO_LINK = os.O_NOFOLLOW | os.O_CLOEXEC


class RefusedOutputError(Exception):
    """The output folder holds something that is no plain file, or too much."""


def collect(output: int, target: Path, limit_bytes: int) -> list[str]:
    """Copies every regular file below the open folder `output` to `target`; returns their names relative to it.

    To be called when nothing is alive that could still change the folder. Raises RefusedOutputError, and copies nothing, for
    symbolic and hard links, pipes, sockets, devices, too many or too deep files, and more than `limit_bytes` in all.
    """
    target.mkdir(parents=True, exist_ok=True)
    names: list[PurePosixPath] = []
    size = 0
    for count, (name, information) in enumerate(_entries(output, PurePosixPath())):
        if count >= _MOST_ENTRIES:
            raise RefusedOutputError(f"its output is more than {_MOST_ENTRIES} files")
        if not stat.S_ISDIR(information.st_mode):
            size += _checked_size(information, name)
            names.append(name)
    if size > limit_bytes:
        raise RefusedOutputError("its output is larger than its limit")
    for name in names:
        _copy(output, name, target / name)
    return list(map(str, names))


def _entries(handle: int, folder: PurePosixPath) -> Iterator[tuple[PurePosixPath, os.stat_result]]:
    """Everything below an open folder, links not followed."""
    if len(folder.parts) > _DEEPEST:
        raise RefusedOutputError(f"its output has folders deeper than {_DEEPEST} levels")
    for entry in sorted(os.listdir(handle)):
        if not entry.isprintable():
            raise RefusedOutputError(f"an output file has an unprintable name: {entry!r}")
        information = os.stat(entry, dir_fd=handle, follow_symlinks=False)
        yield folder / entry, information
        if stat.S_ISDIR(information.st_mode):
            below = os.open(entry, os.O_RDONLY | os.O_DIRECTORY | _NO_LINK, dir_fd=handle)
            try:
                yield from _entries(below, folder / entry)
            finally:
                os.close(below)


def _checked_size(information: os.stat_result, name: PurePosixPath) -> int:
    if not stat.S_ISREG(information.st_mode):
        raise RefusedOutputError(f"its output {str(name)!r} is a {_kind(information.st_mode)}, not a regular file")
    if information.st_nlink != 1:
        raise RefusedOutputError(f"its output {str(name)!r} has {information.st_nlink} hard links")
    return information.st_size


def _kind(mode: int) -> str:
    kinds = {stat.S_IFLNK: "symbolic link", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}
    return kinds.get(stat.S_IFMT(mode), "device")


def _copy(output: int, name: PurePosixPath, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    source = os.open(name, os.O_RDONLY | os.O_NONBLOCK | _NO_LINK, dir_fd=output)
    with os.fdopen(source, "rb") as reader, target.open("xb") as writer:
        shutil.copyfileobj(reader, writer, 1 << 20)
