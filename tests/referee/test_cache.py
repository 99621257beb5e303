"""What was done before a kill is found again, and what `prepare` depends on is read from its text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agentk.referee.cache import FoldCache, PreparedCache, content_digest, prepare_params
from agentk.types.solution import Solution

PARAMS = {"a": 1, "b": 2, "seed": 0, "threads": 1, "device": "cpu"}
KEPT = {"seed": 0, "threads": 1, "device": "cpu"}


def test_a_kept_call_is_found_and_forgotten(tmp_path: Path) -> None:
    cache = FoldCache(tmp_path)
    assert cache.find("digest", 0) is None
    cache.keep("digest", 0, np.array([[1.5]]), 2.5)
    found = FoldCache(tmp_path).find("digest", 0)
    assert found is not None and found[0].tolist() == [[1.5]] and found[1] == 2.5
    cache.forget("digest")
    assert cache.find("digest", 0) is None


def test_a_call_that_was_being_written_when_the_process_died_does_not_count(tmp_path: Path) -> None:
    cache = FoldCache(tmp_path)
    cache.keep("digest", 0, np.array([[1.5]]), 2.5)
    whole = tmp_path / "folds" / "digest" / "0.npz"
    (tmp_path / "folds" / "digest" / "1.part").write_bytes(whole.read_bytes()[:50])
    assert cache.find("digest", 1) is None


def test_content_is_source_parameters_and_data() -> None:
    base = content_digest(Solution("x", "one"), {"a": 1, "b": 2}, "data")
    assert base == content_digest(Solution("x", "two"), {"b": 2, "a": 1}, "data")
    others = [
        content_digest(Solution("y", "one"), {"a": 1, "b": 2}, "data"),
        content_digest(Solution("x", "one"), {"a": 1, "b": 3}, "data"),
        content_digest(Solution("x", "one"), {"a": 1, "b": 2}, "other"),
    ]
    assert len({base, *others}) == 4


@pytest.mark.parametrize(
    ("body", "depends"),
    [
        ("return rows", {}),
        ("return rows * params['a']", {"a": 1}),
        ("return rows * params.get('a', 3)", {"a": 1}),
        ("return helper(rows, params)", {"a": 1, "b": 2}),
        ("p = params\n    return rows * p['a']", {"a": 1, "b": 2}),
        ("return rows * params[name]", {"a": 1, "b": 2}),
        ("return rows * sum(params.values())", {"a": 1, "b": 2}),
    ],
)
def test_prepare_depends_on_what_it_asks_for_and_on_everything_in_doubt(body: str, depends: dict[str, int]) -> None:
    source = f"def prepare(rows, params, data_dir):\n    {body}\n"
    assert prepare_params(source, PARAMS) == {**depends, **KEPT}


def test_a_solution_without_prepare_needs_none() -> None:
    assert prepare_params("def fit_predict(train, test, params, data_dir): ...", PARAMS) is None


def test_prepared_features_that_no_one_uses_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentk.referee.cache.PREPARED_BYTES", 250)
    cache = PreparedCache(tmp_path)
    for name in ("one", "two", "three"):
        made = tmp_path / "made"
        made.write_bytes(b"x" * 100)
        cache.keep(name, made, in_use={"one"})
    assert cache.find("one") is not None  # the oldest, but awaited
    assert cache.find("two") is None and cache.find("three") is not None
