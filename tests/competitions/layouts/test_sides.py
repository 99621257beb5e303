"""Tables that lie beside train and test: joined by key, summed up where they have many rows a key, or left with a doubt."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from agentk.competitions.files.rows import load_rows
from agentk.competitions.files.tables import plan_of, rows_of
from agentk.types.competition import TaskKind

N, M = 240, 80
RNG = np.random.default_rng(11)
BINARY = RNG.integers(0, 2, N + M)
Parts = Callable[..., dict[str, pd.DataFrame]]


def test_a_history_of_every_row_is_summed_up(rows: pd.DataFrame, parts: Parts, write, understood) -> None:
    owner = RNG.choice(rows["id"].to_numpy(), 3000)
    payments = pd.DataFrame({"id": owner, "amount": RNG.gamma(2, 30, 3000).round(2), "by": RNG.choice(["card", "cash"], 3000)})
    c = understood(write({**parts("default", BINARY), "payments.csv": payments}))
    train, test = rows_of(c)
    own = payments[payments["id"] == train["id"].iloc[0]]
    assert len(train) == N and len(test) == M and train["payments_rows"].iloc[0] == len(own)
    assert np.isclose(train["payments_amount_mean"].iloc[0], own["amount"].mean(), rtol=1e-5)
    assert train["payments_by_most"].isin(["card", "cash"]).all()
    assert load_rows(c.folder, plan_of(c))[0].equals(train)


def test_measurements_with_one_label_for_many(write, understood) -> None:
    """Train and test hold many rows of every key; one table has a label a key, and keys are what is asked for."""

    def measured(first: int, keys: int) -> pd.DataFrame:
        key = np.repeat(np.arange(first, first + keys), 16)
        return pd.DataFrame(
            {"row": [f"{k}_{at % 16}" for at, k in enumerate(key)], "series": key, "speed": RNG.normal(0, 1, len(key))}
        )

    labels = pd.DataFrame({"series": range(60), "surface": RNG.choice(["wood", "tiles"], 60)})
    sample = pd.DataFrame({"series": range(60, 90), "surface": "wood"})
    files = {"X_train.csv": measured(0, 60), "X_test.csv": measured(60, 30), "y_train.csv": labels}
    c = understood(write({**files, "sample_submission.csv": sample}))
    assert (c.train.path, c.targets, c.task, c.rows, c.test_rows) == ("y_train.csv", ("surface",), TaskKind.BINARY, 60, 30)
    assert {"x_speed_mean", "x_speed_std", "x_speed_step"} <= {column.name for column in c.columns}
    assert rows_of(c)[1]["series"].tolist() == list(range(60, 90))


def test_many_rows_a_key_of_which_no_row_is_the_owner(parts: Parts, write, understood) -> None:
    history = pd.DataFrame({"town": ["Bern", "Bern", "Genf"], "sold": [1, 2, 3]})
    c = understood(write({**parts("price", RNG.gamma(2, 100, N + M)), "history.csv": history}))
    assert any("history.csv" in doubt for doubt in c.doubts) and len(rows_of(c)[0]) == N


def test_a_table_in_another_folder(parts: Parts, write, understood) -> None:
    towns = pd.DataFrame({"town": ["Bern", "Genf", "Chur"], "people": [134, 203, 38]})
    c = understood(write({**parts("ill", BINARY), "facts/towns.csv": towns}))
    assert rows_of(c)[1]["people"].notna().all()
    assert load_rows(c.folder, plan_of(c))[1].equals(rows_of(c)[1])


def test_a_key_may_be_called_otherwise_there(rows: pd.DataFrame, parts: Parts, write, understood) -> None:
    files = {name: part.assign(id="u" + part["id"].astype(str)) for name, part in parts("default", BINARY).items()}
    visits = pd.DataFrame({"visitor": "u" + RNG.choice(rows["id"].to_numpy(), 2000).astype(str).astype(object), "seconds": 5.5})
    visits["seconds"] = RNG.gamma(1, 60, 2000).round(1)
    c = understood(write({**files, "visits.csv": visits}))
    train, _ = rows_of(c)
    own = visits.loc[visits["visitor"] == train["id"].iloc[0], "seconds"]
    assert train["visits_rows"].iloc[0] == len(own) and c.unused == ()


def test_pairs_that_no_column_joins_are_spoken_of(parts: Parts, write, understood) -> None:
    signals = {f"{part}_waves.csv": pd.DataFrame({f"{part}{at}": [1, 2, 3] for at in range(5)}) for part in ("train", "test")}
    c = understood(write({**parts("default", BINARY), **signals}))
    assert any("train_waves.csv, test_waves.csv are not used" in doubt for doubt in c.doubts)


def test_facts_about_one_of_the_columns_they_share(rows: pd.DataFrame, parts: Parts, write, understood) -> None:
    """What is known of a town is its own, though one of its columns is called like another of the rows."""
    towns = pd.DataFrame({"town": ["Bern", "Genf", "Chur"], "height": [542, 375, 593], "lake": [0, 1, 0]})
    c = understood(write({**parts("default", BINARY), "towns.csv": towns}))
    train, _ = rows_of(c)
    assert train["height"].tolist() == rows["height"][:N].tolist()
    assert set(train.loc[train["town"] == "Genf", "towns_height"]) == {375}


def test_a_calendar_of_a_few_days(rows: pd.DataFrame, write, understood) -> None:
    """Holidays, of some of which two are told: a day that it does not know is a day like others."""
    days = pd.date_range("2024-01-01", periods=N + M).strftime("%Y-%m-%d")
    whole = rows.assign(date=days, sold=RNG.gamma(2, 100, N + M))
    test = whole.iloc[N:].drop(columns="sold")
    files = {"train.csv": whole.iloc[:N], "test.csv": test, "sample_submission.csv": test[["id"]].assign(sold=0.0)}
    feasts = pd.DataFrame({"date": days[[5, 5, 60, 200, N + 3]], "town": "Bern", "feast": ["a", "b", "a", "c", "a"]})
    train, after = rows_of(understood(write({**files, "holidays.csv": feasts})))
    assert train["holidays_rows"].dropna().tolist() == [2, 1, 1] and after["holidays_rows"].notna().sum() == 1
    known = feasts[["date", "feast"]].drop_duplicates("date")
    train, after = rows_of(understood(write({**files, "holidays.csv": known})))
    assert train["feast"].dropna().tolist() == ["a", "a", "c"] and len(after) == M
