"""The memory that a process and all it started hold together, pages that they share counted once."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def footprint(pid: int) -> int:
    """Bytes: the proportional set sizes of the process tree, or its resident sizes where the kernel does not tell those."""
    import psutil

    total = 0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.Error, OSError):
                total += _proportional(process.pid) or process.memory_info().rss
    return total


def _proportional(pid: int) -> int:
    """Bytes, 0 where unknown."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return 1024 * int(line.split()[1])
    return 0
