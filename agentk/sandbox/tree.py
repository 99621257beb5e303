"""The processes of one execution, seen from outside: how many, how much memory they hold, how long they have computed."""

from __future__ import annotations

import os
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


def processes(first: int) -> list[int]:
    """The process and all its descendants. Below the first process of a PID namespace nothing escapes this list."""
    found, pending = [], [first]
    while pending:
        process = pending.pop()
        found.append(process)
        try:
            for task in Path(f"/proc/{process}/task").iterdir():
                pending += map(int, (task / "children").read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def memory(members: list[int], limit: int) -> int:
    """Bytes of memory they hold. Pages that they share count once, where the simple sum would pass `limit`."""
    simple = sum(map(_resident, members))
    return simple if simple <= limit else sum(map(_proportional, members))


def seconds(members: list[int]) -> float:
    """Processor seconds that they, and those of their children that have ended, have used."""
    return sum(map(_ticks, members)) / _TICKS


def _ticks(process: int) -> int:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(map(int, fields[11:15]))  # user, system, and both of children waited for


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _proportional(process: int) -> int:
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    except PermissionError:  # a process may hide its pages from us; all of them then count as its own
        return _resident(process)
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
