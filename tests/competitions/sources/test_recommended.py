"""A history of who took what and when, and a sample that asks for a list of things for each of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.files.rows import read_table
from agentk.competitions.files.tables import rows_of
from agentk.competitions.scoring.truth import check_submission, format_submission
from agentk.errors import CompetitionError
from agentk.types.competition import Competition, TaskKind

RNG = np.random.default_rng(9)
PEOPLE, THINGS = [f"p{at:03d}" for at in range(40)], [f"{at:06d}" for at in range(100, 130)]
Files = dict[str, pd.DataFrame | str]


@pytest.fixture
def shop() -> Files:
    """Ninety days in which forty people, each with three favorites, bought things whose numbers begin with zeros."""
    favorites = {person: RNG.choice(THINGS, 3, replace=False) for person in PEOPLE}
    rows = [(day, person, RNG.choice(favorites[person])) for day in range(90) for person in RNG.choice(PEOPLE, 12)]
    bought = pd.DataFrame(rows, columns=["day", "person", "thing"])
    bought.insert(0, "date", (pd.Timestamp("2024-01-01") + pd.to_timedelta(bought.pop("day"), unit="D")).dt.strftime("%Y-%m-%d"))
    return {
        "purchases.csv": bought,
        "things.csv": pd.DataFrame({"thing": THINGS, "color": RNG.choice(["red", "blue"], 30)}),
        "sample_submission.csv": pd.DataFrame({"person": PEOPLE, "prediction": " ".join(THINGS[:4])}),
        "description.md": "## Evaluation\n\nMAP@4, on purchases of the 10-day period after the data end. Prizes: in 90 days.",
    }


def test_train_is_what_they_might_have_taken_and_test_what_they_may_take(shop: Files, write, understood) -> None:
    c = understood(write(shop))
    train, test = rows_of(c)
    assert (c.task, c.targets, c.submission.kind) == (TaskKind.BINARY, ("taken",), "candidates")
    assert (c.validation.scheme, c.validation.column) == ("rolling", "period")
    assert sorted(train["period"].unique()) == [1, 2, 3, 4] and set(test["period"]) == {5} and set(test["person"]) == set(PEOPLE)
    assert test["thing"].str.fullmatch("000...").all() and "color" in train
    assert 0.02 < train["taken"].mean() < 0.6 and any("4 spans of 10 days" in doubt for doubt in c.doubts)


def test_what_is_known_of_a_row_happened_before_its_span(shop: Files, write, understood) -> None:
    c = understood(write(shop))
    bought = shop["purchases.csv"]
    assert isinstance(bought, pd.DataFrame)
    days = (pd.to_datetime(bought["date"]) - pd.Timestamp("2024-01-01")).dt.days
    row = rows_of(c)[0].query("period == 4 and own_times > 0").iloc[0]
    own = days[(bought["person"] == row["person"]) & (bought["thing"] == row["thing"])]
    assert row["own_times"] == (own < 80).sum() and row["own_last"] == pytest.approx(80 - own[own < 80].max(), abs=1.01)
    assert row["taken"] == (own >= 80).any()


def test_lists_are_of_the_things_as_they_are_spelled(shop: Files, write, understood) -> None:
    c: Competition = understood(write(shop))
    _, test = rows_of(c)
    made = format_submission(c, np.tile([0.5, 0.5], (len(test), 1)), test)
    assert made["person"].tolist() == PEOPLE and check_submission(c, made) == []
    assert made["prediction"].str.fullmatch(r"(000\d{3} ){3}000\d{3}").all()


def test_too_little_history_is_said(shop: Files, write: Callable[[Files], Path], understood) -> None:
    bought = shop["purchases.csv"]
    assert isinstance(bought, pd.DataFrame)
    with pytest.raises(CompetitionError, match="too little to learn from spans of 10"):
        understood(write({**shop, "purchases.csv": bought[bought["date"] < "2024-01-15"]}))


def test_keys_with_zeros_in_front_are_the_same_in_tables_beside(parts, write, understood) -> None:
    files = {name: part.assign(id=("0" + part["id"].astype(str))) for name, part in parts("ill", RNG.integers(0, 2, 320)).items()}
    ids = [*files["train.csv"]["id"], *files["test.csv"]["id"]]
    c = understood(write({**files, "ages.csv": pd.DataFrame({"id": ids, "age": np.arange(320)})}))
    assert rows_of(c)[0]["age"].tolist() == list(range(240)) and rows_of(c)[1]["id"].iloc[0].startswith("0")
    assert read_table(c.folder / c.train.path, **c.train.options)["id"].iloc[0].startswith("0")  # type: ignore[arg-type]
