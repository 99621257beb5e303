"""Leaks and shift are found, and nothing is said of honest data."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.files.tables import rows_of
from agentk.competitions.validation.findings import shift, unseen
from agentk.competitions.validation.leaks import audited, leaks
from agentk.types.competition import Competition

N, M = 1200, 500
RNG = np.random.default_rng(2)


def scan(c: Competition, train: pd.DataFrame, test: pd.DataFrame) -> tuple[str, ...]:
    return (*texts(c, train, test), *shift(c, train, test), *unseen(c, train, test))


def texts(c: Competition, train: pd.DataFrame, test: pd.DataFrame) -> list[str]:
    return [leak.text for leak in leaks(c, train, test)]


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
    (said,) = texts(*found(lambda rows: rows.assign(code=rows["ill"] * 10 + RNG.random(N + M))))
    assert said.startswith("code alone explains") and "%" in said


def test_a_column_filled_in_afterwards(found) -> None:
    def noted(rows: pd.DataFrame) -> pd.DataFrame:
        known = (rows["ill"] == 1) & (RNG.random(N + M) < 0.3)
        return rows.assign(doctor=np.where(known, RNG.choice(["A", "B", "C"], N + M), "nobody"))

    (said,) = texts(*found(noted))
    assert "doctor says something on" in said and "100% of these are 1" in said


def test_rows_sorted_by_target(found) -> None:
    def sorted_rows(rows: pd.DataFrame) -> pd.DataFrame:
        train = rows.iloc[:N].sort_values("ill")
        return pd.concat([train, rows.iloc[N:]]).reset_index(drop=True)

    assert any("order of the training rows" in said for said in texts(*found(sorted_rows)))


def test_ids_that_tell(found) -> None:
    def told(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(id=(rows["ill"].rank(method="first")).astype(int) + 7)

    assert any(said.startswith("id explains") for said in texts(*found(told)))


def test_rows_in_both_files(found) -> None:
    def copied(test: pd.DataFrame) -> pd.DataFrame:
        return test

    def repeated(rows: pd.DataFrame) -> pd.DataFrame:
        rows = rows.reset_index(drop=True)
        names = [name for name in rows.columns if name != "id"]
        rows.loc[N : N + 99, names] = rows.loc[:99, names].to_numpy()
        return rows

    assert any("100 of 500 test rows (20.0%) are in train" in said for said in texts(*found(repeated, copied)))


def test_a_test_set_from_elsewhere(found) -> None:
    case = found(late=lambda test: test.assign(x2=test["x2"] + 3, town=["Basel", "Bern"] * (M // 2)))
    (told,) = shift(*case)
    assert "AUC" in told and "x2" in told
    said = case[0].findings  # what is out of support costs no model, and stands in the contract before the first fit
    assert any("town that train does not know" in one for one in said) and any("x2 outside the range" in one for one in said)


@pytest.mark.parametrize("kind", ["many categories", "dates"])
def test_many_values_that_train_and_test_share_are_no_difference(found, kind: str) -> None:
    """Values that turn up for the first time further down are not thereby others."""

    def wide(rows: pd.DataFrame) -> pd.DataFrame:
        value = RNG.integers(0, 2 * len(rows) // 5, len(rows))
        days = (pd.Timestamp("2020-01-01") + pd.to_timedelta(value, unit="D")).strftime("%d.%m.%Y")
        return rows.assign(value=days if kind == "dates" else [f"v{at:03d}" for at in value])

    case = found(wide)
    assert shift(*case) == unseen(*case) == ()


def test_it_is_quick(found) -> None:
    case = found()
    scan(*case)  # imports
    begun = time.process_time()
    scan(*case)
    assert time.process_time() - begun < 2


def test_it_is_the_same_every_time(found) -> None:
    case = found(late=lambda test: test.assign(x2=test["x2"] * 2))
    assert scan(*case) == scan(*case)


def pure(rows: pd.DataFrame) -> pd.DataFrame:
    """A column that says something on 7% of the rows, which all are ill."""
    told = (rows["ill"] == 1) & (RNG.random(len(rows)) < 0.35)
    return rows.assign(ward=np.where(told, RNG.choice(["a", "b"], len(rows)), None))


@pytest.mark.parametrize("what", ["use", "report", "drop"])
def test_what_is_done_about_a_leak(found, what: str) -> None:
    c, *_ = found(pure)
    plain = c.model_copy(update={"doubts": (), "findings": ()})
    done = audited(plain, what)
    assert any(text.startswith("ward says something") for text in done.findings)
    assert bool(done.doubts) == (what != "use")
    left = rows_of(done)[0].columns
    assert ("ward" in left) == (what != "drop") == ("ward" in {column.name for column in done.columns})
    assert done.dropped == (("ward",) if what == "drop" else ())


def test_a_leak_is_reported_unless_the_person_says_otherwise(found) -> None:
    c, *_ = found(pure)
    assert any("ward" in doubt and "--leaks drop" in doubt for doubt in c.doubts) and c.dropped == ()


def test_it_is_dropped_from_a_persons_own_table(tmp_path, understood) -> None:
    rows = pd.DataFrame({"x": RNG.normal(0, 1, N), "z": RNG.normal(0, 1, N)})
    rows["bad"] = (rows["x"] + RNG.normal(0, 1, N) > 0).astype(int)
    rows.assign(bad_code=rows["bad"] * 7 + 1).to_csv(tmp_path / "own.csv", index=False)
    c = understood(tmp_path / "own.csv", target=("bad",))
    assert c.dropped == ("bad_code",) and any("left out" in doubt for doubt in c.doubts)
