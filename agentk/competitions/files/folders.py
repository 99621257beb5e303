"""Folders: those that lie within one, and the same file in another."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_MOST = 50  # folders that are looked into


def folders_within(folder: Path, depth: int = 2) -> list[Path]:
    """A folder, those in it, and those in these, as deep as `depth` and no more than are looked into; hidden ones are not."""
    found = level = [folder]
    for _ in range(depth):
        level = [path for parent in level[:_MOST] for path in _inside(parent)]
        found = [*found, *level]
    return found[:_MOST]


def _inside(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:  # says of each file what it is without asking the disk again
        return sorted(Path(entry.path) for entry in entries if entry.is_dir() and not entry.name.startswith("."))


def link(source: str | Path, target: str | Path) -> None:
    """The same file under another name: without a copy where the file system allows it."""
    source, target = Path(source), Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copy2(source, target)
