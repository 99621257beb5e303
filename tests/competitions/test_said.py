"""competition.toml says what the flags say, and errors name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentk.competitions.draft import Overrides
from agentk.competitions.said import over, said_in
from agentk.errors import CompetitionError


def said(folder: Path, text: str) -> Overrides:
    (folder / "competition.toml").write_text(text)
    return said_in(folder)


def test_every_belief_can_be_said(tmp_path: Path) -> None:
    lines = ('target = "price"', 'id = ["shop", "day"]', 'metric = "mae"', 'task = "regression"')
    found = said(tmp_path, "\n".join((*lines, 'validation = "grouped"', 'column = "shop"', 'leaks = "drop"', 'pixels = "9x9"')))
    assert found == Overrides(
        target=("price",),
        id=("shop", "day"),
        metric="mae",
        task="regression",
        validation="grouped",
        column="shop",
        leaks="drop",
        pixels="9x9",
    )


def test_nothing_where_there_is_no_file(tmp_path: Path) -> None:
    assert said_in(tmp_path) == Overrides() == said_in("builtin:wine")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('metrc = "auc"', "Did you mean metric"),
        ('validation = "sideways"', "validation = 'sideways'"),
        ("target = 3", "target"),
        ("target = price", "is no TOML"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, wanted: str) -> None:
    with pytest.raises(CompetitionError, match=wanted):
        said(tmp_path, text)


def test_a_flag_wins_over_the_file() -> None:
    both = over(Overrides(metric="mae", target=("a",)), Overrides(metric="auc"))
    assert (both.metric, both.target) == ("auc", ("a",))


def test_the_file_counts_in_setup(tmp_path: Path, parts, write, understood) -> None:
    import numpy as np

    folder = write(parts("ill", np.arange(320) % 2))
    (folder / "competition.toml").write_text('metric = "f1"\nvalidation = "random"\n')
    c = understood(folder)
    assert (c.metric, c.validation.scheme) == ("f1", "random")
