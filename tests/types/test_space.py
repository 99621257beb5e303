"""SPACE is read from a program's text, never by running it."""

from __future__ import annotations

import pytest

from agentk.types.space import active, parse_space

SOURCE = """
raise SystemExit("reading must not execute")
SPACE = {
    "rate": {"type": "float", "low": 0.01, "high": 0.3, "log": True, "default": 0.1},
    "leaves": {"type": "int", "low": 7, "high": 255, "default": 31},
    "encoding": {"type": "choice", "choices": ["codes", "target"], "default": "codes"},
    "smoothing": {"type": "float", "low": 1.0, "high": 100.0, "default": 10.0, "when": {"encoding": "target"}},
}
"""


def test_the_literal_is_read_without_executing_the_program() -> None:
    space = parse_space(SOURCE)
    assert list(space) == ["rate", "leaves", "encoding", "smoothing"]
    assert space["rate"].default == 0.1


def test_a_program_without_space_has_an_empty_one() -> None:
    assert parse_space("def fit_predict(): ...") == {}


@pytest.mark.parametrize(
    ("space", "word"),
    [
        ("{'a': {'type': 'float', 'low': 1.0, 'high': 0.0, 'default': 0.5}}", "default must lie"),
        ("{'a': {'type': 'int', 'low': 0, 'high': 8, 'log': True, 'default': 1}}", "log range"),
        ("{'a': {'type': 'choice', 'choices': ['x'], 'default': 'y'}}", "default must lie"),
        ("{'a': {'type': 'colour'}}", "SPACE is not of the form"),
        ("{'a': compute()}", "must be a literal, line 1"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words_for_its_author(space: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        parse_space(f"SPACE = {space}")


def test_a_program_that_is_no_python_is_refused_with_its_line() -> None:
    with pytest.raises(ValueError, match="line 2: expected ':'"):
        parse_space("import numpy\ndef fit_predict(train)\n    return 1\n")


def test_inactive_dimensions_are_left_out_and_missing_ones_take_their_default() -> None:
    space = parse_space(SOURCE)
    assert active(space, {"leaves": 63, "smoothing": 5.0}) == {"rate": 0.1, "leaves": 63, "encoding": "codes"}
    assert active(space, {"encoding": "target"})["smoothing"] == 10.0


def test_reserved_parameters_pass_through() -> None:
    assert active(parse_space(SOURCE), {"seed": 7})["seed"] == 7
