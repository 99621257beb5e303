"""Which recipes are offered for which competition, and in which order."""

from __future__ import annotations

from pathlib import Path

from agentk.reasoning.recipes.catalogue import recipes_for
from agentk.types.competition import Column, ColumnKind, Competition, Pixels, SubmissionFormat, TableFile, TaskKind, Validation

TEXT, LIST, NUMBER, IDENTIFIER, IMAGE, PIXEL = (
    ColumnKind.TEXT,
    ColumnKind.LIST,
    ColumnKind.NUMERIC,
    ColumnKind.IDENTIFIER,
    ColumnKind.IMAGE,
    ColumnKind.PIXEL,
)


def offered(*kinds: ColumnKind, libraries: frozenset[str] = frozenset({"lightgbm", "xgboost", "PIL"})) -> list[str]:
    """The families of the first recipes for a competition with such columns."""
    pixels = Pixels(name="c{}", counts=(kinds.count(PIXEL),), height=12, width=12) if PIXEL in kinds else None
    competition = Competition(
        name="letters",
        folder=Path("letters"),
        task=TaskKind.BINARY,
        train=TableFile(path="train.csv"),
        test=TableFile(path="test.csv"),
        targets=("angry",),
        classes=(0, 1),
        pixels=pixels,
        columns=tuple(Column(name=f"c{at}", kind=kind, unique=100) for at, kind in enumerate(kinds)),
        metric="auc",
        submission=SubmissionFormat(columns=("id", "angry"), id_columns=("id",), kind="probability"),
        validation=Validation(scheme="stratified"),
        rows=100,
        test_rows=50,
    )
    return [recipe.entry.partition("_")[0] for recipe in recipes_for(competition, libraries)]


def test_a_text_alone_is_for_text_recipes() -> None:
    assert set(offered(IDENTIFIER, TEXT)) == {"constant", "text"}


def test_lists_of_many_members_are_read_as_texts_are() -> None:
    assert "text" in offered(LIST) and "table" in offered(LIST)


def test_where_a_text_has_hardly_anything_beside_it_text_recipes_come_first() -> None:
    assert offered(TEXT, NUMBER, NUMBER)[:5] == ["constant", "text", "text", "text", "table"]


def test_where_a_text_stands_in_a_table_the_two_take_turns() -> None:
    assert offered(TEXT, NUMBER, NUMBER, NUMBER)[:6] == ["constant", "text", "table", "text", "table", "text"]


def test_where_pictures_have_measures_beside_them_the_two_take_turns() -> None:
    assert offered(IMAGE, NUMBER, NUMBER, NUMBER)[:5] == ["constant", "table", "image", "table", "image"]
    assert offered(IMAGE, NUMBER)[:3] == ["constant", "image", "image"]


def test_columns_of_pixels_are_pictures_first_and_a_table_after_that() -> None:
    found = offered(*144 * [PIXEL], NUMBER)
    assert found[:4] == ["constant", "image", "image", "table"] and "text" not in found
    assert offered(*144 * [PIXEL], NUMBER, NUMBER, NUMBER)[:4] == ["constant", "image", "table", "image"]


def test_pictures_in_columns_need_no_library_that_reads_files() -> None:
    assert "image" in offered(*144 * [PIXEL], libraries=frozenset())
    assert "image" not in offered(IMAGE, libraries=frozenset())


def test_the_order_loses_and_repeats_nothing() -> None:
    assert sorted(offered(TEXT, NUMBER, NUMBER)) == sorted(offered(TEXT, NUMBER, NUMBER, NUMBER))
