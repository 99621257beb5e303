"""Hostile and broken programs in a row leave nothing behind, and starting one behind walls is fast."""

import pytest

from agentk.bench.hostile import SOURCES
from agentk.bench.sandbox import bench_sandbox, soak


@pytest.mark.slow
def test_many_hostile_programs_leave_no_process_and_no_file() -> None:
    figures = soak(500)
    assert sum(figures.ends.values()) == figures.programs == 500
    assert figures.ends["ok"] >= 500 // len(SOURCES)
    assert (figures.left_processes, figures.left_files) == ([], [])
    assert figures.still_works


def test_an_isolated_start_is_many_times_faster_than_a_cold_one() -> None:
    figures = bench_sandbox(starts=20, cold_starts=2)
    assert figures.isolated.p50_s * 5 < figures.cold.p50_s
