"""How a program ended, in one word and one plain sentence, from its exit code and its log."""

from __future__ import annotations

import re
import signal

from agentk.sandbox.log import Log
from agentk.sandbox.protocol import End, Limits

Verdict = tuple[End, str]

CANCELLED: Verdict = (End.CANCELLED, "it was cancelled")
CANCELLED_EARLY: Verdict = (End.CANCELLED, "it was cancelled before it began")
_OUT_OF_MEMORY = re.compile(r"^([\w.]*MemoryError\b|.*\bstd::bad_alloc\b)")


def of_exit(code: int, log: Log) -> Verdict:
    """Of a program that ended by itself: `code` is negative for a signal."""
    last = log.last_line()
    if code == 0:
        return End.OK, ""
    if _OUT_OF_MEMORY.search(last):
        return End.OUT_OF_MEMORY, last
    if code < 0:
        return End.CRASHED, f"it died of {signal.Signals(-code).name}"
    return End.FAILED, last or f"it left with exit code {code}"


def of_time(now: float, deadline: float, limits: Limits) -> Verdict | None:
    """Of a program that has run until now."""
    return (End.TIMED_OUT, f"it ran longer than {round(limits.wall_s, 2):g} s") if now >= deadline else None


def of_use(processes: int, memory: int, written: int, seconds: float, limits: Limits) -> Verdict | None:
    """Of a program that uses so many processes and bytes now, and has used so many processor seconds."""
    if limits.cpu_s is not None and seconds > limits.cpu_s:
        return End.TIMED_OUT, f"it computed for more than {round(limits.cpu_s, 2):g} s"
    if processes > limits.processes:
        return End.FAILED, f"it started more than {limits.processes} processes"
    if memory > limits.memory_bytes:
        return End.OUT_OF_MEMORY, f"it needed more than {limits.memory_bytes >> 20} MB of memory"
    if written > limits.output_bytes:
        return End.REFUSED, f"it wrote more than {limits.output_bytes >> 20} MB"
    return None
