"""Slots own cores."""

import os

from agentk.sandbox.cores import share_cores

AVAILABLE = sorted(os.sched_getaffinity(0))


def test_slots_own_different_cores_while_there_are_enough() -> None:
    shared = share_cores(len(AVAILABLE), 1)
    assert sorted(core for (core,) in shared) == AVAILABLE


def test_more_slots_than_cores_go_round() -> None:
    assert share_cores(len(AVAILABLE) + 1, 1)[-1] == (AVAILABLE[0],)


def test_a_slot_never_owns_a_core_twice() -> None:
    assert share_cores(2, 10 * len(AVAILABLE)) == [tuple(AVAILABLE)] * 2
