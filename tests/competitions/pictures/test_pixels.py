"""Columns of pixels are told to be a picture, and of what size; whatever else counts through its columns is left a table."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pandas as pd
import pytest

from agentk.bench.synthetic import pixels as worlds
from agentk.bench.synthetic.layout import Maker, World
from agentk.competitions.account import account
from agentk.competitions.files.rows import load_rows
from agentk.competitions.files.tables import plan_of
from agentk.errors import CompetitionError
from agentk.types.competition import ColumnKind, Competition


@pytest.fixture
def believed(write, understood) -> Callable[..., Competition]:
    """What is believed of a world, with the given flags."""

    def competition(world: World, **flags: object) -> Competition:
        known = world.rows.drop(columns=world.id) if world.numbered else world.rows
        train, test = known[~world.held_out], known[world.held_out].drop(columns=list(world.targets))
        ids = pd.DataFrame({world.id: range(1, len(test) + 1)}) if world.numbered else test[[world.id]].reset_index(drop=True)
        sample = ids.assign(**{name: train[name].iloc[0] for name in world.targets})
        return understood(write({"train.csv": train, "test.csv": test, "sample_submission.csv": sample}), **flags)

    return competition


def made(maker: Maker, seed: int = 0) -> World:
    return maker(np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("maker", "size", "named"),
    [
        (worlds.pictures(), "16x16", "pixel{}"),
        (worlds.pictures(side=12, first=1), "12x12", "pixel{}"),
        (worlds.pictures(side=14, name="{}x{}", first=1), "14x14", "{}x{}"),
        (worlds.pictures(side=12, width=15, name="img0_{}_{}"), "12x15", "img0_{}_{}"),
        (worlds.pictures(side=13, fractions=True, name="{}"), "13x13", "{}"),
        (worlds.pictures(side=10, colors=True, name="p{:04d}"), "10x10x3", "p{:04d}"),
        (worlds.pictures(side=12, colors=True, planar=True), "12x12x3", "pixel{}"),
    ],
)
def test_pictures_are_told_by_how_alike_neighbors_are(believed, maker: Maker, size: str, named: str) -> None:
    world = made(maker)
    c = believed(world)
    assert (c.pixels.size, c.pixels.name) == (size, named)
    assert c.pixels.white == (1 if world.rows[c.pixels.columns[5]].dtype.kind == "f" else 255)
    assert c.pixels.alike > 0.7 > 0.4 > c.pixels.apart
    assert c.pixels.columns == tuple(name for name in world.rows.columns if name not in (world.id, *world.targets))
    assert {column.kind for column in c.columns} == {ColumnKind.PIXEL}


def test_colors_that_follow_one_another_are_told_from_colors_side_by_side(believed) -> None:
    assert believed(made(worlds.pictures(side=12, colors=True, planar=True))).pixels.planar
    assert not believed(made(worlds.pictures(side=12, colors=True))).pixels.planar


def test_numbers_for_line_column_and_color(believed) -> None:
    world = made(worlds.pictures(side=12, colors=True))
    names = [f"v_{line}_{column}_{color}" for line, column, color in product(range(12), range(12), range(3))]
    old = [name for name in world.rows.columns if str(name).startswith("pixel")]
    world.rows = world.rows.rename(columns=dict(zip(old, names, strict=True)))
    found = believed(world).pixels
    assert (found.size, found.name, found.counts, found.planar) == ("12x12x3", "v_{}_{}_{}", (12, 12, 3), False)


def test_the_order_of_the_columns_in_the_file_does_not_matter(believed) -> None:
    world = made(worlds.pictures(side=12))
    world.rows = world.rows[np.random.default_rng(1).permutation(world.rows.columns)]
    assert believed(world).pixels.columns == tuple(f"pixel{at}" for at in range(144))


def test_borders_that_never_vary_belong_to_the_picture(believed) -> None:
    world = made(worlds.pictures(side=12))
    world.rows[[f"pixel{at}" for at in range(12)]] = 0
    c = believed(world)
    assert c.pixels.size == "12x12" and all(column.kind is ColumnKind.PIXEL for column in c.columns)


def test_columns_beside_a_picture_stay_what_they_are(believed) -> None:
    kinds = [column.kind for column in believed(made(worlds.pictures(beside=True))).columns]
    assert kinds.count(ColumnKind.PIXEL) == 256 and ColumnKind.NUMERIC in kinds and ColumnKind.CATEGORICAL in kinds


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("world", [worlds.counts, worlds.spectrum, worlds.hours, worlds.indicators])
def test_what_merely_counts_through_its_columns_is_a_table(believed, world: Maker, seed: int) -> None:
    c = believed(made(world, seed))
    assert c.pixels is None and not any(column.kind is ColumnKind.PIXEL for column in c.columns)


def test_a_tiny_picture_is_read_as_a_table(understood) -> None:
    assert understood("builtin:digits").pixels is None


@pytest.mark.parametrize("change", [lambda x: x * 2, lambda x: x - 90, lambda x: x + 0.5])
def test_values_that_no_pixel_has(believed, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    world = made(worlds.pictures())
    names = [name for name in world.rows.columns if str(name).startswith("pixel")]
    world.rows[names] = change(world.rows[names])
    assert believed(world).pixels is None


def test_the_person_can_say_that_it_is_none_or_which(believed) -> None:
    assert believed(made(worlds.pictures()), pixels="none").pixels is None
    said = believed(made(worlds.counts), pixels="14x14").pixels
    assert (said.size, said.alike) == ("14x14", None)
    assert believed(made(worlds.pictures(side=12, colors=True, planar=True)), pixels="12x12x3").pixels.planar


@pytest.mark.parametrize(("said", "wanted"), [("20x20", r"no 400 columns.*pixel0 … \(256\)"), ("round", "HEIGHTxWIDTH")])
def test_what_the_person_says_must_be_there(believed, said: str, wanted: str) -> None:
    with pytest.raises(CompetitionError, match=wanted):
        believed(made(worlds.pictures()), pixels=said)


def test_what_is_believed_is_shown_with_the_figures(believed) -> None:
    c = believed(made(worlds.pictures()))
    rows = {row.about: row.words for row in account(c)}
    assert rows["pictures"].startswith("256 columns of pixels, 16 x 16, gray: neighbors are alike (0.8")
    assert any("pixel0 to pixel255 are a picture" in reason for reason in c.reasons)
    assert len(account(c)) < 15 and "256 pixel" in rows["data"]


def test_rows_are_read_as_ever(believed) -> None:
    c = believed(made(worlds.pictures()))
    train, test = load_rows(c.folder, plan_of(c))
    assert train[list(c.pixels.columns)].shape == (c.rows, 256) and len(test) == c.test_rows
