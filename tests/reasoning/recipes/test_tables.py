"""Every table recipe copes with ugly data of every task, repeats itself, and has learned something from real data."""

from __future__ import annotations

import dataclasses
import warnings
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.metrics import accuracy_score, r2_score

from agentk.reasoning.recipes.tables import TABLES

TASKS = ["binary", "multiclass", "multilabel", "regression", "multioutput", "ordinal"]
QUICK: dict[str, dict[str, Any]] = {
    "table_mlp": {"networks": 2, "units": 16},
    "table_extra_trees": {"trees": 100},
    "table_random_forest": {"trees": 100},
    "table_catboost": {"learning_rate": 0.2, "depth": 3},
    "table_tabm": {"networks": 1, "width": 32},
}
ENTRIES = [
    pytest.param(recipe.entry, marks=pytest.mark.skipif(not all(map(find_spec, recipe.needs)), reason=f"needs {recipe.needs}"))
    for recipe in TABLES
]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("entry", ["constant", *ENTRIES])
def test_ugly_rows_get_finite_predictions_of_the_right_shape(entry: str, task: str, solved: Any, ugly_case: Any) -> None:
    case = ugly_case(task)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = solved(entry, case, **QUICK.get(entry, {}))
    assert found.shape == (len(case.test), case.width)
    assert np.isfinite(found).all()
    if task in ("binary", "multiclass"):
        assert np.allclose(found.sum(axis=1), 1.0)
        assert found.min() >= 0
    if task == "multiclass":
        assert (found[:, -1] == 0).all()  # the class that no training row has


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_same_seed_gives_the_same_predictions(entry: str, solved: Any, ugly_case: Any) -> None:
    first, second = (solved(entry, ugly_case("binary"), seed=3, **QUICK.get(entry, {})) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("entry", ENTRIES)
def test_real_rows_are_predicted_far_better_than_by_chance(entry: str, solved: Any, real_case: Any) -> None:
    case, truth = real_case(load_wine(as_frame=True), "multiclass", "accuracy")
    assert accuracy_score(truth, solved(entry, case, **QUICK.get(entry, {})).argmax(axis=1)) > 0.9
    case, truth = real_case(load_diabetes(as_frame=True), "regression", "rmse")
    assert r2_score(truth, solved(entry, case, **QUICK.get(entry, {}))[:, 0]) > 0.3


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_handful_of_rows_is_enough(entry: str, solved: Any, real_case: Any) -> None:
    case, _ = real_case(load_breast_cancer(as_frame=True), "binary", "accuracy")
    few = dataclasses.replace(case, train=case.train.groupby("answer").head(2), test=case.test.head(1))
    assert solved(entry, few, **QUICK.get(entry, {})).shape == (1, 2)


def test_columns_that_only_training_rows_have_are_no_features(solved: Any, ugly_case: Any) -> None:
    case = ugly_case("binary")
    told = dataclasses.replace(case, train=case.train.assign(afterwards=case.train["y"].astype(float)))
    assert np.array_equal(solved("table_lightgbm", case), solved("table_lightgbm", told))


@pytest.mark.parametrize(
    "switch",
    [{"strings": "counts"}, {"strings": "parts"}, {"missing": False}, {"crosses": True}, {"groups": True, "clusters": 8}],
)
@pytest.mark.parametrize("pairs", ["none", "differences", "ratios", "products"])
def test_every_feature_switch_works(switch: dict[str, Any], pairs: str, solved: Any, ugly_case: Any) -> None:
    assert np.isfinite(solved("table_lightgbm", ugly_case("regression"), pairs=pairs, **switch)).all()


@pytest.mark.parametrize(
    ("entry", "params"),
    [
        ("table_linear", {"crosses": True}),
        ("table_lightgbm", {"crosses": True}),
        ("table_catboost", {"combined": 2}),
        ("table_random_cuts", {}),
    ],
)
def test_categories_that_tell_only_together_are_found(entry: str, params: dict[str, Any], solved: Any, ugly_case: Any) -> None:
    rng = np.random.default_rng(5)
    left, right = rng.integers(0, 6, (2, 1500))
    lean = rng.choice([-1.0, 1.0], (6, 6))[left, right]
    frame = pd.DataFrame({"left": left, "right": right}).map(lambda code: "uvwxyz"[code])
    frame = frame.assign(noise=rng.normal(size=1500), answer=(lean + 0.5 * rng.normal(size=1500) > 0).astype(int))
    contract = {
        "task": "binary",
        "targets": ["answer"],
        "classes": [0, 1],
        "kinds": {"left": "categorical", "right": "categorical", "noise": "numeric"},
        "id_columns": [],
        "train_only": [],
        "metric": "accuracy",
        "rows": 1000,
    }
    test = frame.iloc[1000:].reset_index(drop=True)
    case = dataclasses.replace(ugly_case("binary"), contract=contract, train=frame.iloc[:1000], test=test.drop(columns="answer"))
    assert accuracy_score(test["answer"], solved(entry, case, **params).argmax(axis=1)) > 0.9
