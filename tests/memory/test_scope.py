"""Scopes: paths that nest, from everything to a step."""

from __future__ import annotations

import pytest

from agentk.memory.scope import EVERYTHING, Scope

STEP = Scope(("tabular", "binary", "accuracy", "small"), "c0ffee", "run-1", 4)


def test_is_written_as_a_path_and_read_back() -> None:
    assert str(STEP) == "everything/tabular/binary/accuracy/small/@c0ffee/#run-1/!4"
    assert all(Scope.parse(str(scope)) == scope for scope in STEP.climb())


def test_climbs_from_the_innermost_outwards() -> None:
    assert [scope.level for scope in STEP.climb()] == ["step", "run", "competition", *["family"] * 4, "everything"]
    assert [scope.depth for scope in STEP.climb()] == [7, 6, 5, 4, 3, 2, 1, 0]


def test_contains_what_lies_within() -> None:
    assert EVERYTHING.contains(STEP)
    assert Scope(("tabular", "binary")).contains(STEP)
    assert STEP.contains(STEP)
    assert not Scope(("tabular", "regression")).contains(STEP)
    assert not STEP.contains(EVERYTHING)


@pytest.mark.parametrize("path", ["tabular/binary", "", "everything/#run-1", "everything/@c/!2", "everything//binary"])
def test_refuses_what_is_no_scope(path: str) -> None:
    with pytest.raises(ValueError):
        Scope.parse(path)
