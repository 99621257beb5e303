"""Archives unpacked with care: nothing outside the folder, no links, no bombs, in pieces, and archives within archives."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath

from agentk.errors import KaggleError, ServiceError

SWELL = 200
"""Times its packed size that an archive may unpack to, beyond `FREE`: text packs 5 to 50 times, a bomb over 1000 times."""
FREE = 1 << 30
MOST_ENTRIES = 5_000_000
DEEPEST = 3  # archives within archives
PIECE = 1 << 20
SPARE = 64 << 20

Progress = Callable[[int, int], None]
"""Called with the bytes that are unpacked and those of the whole."""


class BrokenArchiveError(ServiceError):
    """An archive that is cut off or damaged: to be downloaded again."""


def unpack(archive: Path, into: Path, progress: Progress = lambda _done, _total: None) -> None:
    """Unpacks a zip archive into the folder `into`, then every zip archive found there, in whose place its content stays.

    A nested archive whose content is one file or lies in one folder is unpacked beside itself, another into a folder of its
    name; one that would hide a file that is there is left packed. Raises BrokenArchiveError for a damaged archive, and
    KaggleError, before anything is written, for one that is dangerous or too large for the disk.
    """
    cap = SWELL * archive.stat().st_size + FREE
    cap -= _unpack(archive, into, cap, progress)
    seen: set[Path] = set()
    for _ in range(DEEPEST):
        inner = [path for path in sorted(into.rglob("*.zip")) if path.is_file() and path not in seen and zipfile.is_zipfile(path)]
        if not inner:
            return
        for path in inner:
            seen.add(path)
            place = place_of(path)
            if place is not None:
                cap -= _unpack(path, place, cap, progress)
                path.unlink()


def place_of(path: Path) -> Path | None:
    """The folder that the content of an archive belongs in, beside it; None where it would hide a file that is there."""
    with _opened(path) as archive:
        tops = {PurePosixPath(entry.filename).parts[0] for entry in archive.infolist() if PurePosixPath(entry.filename).parts}
        single = len(tops) == 1
    place = path.parent if single else path.with_suffix("")
    taken = (path.parent / next(iter(tops))).exists() if single else place.exists()
    return None if taken or not tops else place


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise BrokenArchiveError(f"{path.name} is no whole zip archive ({error}): it was cut off or damaged on its way") from None


def _unpack(path: Path, into: Path, cap: int, progress: Progress) -> int:
    """The bytes that came out of it, at most `cap`."""
    with _opened(path) as archive:
        entries = archive.infolist()
        total = sum(entry.file_size for entry in entries)
        _refuse_danger(path, entries, total, cap)
        _need_room(into, total)
        done = 0
        for entry in entries:
            place = into / entry.filename
            if entry.is_dir():
                place.mkdir(parents=True, exist_ok=True)
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                with archive.open(entry) as packed, place.open("wb") as file:  # never yields more than file_size
                    shutil.copyfileobj(packed, file, PIECE)
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
                raise BrokenArchiveError(f"{entry.filename} in {path.name} is damaged ({error})") from None
            done += entry.file_size
            progress(done, total)
    return total


def _refuse_danger(path: Path, entries: list[zipfile.ZipInfo], total: int, cap: int) -> None:
    for entry in entries:
        if problem := _danger(entry):
            raise KaggleError(
                f"{path.name} was not unpacked: its entry {entry.filename[:200]!r} {problem}. Kaggle's archives have no such"
            )
    packed = path.stat().st_size
    if total > cap or len(entries) > MOST_ENTRIES:
        raise KaggleError(
            f"{path.name} was not unpacked: {packed:,} bytes would become {total:,} in {len(entries):,} files, "
            "as a zip bomb does. If you trust it, unpack it yourself and run agentk on the folder"
        )


def _danger(entry: zipfile.ZipInfo) -> str | None:
    name = entry.filename
    parts = PurePosixPath(name).parts
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "is a link to another place"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is neither a file nor a folder"
    if not parts or name.startswith("/") or PureWindowsPath(name).drive or "\\" in name or ".." in parts or "\0" in name:
        return "points outside the folder"
    return "is encrypted" if entry.flag_bits & 1 else None


def _need_room(into: Path, total: int) -> None:
    into.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(into).free
    if free < total + SPARE:
        raise KaggleError(
            f"unpacked, the data takes {total / 1e9:.1f} GB and {into} has {free / 1e9:.1f} GB free: "
            "free space, or name a folder on another disk with --data DIR"
        )
