"""The fold layout: one assignment a run, stable under its seed, imitating how test relates to train."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentk.errors import CompetitionError, SettingError
from agentk.referee.layout import Layout, given_layout, make_layout
from agentk.types.competition import Competition, SubmissionFormat, TableFile, TaskKind, Validation


def made(train: pd.DataFrame, test: pd.DataFrame, truth: np.ndarray | None = None, seed: int = 0, **validation: object) -> Layout:
    competition = Competition(
        name="made",
        folder=Path("nowhere"),
        task=TaskKind.REGRESSION,
        train=TableFile(path="train.csv"),
        test=TableFile(path="test.csv"),
        id_columns=("id",),
        targets=("y",),
        columns=(),
        metric="rmse",
        submission=SubmissionFormat(columns=("id", "y"), id_columns=("id",), kind="values"),
        validation=Validation(**validation),  # type: ignore[arg-type]
        rows=len(train),
        test_rows=len(test),
    )
    return make_layout(competition, train, test, np.zeros(len(train)) if truth is None else truth, seed)


def rows(count: int, **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"id": np.arange(count), **columns})


@settings(max_examples=30, deadline=None)
@given(st.integers(10, 200), st.integers(2, 8), st.sampled_from(["random", "stratified"]), st.integers(0, 99))
def test_every_row_is_held_out_once_in_folds_of_even_size(count: int, folds: int, scheme: str, seed: int) -> None:
    truth = np.random.default_rng(seed).integers(0, 3, count).astype(float)
    layout = made(rows(count), rows(1), truth, seed, scheme=scheme, folds=folds)
    held_out = np.concatenate([layout.held_out(fold) for fold in range(folds)])
    assert sorted(held_out) == list(range(count))
    sizes = [len(layout.held_out(fold)) for fold in range(folds)]
    assert max(sizes) - min(sizes) <= 1
    for fold in range(folds):
        assert not set(layout.train(fold)) & set(layout.held_out(fold))


def test_the_same_seed_gives_the_same_folds_and_another_seed_others() -> None:
    one, same, other = (made(rows(100), rows(1), scheme="random", seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.assignment, same.assignment)
    assert not np.array_equal(one.assignment, other.assignment)


def test_stratified_folds_share_a_rare_class_evenly() -> None:
    truth = np.zeros(1000)
    truth[:10] = 1
    layout = made(rows(1000), rows(1), truth, scheme="stratified", folds=5)
    assert [int(truth[layout.held_out(fold)].sum()) for fold in range(5)] == [2] * 5


def test_a_class_that_occurs_once_does_not_stop_stratified_folds() -> None:
    truth = np.array([0.0] * 50 + [1.0])
    assert made(rows(51), rows(1), truth, scheme="stratified", folds=5).folds == 5


def test_stratified_folds_of_values_have_alike_means() -> None:
    truth = np.random.default_rng(0).lognormal(0, 2, 500)
    stratified = made(rows(500), rows(1), truth, scheme="stratified", folds=5)
    random = made(rows(500), rows(1), truth, scheme="random", folds=5)
    spread = [np.std([np.log(truth[layout.held_out(fold)]).mean() for fold in range(5)]) for layout in (stratified, random)]
    assert spread[0] < spread[1] / 3


def test_groups_are_never_split() -> None:
    groups = np.random.default_rng(0).integers(0, 30, 400)
    layout = made(rows(400, group=groups), rows(1, group=[1]), scheme="grouped", column="group")
    for fold in range(layout.folds):
        assert not set(groups[layout.held_out(fold)]) & set(groups[layout.train(fold)])
    assert min(len(layout.held_out(fold)) for fold in range(layout.folds)) > 60


def test_a_group_can_be_part_of_an_id_and_rows_without_one_stand_alone() -> None:
    train = pd.DataFrame({"id": [f"{i // 2}_{i % 2}" for i in range(40)] + ["odd"]})
    layout = made(train, rows(1), scheme="grouped", pattern="^([0-9]+)_", folds=4)
    pairs = layout.assignment[:40].reshape(20, 2)
    assert np.array_equal(pairs[:, 0], pairs[:, 1])


def test_one_group_alone_is_an_error_that_says_so() -> None:
    with pytest.raises(SettingError, match="one group"):
        made(rows(10, group=["a"] * 10), rows(1, group=["a"]), scheme="grouped", column="group")


def test_a_missing_column_is_an_error_that_names_it() -> None:
    with pytest.raises(CompetitionError, match="'when'"):
        made(rows(10), rows(1), scheme="rolling", column="when")


def test_blocks_are_contiguous_in_time() -> None:
    when = pd.date_range("2020-01-01", periods=100, freq="D")[np.random.default_rng(0).permutation(100)]
    layout = made(rows(100, when=when.astype(str)), rows(1, when=["2021-01-01"]), scheme="blocked", column="when", folds=4)
    folds = layout.assignment[np.argsort(when)]
    assert (np.diff(folds) != 0).sum() == 3


def test_where_test_takes_the_end_of_every_month_blocks_imitate_that() -> None:
    days = pd.Series(pd.date_range("2020-01-01", "2020-12-31", freq="D"))
    train, test = days[days.dt.day < 20], days[days.dt.day >= 20]
    span = 11 * 86400.0
    layout = made(rows(len(train), when=train), rows(len(test), when=test), scheme="blocked", column="when", span=span, folds=4)
    month = train.dt.month.to_numpy()
    for fold in range(4):
        held = layout.held_out(fold)
        assert len(set(month[held])) >= 4  # spread over the year, as test is
        for one in set(month[held]):
            own = train.iloc[held][month[held] == one]
            assert (own.max() - own.min()).days < 11
            assert len(own) < (month == one).sum()  # the rest of that month can be learned from


def test_where_time_passes_before_test_it_passes_before_each_fold_too() -> None:
    """Train ends on day 599, test asks for days 630 to 659: a fold's past ends 31 days before its first row as well."""
    train, test = rows(600, when=np.arange(600)), rows(30, when=np.arange(630, 660))
    layout = made(train, test, scheme="rolling", column="when", folds=4, span=60.0, gap=31.0)
    for fold in range(4):
        past, asked = layout.train(fold), layout.held_out(fold)
        assert asked.min() - past.max() == 31 and asked.max() - past.max() == 60
        assert len(past) == past.max() + 1, "all that lies before is learned from, other folds' gaps as well"
    assert len(layout.train(4)) == 600, "what predicts test has learned from everything"
    assert (Layout.from_json(layout.to_json()).assignment == layout.assignment).all()


def test_a_gap_that_would_leave_a_fold_empty_is_not_made() -> None:
    when = np.r_[np.arange(100), np.arange(100, 160, 30)]
    layout = made(
        rows(len(when), when=when), rows(3, when=[200, 201, 202]), scheme="rolling", column="when", folds=2, span=43.0, gap=41.0
    )
    assert all(len(layout.held_out(fold)) for fold in range(2))


def test_rolling_folds_learn_from_the_past_alone_over_windows_as_long_as_test() -> None:
    when = pd.Series(pd.date_range("2020-01-01", periods=200, freq="D").repeat(3))
    test = pd.Series(pd.date_range(when.max() + pd.Timedelta(days=1), periods=10, freq="D"))
    layout = made(rows(600, when=when), rows(10, when=test), scheme="rolling", column="when", folds=4)
    assert layout.forward and layout.folds == 4 and layout.calls == (0, 1, 2, 3, 4)
    for fold in range(4):
        assert when[layout.train(fold)].max() < when[layout.held_out(fold)].min()
        assert len(layout.held_out(fold)) == 30
        assert not layout.predicts_test(fold)
    assert len(layout.held_out(4)) == 0 and len(layout.train(4)) == 600 and layout.predicts_test(4)
    assert layout.covered.sum() == 120


def test_a_persons_folds_are_taken_as_they_are_and_missing_ones_are_never_held_out() -> None:
    layout = given_layout(["a", "b", None, "a", "-1", "b"], seed=0)
    assert layout.assignment.tolist() == [0, 1, -1, 0, -1, 1]
    assert "2 rows are never held out" in layout.describe()


def test_a_layout_is_kept_as_json() -> None:
    layout = made(rows(1000), rows(1), scheme="random", seed=5, reasons=("rows look exchangeable",))
    text = layout.to_json()
    again = Layout.from_json(text)
    assert len(text) < 2000
    assert np.array_equal(again.assignment, layout.assignment)
    assert (again.folds, again.scheme, again.seed, again.forward, again.reasons) == (5, "random", 5, False, layout.reasons)


def test_json_that_is_no_layout_is_an_error() -> None:
    for text in ("{}", "no json", '{"schema": 99}'):
        with pytest.raises(SettingError):
            Layout.from_json(text)


def test_more_folds_than_rows_is_an_error() -> None:
    with pytest.raises(SettingError, match="at least one row"):
        Layout(np.array([0, 1, 1]), 3, "random", 0)


def test_of_millions_a_part_is_held_out_and_the_rest_only_trained_on() -> None:
    truth = np.repeat([0.0, 1.0], [900, 100])
    layout = made(rows(1000), rows(1), truth, scheme="stratified", folds=2, most=200)
    sizes = [len(layout.held_out(fold)) for fold in range(2)]
    assert sizes == [100, 100] and [len(layout.train(fold)) for fold in range(2)] == [900, 900]
    assert 10 <= truth[layout.covered].sum() <= 30


def test_of_groups_whole_ones_are_held_out() -> None:
    keys = np.repeat(np.arange(100), 10)
    layout = made(rows(1000, shop=keys), rows(1), scheme="grouped", folds=2, column="shop", most=200)
    held_out = keys[layout.covered]
    assert len(held_out) == 200 and len(np.unique(held_out)) == 20
    assert not set(keys[layout.train(0)]) & set(keys[layout.held_out(0)])
