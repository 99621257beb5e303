"""The validation scheme imitates how test relates to train."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.draft import Overrides
from agentk.competitions.reopening import reconsidered
from agentk.competitions.setup import begun, through
from agentk.competitions.stages.split import SPLIT

N, M = 400, 150
RNG = np.random.default_rng(11)


@pytest.fixture
def scheme(write, understood):
    """The validation of rows cut into train and test by a mask."""

    def chosen(rows: pd.DataFrame, is_test: np.ndarray, **flags: object):
        rows = rows.assign(id=np.arange(len(rows)), noise=RNG.normal(0, 1, len(rows)).round(3))
        rows["y"] = RNG.normal(0, 1, len(rows)).round(3)
        test = rows[is_test].drop(columns="y")
        sample = test[["id"]].assign(y=0.0)
        return understood(
            write({"train.csv": rows[~is_test], "test.csv": test, "sample_submission.csv": sample}), **flags
        ).validation

    return chosen


def hours(count: int) -> pd.DataFrame:
    return pd.DataFrame({"when": pd.date_range("2022-03-01", periods=count, freq="h").strftime("%d.%m.%Y %H:%M")})


def test_nothing_sets_test_apart(scheme) -> None:
    found = scheme(hours(N + M), RNG.permutation(N + M) < M)
    assert found.scheme == "random" and found.column is None


def test_test_follows_train(scheme) -> None:
    found = scheme(pd.DataFrame({"day": pd.date_range("2022-01-01", periods=N + M).strftime("%Y-%m-%d")}), np.arange(N + M) >= N)
    assert (found.scheme, found.column, found.span) == ("rolling", "day", M * 86400)


def test_time_that_passes_before_test_begins_is_left_out_of_folds_too(scheme) -> None:
    days = pd.date_range("2022-01-01", periods=N + M + 30).strftime("%Y-%m-%d").to_numpy()
    found = scheme(pd.DataFrame({"day": np.r_[days[:N], days[N + 30 :]]}), np.arange(N + M) >= N)
    assert (found.scheme, found.span, found.gap) == ("rolling", (M + 30) * 86400, 31 * 86400)
    assert any("31.0 days pass before the first of them" in reason for reason in found.reasons)


def test_the_end_of_every_month_is_asked(scheme) -> None:
    rows = hours(24 * 200)
    days = pd.to_datetime(rows["when"], format="%d.%m.%Y %H:%M").dt.day.to_numpy()
    found = scheme(rows, days > 22)
    assert (found.scheme, found.column) == ("blocked", "when")
    assert found.span is not None and 6 * 86400 < found.span < 10 * 86400 and "nearest training row" in found.reasons[0]


def test_a_few_days_of_their_own_do_not_make_blocks(scheme) -> None:
    day = RNG.integers(0, 12, N + M)
    days = pd.Series(pd.to_datetime("2022-01-01") + pd.to_timedelta(day, unit="D")).dt.strftime("%Y-%m-%d")
    assert scheme(pd.DataFrame({"day": days}), (RNG.permutation(N + M) < M) | (day == 5)).scheme == "random"


def test_time_as_a_number(scheme) -> None:
    found = scheme(pd.DataFrame({"time_step": np.arange(N + M) * 3.0}), np.arange(N + M) >= N)
    assert (found.scheme, found.column, found.span) == ("rolling", "time_step", M * 3.0)


def test_new_customers_are_asked(scheme) -> None:
    customer = RNG.integers(0, 60, N + M)
    found = scheme(pd.DataFrame({"customer_id": customer + 5000}), customer < 15)
    assert (found.scheme, found.column) == ("grouped", "customer_id")


def test_groups_within_groups(scheme) -> None:
    """Teams within matches, and test has matches of its own: then folds must not share a match either."""
    row = np.arange(N + M)
    match = row // 11
    rows = pd.DataFrame({"team_id": [f"t{at // 3}" for at in row + 4 * match], "match_id": [f"m{at}" for at in match]})
    found = scheme(rows, match % 4 == 0)
    assert (found.scheme, found.column) == ("grouped", "match_id")


def test_the_same_customers_are_asked(scheme) -> None:
    found = scheme(pd.DataFrame({"customer_id": RNG.integers(0, 60, N + M)}), RNG.permutation(N + M) < M)
    assert found.scheme == "random"


def test_a_counted_up_id_is_no_time(scheme) -> None:
    assert scheme(pd.DataFrame({"size": RNG.normal(0, 1, N + M)}), np.arange(N + M) >= N).scheme == "random"


def test_a_plain_category_is_no_group(scheme) -> None:
    """Rare towns that happen to lie in one part only do not make groups."""
    town = np.array([f"town {at}" for at in RNG.integers(0, 30, N + M)])
    assert scheme(pd.DataFrame({"town": town}), RNG.permutation(N + M) < M).scheme == "random"


def test_years_that_only_test_has(scheme) -> None:
    year = np.sort(RNG.integers(2001, 2012, N + M))
    found = scheme(pd.DataFrame({"year": year}), year > 2009)
    assert (found.scheme, found.column) == ("rolling", "year")


def test_what_random_folds_would_promise_is_said(scheme) -> None:
    rows = hours(24 * 200)
    days = pd.to_datetime(rows["when"], format="%d.%m.%Y %H:%M").dt.day.to_numpy()
    said = scheme(rows, days > 22).reasons
    assert any("random folds would flatter" in reason for reason in said)
    blocked, random = (
        [float(r.rsplit(" ", 1)[1].rstrip(")")) for r in said if f"by {name} folds" in r] for name in ("blocked", "random")
    )
    assert blocked[0] < random[0], "blocks imitate test better than random rows"


def test_new_people_after_the_training_time(scheme) -> None:
    """Time and groups both set test apart: what imitates better is chosen, and both are compared."""
    day = np.sort(RNG.integers(0, 200, N + M))
    rows = pd.DataFrame({"day": day, "user_id": day // 10 + 900})
    said = scheme(rows, day >= 150)
    assert said.scheme == "rolling" and any("grouped folds" in reason for reason in said.reasons)


def test_folds_that_are_known_to_mislead_give_way_to_what_the_columns_allow(write, tmp_path) -> None:
    """Public scores speak against rows at random; the same customers are in both files, and yet may be what matters."""
    customer = RNG.integers(0, 40, N + M)
    rows = pd.DataFrame({"id": np.arange(N + M), "customer_id": customer, "y": RNG.normal(0, 1, N + M).round(3)})
    test = rows[N:].drop(columns="y")
    folder = write({"train.csv": rows[:N], "test.csv": test, "sample_submission.csv": test[["id"]].assign(y=0.0)})
    draft = through(begun(folder, Overrides(), tmp_path / "made"))
    assert draft.validation and draft.validation.scheme == "random"
    again = reconsidered(SPLIT, draft, "the leaderboard has another order")
    assert again is not None and again.validation is not None
    assert (again.validation.scheme, again.validation.column) == ("grouped", "customer_id")
    assert any("random at first: the leaderboard has another order" in doubt for doubt in again.doubts)
    assert reconsidered(SPLIT, again, "so it has again") is None, "there is nothing else to believe"


def test_whole_numbers_that_are_all_higher_in_test_are_time_whatever_they_are_called(scheme) -> None:
    semana = np.sort(RNG.integers(1, 13, N + M))
    found = scheme(pd.DataFrame({"semana": semana}), semana > 9)
    assert (found.scheme, found.column, found.span) == ("rolling", "semana", 3.0)


@pytest.mark.parametrize("name", ["semana", "clinic_id"])
def test_numbers_that_train_shares_or_that_are_ids_are_none(scheme, name: str) -> None:
    codes = np.sort(RNG.integers(1, 13, N + M))
    found = scheme(pd.DataFrame({name: codes}), codes > 9 if name == "clinic_id" else RNG.permutation(N + M) < M)
    assert found.scheme in ("random", "grouped")
