"""Values are fitted by what the metric asks of them: another quantile than the middle, or the mean of counts and sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.metrics.registry import metric_named

QUICK: dict[str, dict[str, Any]] = {
    "table_catboost": {"depth": 4, "learning_rate": 0.1},
    "table_tabm": {"networks": 1},
}
BOOSTED = ["table_lightgbm", "table_random_cuts", "table_xgboost", "table_catboost", "table_hist"]


def rows(metric: str) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """Sizes whose spread grows with `a`; counts where the metric is of counts."""
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"a": draw.uniform(0, 3, 1500), "b": draw.normal(size=1500)})
    mean = np.exp(0.5 * frame["a"])
    values = draw.poisson(mean).astype(float) if metric == "poisson_deviance" else mean * draw.gamma(2.0, 0.5, 1500)
    contract = {
        "task": "regression", "targets": ["y"], "classes": [], "kinds": {"a": "numeric", "b": "numeric"}, "id_columns": [],
        "train_only": [], "metric": metric, "rows": 1000,
    }  # fmt: skip
    frame = frame.assign(y=values)
    return contract, frame.iloc[:1000], frame.iloc[1000:].reset_index(drop=True)


@pytest.mark.parametrize("entry", [*BOOSTED, "table_tabm"])
def test_a_quantile_is_above_so_many_rows_everywhere(entry: str, solved: Callable[..., Any], case_of: Any) -> None:
    if entry == "table_tabm":
        pytest.importorskip("torch")
    contract, train, test = rows("pinball@0.9")
    found = solved(entry, case_of(contract, train, test.drop(columns="y")), **QUICK.get(entry, {}))[:, 0]
    for part in (test["a"] < 1.5, test["a"] >= 1.5):
        assert 0.78 < (test["y"] < found)[part].mean() < 0.97


@pytest.mark.parametrize("metric", ["poisson_deviance", "gamma_deviance", "tweedie@1.5"])
@pytest.mark.parametrize("entry", BOOSTED)
def test_means_of_counts_and_sizes_are_positive(entry: str, metric: str, solved: Callable[..., Any], case_of: Any) -> None:
    contract, train, test = rows(metric)
    found = solved(entry, case_of(contract, train, test.drop(columns="y")), **QUICK.get(entry, {}))
    scorer, best = metric_named(metric), np.exp(0.5 * test[["a"]].to_numpy())
    truth, constant = test[["y"]].to_numpy(), np.full((len(test), 1), train["y"].mean())
    assert found.min() > 0
    assert scorer.score(truth, found) < 0.5 * (scorer.score(truth, best) + scorer.score(truth, constant))


def test_sizes_of_which_some_are_negative_are_fitted_all_the_same(solved: Callable[..., Any], case_of: Any) -> None:
    contract, train, test = rows("poisson_deviance")
    case = case_of(contract, train.assign(y=train["y"] - 1.0), test.drop(columns="y"))
    assert np.isfinite(solved("table_lightgbm", case)).all()
