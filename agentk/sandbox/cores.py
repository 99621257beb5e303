"""Which cores each slot owns, so that programs that want every core do not get in each other's way."""

from __future__ import annotations

import itertools
import os


def share_cores(slots: int, cores: int) -> list[tuple[int, ...]]:
    """The cores of each slot, going round when the machine has fewer than `slots * cores`."""
    available = itertools.cycle(sorted(os.sched_getaffinity(0)))
    return [tuple(sorted(set(itertools.islice(available, cores)))) for _ in range(slots)]
