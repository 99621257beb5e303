"""The profile of a competition's columns: true numbers, bounded size, a second at most."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.draft import Overrides
from agentk.competitions.files.rows import load_rows
from agentk.competitions.files.tables import plan_of
from agentk.competitions.profile import COLUMNS, EXAMPLES, LENGTH, profile_of
from agentk.competitions.scoring.truth import encode_truth
from agentk.competitions.setup import set_up
from agentk.types.competition import Column, ColumnKind, Competition, SubmissionFormat, TableFile, TaskKind, Validation
from agentk.types.profile import ColumnProfile, Profile


def competition(train: pd.DataFrame, kinds: dict[str, ColumnKind]) -> Competition:
    return Competition(
        name="made",
        folder=Path(),
        task=TaskKind.BINARY,
        train=TableFile(path="train.csv"),
        test=TableFile(path="test.csv"),
        targets=("y",),
        classes=(0, 1),
        columns=tuple(Column(name=name, kind=kind, unique=train[name].nunique()) for name, kind in kinds.items()),
        metric="auc",
        submission=SubmissionFormat(columns=("id", "y"), id_columns=("id",), kind="probability"),
        validation=Validation(scheme="stratified"),
        rows=len(train),
        test_rows=len(train),
    )


@pytest.fixture
def mixed() -> Profile:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 600)
    train = pd.DataFrame(
        {
            "tells": y + rng.normal(0, 0.2, 600),
            "noise": rng.normal(0, 1, 600),
            "code": [f"u{i}" for i in range(600)],
            "city": np.where(y == 1, "Oslo", "Rome"),
            "note": ["a longer text of some words " * 20] * 600,
            "y": y,
        }
    )
    test = train.drop(columns="y").assign(city="Paris", noise=np.nan)
    kinds = {"tells": "numeric", "noise": "numeric", "code": "identifier", "city": "categorical", "note": "text"}
    made = competition(train, {name: ColumnKind(kind) for name, kind in kinds.items()})
    return profile_of(made, train, test, y.astype(float))


def of(profile: Profile, name: str) -> ColumnProfile:
    return next(column for column in profile.columns if column.name == name)


def test_what_tells_most_about_the_target_comes_first(mixed: Profile) -> None:
    assert [column.name for column in mixed.columns[:2]] == ["city", "tells"]
    assert of(mixed, "city").signal == pytest.approx(1.0, abs=0.01)


def test_noise_and_identifiers_tell_nothing_however_many_values_they_have(mixed: Profile) -> None:
    assert of(mixed, "noise").signal < 0.03
    assert of(mixed, "code").signal == 0.0


def test_shifts_between_train_and_test_are_seen(mixed: Profile) -> None:
    assert of(mixed, "noise").test_missing == 1.0
    assert of(mixed, "city").unseen == 1.0


def test_examples_are_few_and_short(mixed: Profile) -> None:
    for column in mixed.columns:
        assert len(column.examples) <= EXAMPLES
        assert all(len(example) <= LENGTH for example in column.examples)
    assert of(mixed, "note").words == 120


def test_the_target_is_told_by_its_shares(mixed: Profile) -> None:
    assert {share.value for share in mixed.targets[0].shares} == {"0", "1"}
    assert sum(share.share for share in mixed.targets[0].shares) == pytest.approx(1.0)


def test_ten_thousand_columns_stay_small_and_the_telling_one_is_kept() -> None:
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 600)
    train = pd.DataFrame(rng.normal(0, 1, (600, 10_000)), columns=[f"gene_{i}" for i in range(10_000)])
    train["gene_7777"] += 3 * y
    train["y"] = y
    made = competition(train, {f"gene_{i}": ColumnKind.NUMERIC for i in range(10_000)})
    since = time.process_time()
    profile = profile_of(made, train, train.drop(columns="y").iloc[:100], y.astype(float))
    assert time.process_time() - since < 15
    assert len(profile.columns) == COLUMNS
    assert profile.columns[0].name == "gene_7777"
    assert len(profile.model_dump_json()) < 60_000


def test_a_target_of_few_numbers_is_told_by_the_share_of_each_as_well(tmp_path: Path) -> None:
    made = set_up("builtin:grades", Overrides(), tmp_path)
    train, test = load_rows(made.folder, plan_of(made))
    target = profile_of(made, train, test, encode_truth(made, train)).targets[0]
    assert target.numbers is not None
    assert [share.value for share in target.shares] == ["1", "2", "3", "4", "5", "6"]
    assert sum(share.share for share in target.shares) == pytest.approx(1.0, abs=1e-3)


def test_the_order_of_rows_says_nothing_about_a_target_of_few_numbers(tmp_path: Path) -> None:
    made = set_up("builtin:grades", Overrides(), tmp_path)
    train, test = load_rows(made.folder, plan_of(made))
    profile = profile_of(made, train, test, encode_truth(made, train))
    assert of(profile, "id").signal < 0.01


def test_a_measured_target_is_told_by_its_quantiles(tmp_path: Path) -> None:
    made = set_up("builtin:diabetes", Overrides(), tmp_path)
    train, test = load_rows(made.folder, plan_of(made))
    profile = profile_of(made, train, test, encode_truth(made, train))
    numbers = profile.targets[0].numbers
    assert numbers is not None
    assert numbers.low == train[made.targets[0]].min()
    assert numbers.median == pytest.approx(train[made.targets[0]].median(), rel=1e-5)
