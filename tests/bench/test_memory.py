"""The study of memory: a small store is measured."""

from __future__ import annotations

from pathlib import Path

from agentk.bench.memory.scale import scale


def test_a_small_store_is_measured_and_finds_what_exact_search_finds(tmp_path: Path) -> None:
    (row,) = scale([120], tmp_path)
    assert row.lessons == 120
    assert row.recall_at_10 == 1.0
    assert 0 < row.read_p50 <= row.read_p95
    assert row.disk_mb > 0
    assert 0 < row.around < row.held <= 120
