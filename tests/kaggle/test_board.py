"""Leaderboards: read in the forms they come in, and the place that a score takes."""

from __future__ import annotations

import pytest

from agentk.errors import KaggleError, ServiceError
from agentk.kaggle.board import Row, from_archive, parse, place_of

from .server import zipped

ROWS = [Row("", score) for score in (0.9, 0.8, 0.8, 0.5)]


@pytest.mark.parametrize(("score", "place"), [(0.95, 1), (0.9, 1), (0.85, 2), (0.8, 2), (0.6, 4), (0.1, 5)])
def test_where_higher_is_better(score: float, place: int) -> None:
    found = place_of(score, ROWS, "maximize")
    assert found is not None and (found.place, found.teams) == (place, 5)


@pytest.mark.parametrize(("score", "place"), [(0.1, 1), (0.5, 1), (0.8, 2), (0.85, 4), (0.95, 5)])
def test_where_lower_is_better(score: float, place: int) -> None:
    found = place_of(score, ROWS, "minimize")
    assert found is not None and found.place == place


def test_an_empty_board_has_no_place() -> None:
    assert place_of(0.5, [], "maximize") is None


def test_a_place_in_words() -> None:
    found = place_of(0.7, [Row("", at / 2000) for at in range(2000)], "maximize")
    assert found is not None and found.words() == "place 600 of 2,001 (top 30.0%)"


def test_kaggles_own_form_and_a_plain_one() -> None:
    assert parse('\ufeffRank,TeamId,TeamName,Score\n1,7,"a, b",0.9\n2,8,c,\n', "x") == (Row("a, b", 0.9),)
    assert parse("rank,score\n1,1.0\n2,0.5\n", "x") == (Row("", 1.0), Row("", 0.5))


def test_another_table_is_refused() -> None:
    with pytest.raises(KaggleError, match=r"no column 'score'"):
        parse("id,target\n1,2\n", "here.csv")


def test_an_archive_from_kaggle() -> None:
    assert from_archive(zipped({"penguins-publicleaderboard.csv": b"TeamId,TeamName,SubmissionDate,Score\n1,x,2026,0.5\n"})) == (
        Row("x", 0.5),
    )
    with pytest.raises(ServiceError):
        from_archive(b"<html>")
