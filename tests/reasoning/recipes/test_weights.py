"""Programs learn most from the rows that count most in the metric, where their library takes weights."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

HEEDING = [
    "table_lightgbm",
    "table_random_cuts",
    "table_xgboost",
    "table_catboost",
    "table_hist",
    "table_linear",
    "table_extra_trees",
    "table_random_forest",
    "table_neighbors",
    "table_kernel",
    "table_mlp",
    "table_tabm",
    "text_linear",
    "text_bayes",
    "text_boosting",
    "time_means",
]
KINDS = {"text": {"said": "text"}, "time": {"day": "datetime"}}
QUICK: dict[str, dict[str, Any]] = {
    "table_extra_trees": {"trees": 100, "leaf_rows": 20},
    "table_random_forest": {"trees": 100, "leaf_rows": 20},
    "table_catboost": {"learning_rate": 0.2, "depth": 3},
    "table_neighbors": {"neighbors": 60, "nearness": 0.0},  # a row asked for is its own nearest neighbor
    "table_mlp": {"networks": 2, "units": 16, "decay": 3.0},
    "table_tabm": {"networks": 1, "width": 32},
}


@pytest.fixture
def torn(ugly_case: Any) -> Any:
    """Rows that nothing tells apart: half of them are 1 and count nine times, the others are 0."""

    def made(entry: str, task: str, weight: str | None) -> Any:
        rng = np.random.default_rng(1)
        heavy = np.arange(240) % 2
        frame = pd.DataFrame({"size": rng.normal(size=240), "depth": rng.normal(size=240)})
        frame["said"] = [" ".join(rng.choice(["cat", "dog", "good", "bad"], 6)) for _ in range(240)]
        frame["day"] = pd.date_range("2024-01-01", periods=240).astype(str)
        train = frame.assign(y=heavy if task == "binary" else heavy * 10.0, trust=np.where(heavy == 1, 9.0, 1.0))
        contract = {
            "task": task,
            "targets": ["y"],
            "classes": [0, 1] if task == "binary" else [],
            "kinds": KINDS.get(entry.partition("_")[0], {"size": "numeric", "depth": "numeric"}),
            "id_columns": [],
            "train_only": ["trust"],
            "metric": "log_loss" if task == "binary" else "rmse",
            "rows": 240,
        } | ({"weight": weight} if weight else {})
        return dataclasses.replace(ugly_case("binary"), contract=contract, train=train, test=frame[:40])

    return made


@pytest.mark.parametrize("entry", HEEDING)
def test_the_heavier_half_is_believed(entry: str, solved: Any, torn: Any) -> None:
    if entry == "table_tabm":
        pytest.importorskip("torch")
    likely = solved(entry, torn(entry, "binary", "trust"), **QUICK.get(entry, {}))[:, 1].mean()
    plain = solved(entry, torn(entry, "binary", None), **QUICK.get(entry, {}))[:, 1].mean()
    assert likely > 0.8 and 0.4 < plain < 0.6
    values = solved(entry, torn(entry, "regression", "trust"), **QUICK.get(entry, {})).mean()
    assert values > 7.5, "5 where all rows count alike"
