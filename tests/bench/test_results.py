"""The file of results: a row for each competition, seed and budget."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentk.bench.results import Result, Results
from agentk.errors import StoreError


def row(name: str, score: float = 0.5) -> Result:
    return Result(competition=name, seed=0, budget="3m", exit_code=0, score=score)


def test_rows_are_found_again_by_competition_seed_and_budget(tmp_path: Path):
    path = tmp_path / "deep" / "results.jsonl"
    Results(path).keep(row("alpha"))
    results = Results(path)
    assert results.find(("alpha", 0, "3m")) == row("alpha")
    assert results.find(("alpha", 1, "3m")) is None and results.find(("alpha", 0, "1m")) is None


def test_a_row_takes_the_place_of_an_older_one(tmp_path: Path):
    results = Results(tmp_path / "results.jsonl")
    for made in (row("alpha"), row("beta"), row("alpha", 0.7)):
        results.keep(made)
    assert Results(tmp_path / "results.jsonl").rows == [row("beta"), row("alpha", 0.7)]


def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path: Path):
    path = tmp_path / "results.jsonl"
    path.write_text('{"a": 1}\n')
    with pytest.raises(StoreError, match="line 1 is no result"):
        Results(path)
    assert path.read_text() == '{"a": 1}\n'
