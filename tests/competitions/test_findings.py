"""Leaks and shift are found, and nothing is said of honest data."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.findings import leaks, scan, shift
from agentk.competitions.tables import rows_of

N, M = 1200, 500
RNG = np.random.default_rng(2)
Change = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture
def found(write, understood):
    """The competition and rows of a table made of noise, changed before it is cut."""

    def competition(change: Change = lambda rows: rows, late: Change = lambda test: test):
        rows = pd.DataFrame({f"x{at}": RNG.normal(0, 1, N + M).round(4) for at in range(4)})
        rows["town"] = RNG.choice(["Bern", "Genf", "Chur"], N + M)
        rows.insert(0, "id", RNG.permutation(N + M))
        rows["ill"] = (rows["x0"] + RNG.normal(0, 1, N + M) > 0.8).astype(int)
        rows = change(rows)
        test = late(rows.iloc[N:].drop(columns="ill"))
        sample = test[["id"]].assign(ill=0.5)
        c = understood(write({"train.csv": rows.iloc[:N], "test.csv": test, "sample_submission.csv": sample}))
        return c, *rows_of(c)

    return competition


def test_honest_data(found) -> None:
    assert scan(*found()) == ()


def test_a_column_that_gives_the_target_away(found) -> None:
    (said,) = leaks(*found(lambda rows: rows.assign(code=rows["ill"] * 10 + RNG.random(N + M))))
    assert said.startswith("code alone explains") and "%" in said


def test_a_column_filled_in_afterwards(found) -> None:
    def noted(rows: pd.DataFrame) -> pd.DataFrame:
        known = (rows["ill"] == 1) & (RNG.random(N + M) < 0.3)
        return rows.assign(doctor=np.where(known, RNG.choice(["A", "B", "C"], N + M), "nobody"))

    (said,) = leaks(*found(noted))
    assert "doctor says something on" in said and "100% of these are 1" in said


def test_rows_sorted_by_target(found) -> None:
    def sorted_rows(rows: pd.DataFrame) -> pd.DataFrame:
        train = rows.iloc[:N].sort_values("ill")
        return pd.concat([train, rows.iloc[N:]]).reset_index(drop=True)

    assert any("order of the training rows" in said for said in leaks(*found(sorted_rows)))


def test_ids_that_tell(found) -> None:
    def told(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(id=(rows["ill"].rank(method="first")).astype(int) + 7)

    assert any(said.startswith("id explains") for said in leaks(*found(told)))


def test_rows_in_both_files(found) -> None:
    def copied(test: pd.DataFrame) -> pd.DataFrame:
        return test

    def repeated(rows: pd.DataFrame) -> pd.DataFrame:
        rows = rows.reset_index(drop=True)
        names = [name for name in rows.columns if name != "id"]
        rows.loc[N : N + 99, names] = rows.loc[:99, names].to_numpy()
        return rows

    assert any("100 of 500 test rows (20.0%) are in train" in said for said in leaks(*found(repeated, copied)))


def test_a_test_set_from_elsewhere(found) -> None:
    said = shift(*found(late=lambda test: test.assign(x2=test["x2"] + 3, town=["Basel", "Bern"] * (M // 2))))
    assert "AUC" in said[0] and "x2" in said[0]
    assert any("town that train does not know" in one for one in said) and any("x2 outside the range" in one for one in said)


@pytest.mark.parametrize("kind", ["many categories", "dates"])
def test_many_values_that_train_and_test_share_are_no_difference(found, kind: str) -> None:
    """Values that turn up for the first time further down are not thereby others."""

    def wide(rows: pd.DataFrame) -> pd.DataFrame:
        value = RNG.integers(0, 2 * len(rows) // 5, len(rows))
        days = (pd.Timestamp("2020-01-01") + pd.to_timedelta(value, unit="D")).strftime("%d.%m.%Y")
        return rows.assign(value=days if kind == "dates" else [f"v{at:03d}" for at in value])

    assert shift(*found(wide)) == ()


def test_it_is_quick(found) -> None:
    case = found()
    scan(*case)  # imports
    begun = time.process_time()
    scan(*case)
    assert time.process_time() - begun < 2


def test_it_is_the_same_every_time(found) -> None:
    case = found(late=lambda test: test.assign(x2=test["x2"] * 2))
    assert scan(*case) == scan(*case)
