"""Takes a dead program's output files to where agentk wants them; trusts no name, no link and no kind of file."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path, PurePosixPath

_MOST_ENTRIES, _DEEPEST = 10_000, 16
_NO_LINK = os.O_NOFOLLOW | os.O_CLOEXEC


class RefusedOutputError(Exception):
    """The output folder holds something that is no plain file, or too much."""


class _Collection:
    def __init__(self, target: Path, limit_bytes: int) -> None:
        self.names: list[str] = []
        self._target = target
        self._left = limit_bytes
        self._entries_left = _MOST_ENTRIES

    def add(self, handle: int, folder: PurePosixPath) -> None:
        if len(folder.parts) > _DEEPEST:
            raise RefusedOutputError(f"its output has folders deeper than {_DEEPEST} levels")
        for entry in sorted(os.listdir(handle)):
            self._entries_left -= 1
            if self._entries_left < 0:
                raise RefusedOutputError(f"its output is more than {_MOST_ENTRIES} files")
            name = folder / _plain(entry)
            information = os.stat(entry, dir_fd=handle, follow_symlinks=False)
            if stat.S_ISDIR(information.st_mode):
                below = os.open(entry, os.O_RDONLY | os.O_DIRECTORY | _NO_LINK, dir_fd=handle)
                try:
                    self.add(below, name)
                finally:
                    os.close(below)
            else:
                self._add_file(entry, handle, name, information)

    def _add_file(self, entry: str, handle: int, name: PurePosixPath, information: os.stat_result) -> None:
        self._left -= _checked_size(information, name)
        if self._left < 0:
            raise RefusedOutputError("its output is larger than its limit")
        _copy(entry, handle, self._target / name)
        self.names.append(str(name))


def collect(output: int, target: Path, limit_bytes: int) -> list[str]:
    """Copies every regular file below the open folder `output` to `target`; returns their names relative to it.

    To be called when nothing is alive that could still change the folder. Raises RefusedOutputError for symbolic and hard
    links, pipes, sockets, devices, too many or too deep files, and more than `limit_bytes` in all.
    """
    target.mkdir(parents=True, exist_ok=True)
    collection = _Collection(target, limit_bytes)
    collection.add(output, PurePosixPath())
    return collection.names


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
