"""Every series recipe copes with odd tables, repeats itself, and forecasts what seasons, trends and neighbors tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score

from agentk.reasoning.recipes.blocks.time.boosting import addends
from agentk.reasoning.recipes.blocks.time.history import entity_codes, history, look_back, window_means
from agentk.reasoning.recipes.blocks.time.means import nearby_level
from agentk.reasoning.recipes.blocks.time.sample import rows_to_fit
from agentk.reasoning.recipes.compose import compose
from agentk.reasoning.recipes.series import SERIES

TASKS = ["binary", "multiclass", "multilabel", "regression", "multioutput", "ordinal"]
ENTRIES = [recipe.entry for recipe in SERIES]


def contract(kinds: dict[str, str], metric: str, rows: int, train_only: list[str] | None = None) -> dict[str, Any]:
    return {
        "task": "regression", "targets": ["y"], "classes": [], "kinds": kinds, "id_columns": [], "train_only": train_only or [],
        "metric": metric, "rows": rows,
    }  # fmt: skip


def run(entry: str, made_of: dict[str, Any], train: pd.DataFrame, test: pd.DataFrame, **params: Any) -> np.ndarray:
    namespace: dict[str, Any] = {}
    exec(compile(compose(entry, made_of).source, f"<{entry}>", "exec"), namespace)
    return namespace["fit_predict"](train, test, {"seed": 0, "threads": 1, "device": "cpu"} | params, None)[:, 0]


def shops(trend: float) -> pd.DataFrame:
    """Three years of daily sales in six shops: levels, weekdays that differ, a summer, growth, noise of a tenth."""
    draw = np.random.default_rng(0)
    days = pd.date_range("2018-01-01", "2020-12-31")
    level, weekend = draw.uniform(2, 5, 6), draw.uniform(-0.5, 0.8, 6)
    frames = []
    for shop in range(6):
        season = 0.4 * np.sin(2 * np.pi * days.day_of_year / 365.25) + weekend[shop] * (days.day_of_week >= 5)
        logs = level[shop] + season + trend * np.arange(len(days)) / 365 + draw.normal(0, 0.1, len(days))
        frames.append(pd.DataFrame({"day": days.astype(str), "shop": f"shop {shop}", "y": np.exp(logs)}))
    return pd.concat(frames).sample(frac=1.0, random_state=0, ignore_index=True)


def hours() -> pd.DataFrame:
    """A year and a half of hourly counts of two kinds, told by hour, weekend, season and weather; each fortnight has a mood."""
    draw = np.random.default_rng(1)
    when = pd.date_range("2021-01-01", "2022-06-30 23:00", freq="h")
    warm = 10 + 10 * np.sin(2 * np.pi * (when.day_of_year - 100) / 365.25) + draw.normal(0, 3, len(when))
    mood = draw.normal(0, 0.15, 60)[np.arange(len(when)) // 336]
    work = np.exp(4 + 1.5 * np.exp(-(((when.hour - 8) / 2.0) ** 2)) * (when.day_of_week < 5) + mood + 0.01 * warm)
    fun = np.exp(2.5 + 1.5 * np.exp(-(((when.hour - 15) / 4.0) ** 2)) + 0.8 * (when.day_of_week >= 5) + 0.05 * warm + mood)
    members, guests = draw.poisson(work), draw.poisson(fun)
    return pd.DataFrame({"when": when.astype(str), "warm": warm, "members": members, "guests": guests, "y": members + guests})


def log_error(truth: Any, found: np.ndarray) -> float:
    return float(np.sqrt(((np.log1p(np.maximum(found, 0)) - np.log1p(truth)) ** 2).mean()))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("entry", ENTRIES)
def test_odd_rows_get_finite_predictions_of_the_right_shape(entry: str, task: str, solved: Any, ugly_case: Any) -> None:
    case = ugly_case(task)
    found = solved(entry, case)
    assert found.shape == (len(case.test), case.width)
    assert np.isfinite(found).all()
    if task in ("binary", "multiclass"):
        assert np.allclose(found.sum(axis=1), 1.0)
        assert found.min() >= 0


@pytest.mark.parametrize("entry", ENTRIES)
def test_rows_without_a_readable_date_are_forecast_too(entry: str, solved: Any, ugly_case: Any) -> None:
    case = ugly_case("regression")
    case.train["when"], case.test["when"] = "some day", None
    assert np.isfinite(solved(entry, case)).all()


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_same_seed_gives_the_same_predictions(entry: str, solved: Any, ugly_case: Any) -> None:
    first, second = (solved(entry, ugly_case("regression"), seed=3, history="always") for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize(("entry", "bound"), [("time_boosting", 0.25), ("time_linear", 0.2), ("time_means", 0.4)])
def test_two_months_ahead_of_growing_shops(entry: str, bound: float) -> None:
    frame = shops(trend=0.3)
    past = frame["day"] < "2020-11-01"
    made_of = contract({"day": "datetime", "shop": "categorical"}, "rmsle", int(past.sum()))
    train, test = frame[past].reset_index(drop=True), frame[~past].reset_index(drop=True)
    assert log_error(test["y"], run(entry, made_of, train, test.drop(columns="y"))) < bound


@pytest.mark.parametrize(("entry", "bound"), [("time_linear", 0.17), ("time_means", 0.25)])
def test_each_of_many_series_has_a_level_and_a_growth_of_its_own(entry: str, bound: float) -> None:
    draw, days = np.random.default_rng(0), pd.date_range("2023-01-01", periods=70)
    names = np.repeat([f"shop {at}" for at in range(700)], 70)
    day = np.tile(np.arange(70), 700)
    logs = np.repeat(draw.normal(3, 0.8, 700), 70) + np.repeat(draw.normal(0, 0.3, 700), 70) * day / 70
    frame = pd.DataFrame({"day": days[day].astype(str), "shop": names, "y": np.exp(logs + draw.normal(0, 0.1, len(day)))})
    train, test = frame[day < 63].reset_index(drop=True), frame[day >= 63].reset_index(drop=True)
    made_of = contract({"day": "datetime", "shop": "categorical"}, "rmsle", len(train))
    assert log_error(test["y"], run(entry, made_of, train, test.drop(columns="y"))) < bound


@pytest.mark.parametrize(("entry", "bound"), [("time_boosting", 0.25), ("time_linear", 0.25)])
def test_the_latest_of_many_rows_are_enough_to_forecast(entry: str, bound: float) -> None:
    frame = shops(trend=0.3)
    past = frame["day"] < "2020-11-01"
    made_of = contract({"day": "datetime", "shop": "categorical"}, "rmsle", int(past.sum()))
    train, test = frame[past].reset_index(drop=True), frame[~past].reset_index(drop=True)
    assert log_error(test["y"], run(entry, made_of, train, test.drop(columns="y"), most_rows=2400)) < bound


def test_what_is_fitted_on_are_the_latest_rows_where_test_follows_and_all_times_where_it_lies_between() -> None:
    days = pd.Series(pd.date_range("2020-01-01", periods=100)).sample(frac=1.0, random_state=0, ignore_index=True)
    train = pd.DataFrame({"day": days, "y": 1.0})
    after, between = pd.Series(pd.to_datetime(["2020-05-01"])), pd.Series(pd.to_datetime(["2020-02-01"]))
    latest = rows_to_fit(train, (days, after), {"seed": 0, "most_rows": 10})
    assert sorted(days[latest]) == list(pd.date_range("2020-03-31", periods=10)) and (np.diff(latest) > 0).all()
    drawn = rows_to_fit(train, (days, between), {"seed": 0, "most_rows": 50})
    assert len(drawn) == 50 and days[drawn].min() < pd.Timestamp("2020-01-15")
    assert (
        len(rows_to_fit(train, (days, after), {"seed": 0})) == len(rows_to_fit(train, (days, after), {"most_rows": 100})) == 100
    )


def test_history_is_known_to_rows_beyond_those_that_are_fitted_on() -> None:
    dates = pd.Series(pd.date_range("2020-01-01", periods=60)), pd.Series(pd.date_range("2020-03-01", periods=3))
    codes = np.zeros(60, dtype=np.int64), np.zeros(3, dtype=np.int64)
    every, test = history(codes, dates, np.arange(60.0), np.arange(60))
    few, same = history(codes, dates, np.arange(60.0), np.array([55, 59]))
    for name, values in every.items():
        assert np.array_equal(few[name], values[[55, 59]], equal_nan=True)
        assert np.array_equal(same[name], test[name], equal_nan=True)


def test_the_level_of_the_nearest_days_fades_with_their_distance_and_is_shrunk() -> None:
    codes = np.array([0, 0, 1]), np.array([0, 1, 2])
    days = np.array([10.0, 12.5, 11.0]), np.array([13.2, 11.9, 11.0])
    level = nearby_level(codes, days, (np.array([2.0, 6.0, 5.0]), np.ones(3)), {"memory": 2.0, "prior": 1.0})
    far, near = np.exp(-1.5), np.exp(-0.5)
    assert level == pytest.approx([(2.0 * far + 6.0 * near) / (far + near + 1.0), 2.5, 0.0])


def test_the_change_from_history_follows_a_trend_that_trees_alone_cannot() -> None:
    frame = shops(trend=0.8)
    past = frame["day"] < "2020-11-01"
    made_of = contract({"day": "datetime", "shop": "categorical"}, "rmsle", int(past.sum()))
    train, test = frame[past].reset_index(drop=True), frame[~past].reset_index(drop=True)
    errors = {
        how: log_error(test["y"], run("time_boosting", made_of, train, test.drop(columns="y"), history=how, relative=how))
        for how in ("never", "always")
    }
    assert errors["always"] < 0.7 * errors["never"]


@pytest.mark.parametrize(("entry", "bound"), [("time_boosting", 0.95), ("time_linear", 0.8), ("time_means", 0.7)])
def test_the_last_third_of_every_month_between_known_days(entry: str, bound: float) -> None:
    frame = hours()
    known = pd.to_datetime(frame["when"]).dt.day <= 20
    made_of = contract({"when": "datetime", "warm": "numeric"}, "rmsle", int(known.sum()), ["members", "guests"])
    train, test = frame[known].reset_index(drop=True), frame[~known].reset_index(drop=True)
    found = run(entry, made_of, train, test.drop(columns=["y", "members", "guests"]))
    assert r2_score(np.log1p(test["y"]), np.log1p(np.maximum(found, 0))) > bound - 0.1


def test_summands_of_the_target_are_found_and_nothing_else() -> None:
    train = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [5, 6, 7], "noise": [9, 1, 4], "word": ["x", "y", "z"]})
    namespace: dict[str, Any] = {}
    made_of = contract({"when": "datetime"}, "rmse", 3, ["noise", "a", "word", "b"])
    exec(compile(compose("time_boosting", made_of).source, "<time_boosting>", "exec"), namespace)
    assert namespace["addends"](train, np.array([6.0, 8.0, 10.0])) == ["a", "b"]
    assert namespace["addends"](train, np.array([6.0, 8.0, 11.0])) == []
    assert addends(train, np.array([6.0, 8.0, 10.0])) == []  # a contract without columns of train alone


def test_history_ends_where_a_test_row_could_not_look() -> None:
    days, values = np.arange(10.0), np.arange(10.0)
    code = np.zeros(10, dtype=np.int64)
    gap = look_back(days, np.array([10.0, 12.0]))
    assert gap == 3.0
    level = window_means(code, days, values, code=code, low=days - gap - 2, high=days - gap)
    assert np.isnan(level[:3]).all()
    assert level[3:].tolist() == [0.0, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5]


def test_windows_keep_to_their_own_series() -> None:
    known = np.array([0, 1, 0, 1])
    found = window_means(
        known, np.array([0.0, 0.0, 1.0, 1.0]), np.array([1.0, 10.0, 3.0, 30.0]),
        code=np.array([0, 1, 2]), low=np.full(3, -5.0), high=np.full(3, 5.0),
    )  # fmt: skip
    assert found[:2].tolist() == [2.0, 20.0]
    assert np.isnan(found[2])


def test_columns_that_tell_rows_of_a_day_apart_name_the_series() -> None:
    days = np.repeat(pd.date_range("2020-01-01", periods=40), 4)
    frame = pd.DataFrame({"shop": ["a", "a", "b", "b"] * 40, "item": ["x", "y"] * 80, "flag": np.arange(160) % 3 == 0})
    made_of = contract({"shop": "categorical", "item": "categorical", "flag": "boolean"}, "rmse", 160)
    namespace: dict[str, Any] = {}
    exec(compile(compose("time_means", made_of).source, "<time_means>", "exec"), namespace)
    train, _ = namespace["entity_codes"](frame, frame.head(0), pd.Series(days))
    assert pd.DataFrame({"code": train, "pair": frame["shop"] + frame["item"]}).drop_duplicates().shape[0] == 4
    assert (entity_codes(frame, frame.head(0), pd.Series(days))[0] == 0).all()  # no column is known without a contract


def test_whole_numbers_may_name_series_and_what_varies_from_day_to_day_does_not() -> None:
    rng = np.random.default_rng(0)
    days = np.repeat(pd.date_range("2020-01-03", periods=60, freq="7D"), 48)
    stores, departments = np.tile(np.repeat(range(6), 8), 60), np.tile(range(8), 360)
    frame = pd.DataFrame(
        {"promo": rng.random(2880) < 0.5, "store": stores, "dept": departments, "heat": rng.integers(0, 30, 2880)}
    )
    made_of = contract({"promo": "boolean", "store": "numeric", "dept": "numeric", "heat": "numeric"}, "mae", 2880)
    namespace: dict[str, Any] = {}
    exec(compile(compose("time_means", made_of).source, "<time_means>", "exec"), namespace)
    codes, _ = namespace["entity_codes"](frame, frame.head(0), pd.Series(days))
    assert pd.DataFrame({"code": codes, "pair": stores * 8 + departments}).drop_duplicates().shape[0] == 48 == len(set(codes))


def test_a_missing_name_is_a_series_of_its_own() -> None:
    days = np.repeat(pd.date_range("2020-01-01", periods=40), 6)
    frame = pd.DataFrame({"item": (["x"] * 3 + ["y"] * 3) * 40, "shop": ["a", "b", None] * 80})
    made_of = contract({"item": "categorical", "shop": "categorical"}, "rmse", 240)
    namespace: dict[str, Any] = {}
    exec(compile(compose("time_means", made_of).source, "<time_means>", "exec"), namespace)
    codes, _ = namespace["entity_codes"](frame, frame.head(0), pd.Series(days))
    assert (
        len(pd.DataFrame({"code": codes, "pair": frame["shop"].fillna("-") + frame["item"]}).drop_duplicates())
        == 6
        == len(set(codes))
    )


@pytest.mark.parametrize("entry", ENTRIES)
def test_at_most_a_dozen_dimensions_are_searched(entry: str) -> None:
    assert len(compose(entry, contract({"when": "datetime"}, "rmse", 9)).space) <= 12
