"""The clock counts the seconds a run was worked on, and keeps some for the end."""

from __future__ import annotations

import time

import pytest

from agentk.graph.clock import Clock


def test_seconds_of_earlier_sessions_count_and_pauses_do_not() -> None:
    clock = Clock(budget=100.0, used=40.0)
    time.sleep(0.05)
    assert 40.05 <= clock.active() < 41.0


def test_a_session_begins_when_the_person_called_not_when_the_clock_was_made() -> None:
    assert Clock(budget=None, since=time.monotonic() - 3).active() == pytest.approx(3, abs=0.5)


def test_search_ends_before_the_budget_does() -> None:
    assert Clock(budget=100.0, used=90.0, reserve=3.0).left() == pytest.approx(7.0, abs=0.5)
    assert Clock(budget=100.0, used=99.0, reserve=3.0).left() < 0


def test_without_a_budget_there_is_always_time() -> None:
    assert Clock(budget=None, used=1e9, reserve=3.0).left() == float("inf")


def test_what_a_last_step_takes_is_kept_for_it_but_not_more_than_a_tenth() -> None:
    clock = Clock(budget=100.0, used=50.0, reserve=3.0)
    clock.keep(4.0)
    clock.keep(2.0)
    assert clock.left() == pytest.approx(43.0, abs=0.5)
    clock.keep(60.0)
    assert clock.left() == pytest.approx(37.0, abs=0.5)
