"""Addresses as people paste them."""

from __future__ import annotations

import pytest

from agentk.errors import KaggleError
from agentk.kaggle.address import page, slug_of


@pytest.mark.parametrize(
    "source",
    [
        "https://www.kaggle.com/competitions/house-prices",
        "https://www.kaggle.com/competitions/house-prices/",
        "https://www.kaggle.com/competitions/house-prices/overview",
        "https://www.kaggle.com/competitions/house-prices/overview/evaluation",
        "https://www.kaggle.com/competitions/house-prices/data?select=train.csv",
        "https://www.kaggle.com/competitions/house-prices/leaderboard#place",
        "https://kaggle.com/competitions/house-prices",
        "http://www.kaggle.com/c/house-prices",
        "https://www.kaggle.com/c/house-prices/leaderboard?tab=public",
        "kaggle.com/c/house-prices",
        "www.kaggle.com/competitions/house-prices",
        "HTTPS://WWW.KAGGLE.COM/Competitions/House-Prices",
        "https://www.kaggle.com:443/competitions/house-prices",
        "kaggle:house-prices",
        "  <https://www.kaggle.com/competitions/house-prices> ",
    ],
)
def test_every_form_names_the_competition(source: str) -> None:
    assert slug_of(source) == "house-prices"


@pytest.mark.parametrize(
    "source", ["data/house-prices", "train.csv", "builtin:iris", "https://example.com/c/x", "C:\\data", "http://[x"]
)
def test_what_is_no_kaggle_address_is_left_alone(source: str) -> None:
    assert slug_of(source) is None


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("https://www.kaggle.com/datasets/someone/something", "under /datasets, not a competition"),
        ("https://www.kaggle.com/competitions", "not a competition"),
        ("https://www.kaggle.com", "front page"),
        ("https://www.kaggle.com/t/abcdef0123", "invitation"),
        ("kaggle:", "names no competition"),
        ("https://www.kaggle.com/c/%2e%2e", "names no competition"),
        ("kaggle:../../etc", "names no competition"),
    ],
)
def test_an_address_that_names_none_is_told_what_to_give(source: str, words: str) -> None:
    with pytest.raises(KaggleError, match=words) as refused:
        slug_of(source)
    assert "kaggle:titanic" in str(refused.value)


def test_pages_are_addressed_as_a_browser_wants_them() -> None:
    assert page("titanic", "rules") == "https://www.kaggle.com/competitions/titanic/rules"
