"""What the feature blocks make of columns of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.table.features.dates import date_features, read_dates
from agentk.reasoning.recipes.blocks.table.features.dense import dense
from agentk.reasoning.recipes.blocks.table.features.encode import encoded
from agentk.reasoning.recipes.blocks.table.features.lists import list_features
from agentk.reasoning.recipes.blocks.table.features.numbers import missing_features, row_features
from agentk.reasoning.recipes.blocks.table.features.pairs import pair_features
from agentk.reasoning.recipes.blocks.table.features.strings import string_parts
from agentk.reasoning.recipes.blocks.table.fitting.inner import inner_split
from agentk.reasoning.recipes.blocks.table.fitting.scale import logarithmic, on_scale
from agentk.reasoning.recipes.blocks.task import class_codes, predict_targets

RNG = np.random.default_rng(0)


def test_a_code_of_three_pieces_is_split_at_its_separator() -> None:
    codes = pd.Series(
        [f"{deck}/{number}/{side}" for number, (deck, side) in enumerate(zip("ABAB" * 30, "PSSP" * 30, strict=True))]
    )
    parts = string_parts("berth", codes, len(codes))
    assert parts["berth[0] kind"].tolist() == list("ABAB" * 30)
    assert parts["berth[1]"].tolist() == list(range(120))
    assert parts["berth[2] kind"].tolist() == list("PSSP" * 30)


def test_the_first_word_after_a_comma_is_a_category_and_families_are_counted() -> None:
    names = pd.Series([f"Lee{number // 2}, {'Dr.' if number % 3 else 'Sir'} A{number}" for number in range(100)])
    parts = string_parts("name", names, 100)
    assert set(parts["name[1] first word kind"]) == {"Dr.", "Sir"}
    assert set(parts["name[0] count"]) == {2.0}


def test_letters_and_number_are_told_apart() -> None:
    parts = string_parts("ticket", pd.Series([f"{'AB' if n % 2 else 'C.'} {n}" if n % 3 else str(n) for n in range(60)]), 60)
    assert parts["ticket number"].tolist() == list(range(60))
    assert set(parts["ticket prefix kind"]) == {"AB", "C", ""}


def test_members_of_a_group_are_counted_by_the_stem_of_their_id() -> None:
    parts = string_parts("row", pd.Series([f"{number // 4:04d}_{number % 4:02d}" for number in range(80)]), 80)
    assert set(parts["row[0] count"]) == {4.0}
    assert parts["row[1]"].tolist() == [0, 1, 2, 3] * 20


def test_strings_without_a_pattern_give_nothing() -> None:
    assert string_parts("word", pd.Series(["red", "blue"] * 50), 100) == {}


@pytest.mark.parametrize(("used", "exact"), [("calendar", False), ("everything", True)])
def test_dates_become_parts(used: str, exact: bool) -> None:
    parts = date_features("when", pd.Series(["2020-02-29 06:30", "2021-12-01 18:00", None]), used)
    assert parts["when:month"][:2].tolist() == [2, 12]
    assert parts["when:hour"][:2].tolist() == [6.5, 18.0]
    assert np.isnan(parts["when:month"][2])
    assert ("when:day" in parts) is exact


@pytest.mark.parametrize("value", ["2020-05-01", 1_588_291_200, 1_588_291_200_000, "2020-05-01T00:00:00Z", 18383])
def test_dates_are_read_from_words_seconds_milliseconds_and_days(value: Any) -> None:
    assert read_dates(pd.Series([value])).iloc[0] == pd.Timestamp("2020-05-01")


def test_a_time_zone_by_name_is_read_as_by_its_letter() -> None:
    named, lettered = (read_dates(pd.Series(["2020-05-01 10:20:30 " + zone, "2020-05-02"])) for zone in ("UTC", "+00:00"))
    assert named.equals(lettered) and named.iloc[0] == pd.Timestamp("2020-05-01 10:20:30")


def test_lists_are_counted_and_frequent_members_marked() -> None:
    features = list_features("tags", pd.Series([["a", "b"], '["a"]', "a, c", None] * 5))
    assert features["tags:length"][:4].tolist() == [2, 1, 2, 0]
    assert features["tags:has a"][:4].tolist() == [1, 1, 1, 0]


def test_amounts_of_one_scale_are_summed_and_others_left_alone() -> None:
    spent = {name: np.where(RNG.random(200) < 0.5, 0.0, RNG.integers(1, 100, 200)).astype(float) for name in ("food", "fun")}
    features = row_features(spent | {"age": RNG.uniform(20.0, 60.0, 200)})
    assert np.array_equal(features["row:sum"], spent["food"] + spent["fun"])
    assert row_features({"age": spent["food"] + 1.0}) == {}


def test_a_ratio_to_zero_is_missing_and_gaps_are_counted() -> None:
    ratio = pair_features({"a": np.array([1.0, 4.0]), "b": np.array([0.0, 2.0])}, "ratios")["a / b"]
    assert np.isnan(ratio[0])
    assert ratio[1] == 2.0
    assert missing_features(pd.DataFrame({"a": [1, None], "b": [None, None]}))["row:missing"].tolist() == [1, 2]


def test_target_encoding_of_a_training_row_never_sees_its_own_target() -> None:
    words = pd.DataFrame({"word": pd.Categorical([f"w{number}" for number in range(300)])})
    target = RNG.normal(size=300)
    X, _ = encoded(words, words, target, False, {"encoding": "target", "seed": 0})
    assert abs(np.corrcoef(X[:, 0], target)[0, 1]) < 0.3


def test_dense_features_have_no_gaps_and_one_scale() -> None:
    frame = pd.DataFrame(
        {"a": [1.0, np.nan, 3.0, 4.0] * 20, "b": np.exp(RNG.normal(size=80) * 3), "c": pd.Categorical(["x", "y"] * 40)}
    )
    X, X_test = dense(frame, frame.head(3), RNG.normal(size=80), False, {"scaling": "standard", "category_rows": 5, "seed": 0})
    assert np.isfinite(X).all()
    assert np.isfinite(X_test).all()
    assert np.abs(X).max() <= 5.0


def test_the_columns_of_categories_are_those_that_are_frequent() -> None:
    words = pd.Series(["a"] * 2 + ["b"] * 9 + ["c"] * 3 + ["d"] * 6, dtype="category")
    X, X_test = dense(
        pd.DataFrame({"word": words}), pd.DataFrame({"word": words[[0, 2, 19]]}), np.r_[np.zeros(10), np.ones(10)], False,
        {"scaling": "standard", "category_rows": 5, "seed": 0},
    )  # fmt: skip
    assert X[:, -2:].sum(axis=0).tolist() == [9.0, 6.0]
    assert X_test[:, -2:].tolist() == [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]


def test_whole_stretches_of_time_are_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONTRACT, "kinds", {"when": "datetime"})
    train = pd.DataFrame({"when": pd.date_range("2020", periods=800, freq="h")})
    fit, watch = inner_split(train, np.zeros(800), False, 0)
    assert len(watch) == 160
    assert len(np.flatnonzero(np.diff(watch) > 1)) <= 8
    assert not np.intersect1d(fit, watch).size


def test_a_class_of_one_row_is_fitted_on() -> None:
    codes = np.array([0] * 10 + [1] * 10 + [2])
    assert 2 in codes[inner_split(pd.DataFrame(index=range(21)), codes, True, 0)[0]]


def test_relative_errors_are_fitted_on_logarithms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONTRACT, "metric", "rmsle")
    values = np.array([0.0, 1.0, 100.0])
    assert np.allclose(on_scale(values, lambda scaled: scaled), values)
    assert np.isclose(on_scale(values, lambda scaled: np.full(1, scaled.mean()))[0], np.expm1(np.log1p(values).mean()))
    monkeypatch.setitem(CONTRACT, "metric", "rmse")
    assert not logarithmic(np.arange(1.0, 100.0))
    assert logarithmic(np.exp(np.linspace(0.0, 10.0, 100)))


def test_a_sum_of_columns_known_in_training_is_predicted_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONTRACT, "train_only", ["walk", "other", "ride"])
    train = pd.DataFrame({"walk": [1, 2], "other": [9, 9], "ride": [5, 7], "target": [6, 9]})
    asked: list[list[float]] = []

    def regress(values: np.ndarray) -> np.ndarray:
        asked.append(values.tolist())
        return np.full(1, values.mean())

    assert predict_targets(train, 1, lambda codes: codes.astype(float), regress).tolist() == [[7.5]]
    assert asked == [[1.0, 2.0], [5.0, 7.0]]


@pytest.mark.parametrize(
    ("classes", "spelled"), [([False, True], ["False", "True"]), ([1, 2], [1.0, 2.0]), (["a", "b"], ["a", "b"])]
)
def test_classes_are_found_however_the_column_was_read(
    monkeypatch: pytest.MonkeyPatch, classes: list[Any], spelled: list[Any]
) -> None:
    monkeypatch.setitem(CONTRACT, "classes", classes)
    assert class_codes(pd.DataFrame({"target": [spelled[1], spelled[0]]})).tolist() == [1, 0]
