"""Nearest neighbours on standardised features, near ones weighing more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.row_weights import row_weights
from agentk.reasoning.recipes.blocks.table.features.dense import dense
from agentk.reasoning.recipes.blocks.table.fitting.sample import sampled
from agentk.reasoning.recipes.blocks.table.fitting.solve import solve_table
from agentk.reasoning.recipes.blocks.task import Codes, Floats

SPACE = {
    "neighbors": {"type": "int", "low": 3, "high": 100, "log": True, "default": 15},
    "metric": {"type": "choice", "choices": ["euclidean", "manhattan"], "default": "euclidean"},
    "nearness": {"type": "float", "low": 0.0, "high": 3.0, "default": 1.0},
}


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Weighted means over the nearest training rows; a neighbour weighs 1 / distance^nearness, times what its row counts."""
    params = with_defaults(params, SPACE)
    train = sampled(train, params)
    counted = row_weights(train)

    def weighed(X: Floats, X_test: Floats) -> tuple[Codes, Floats]:
        count = min(int(params["neighbors"]), len(X))
        index = NearestNeighbors(n_neighbors=count, metric=params["metric"], n_jobs=params["threads"]).fit(X)
        distances, places = index.kneighbors(X_test)
        weights = 1.0 / np.maximum(distances, 1e-6) ** params["nearness"]
        weights = weights if counted is None else weights * np.maximum(counted[places], 1e-9)
        return places, weights / weights.sum(axis=1, keepdims=True)

    def classify(X: Floats, codes: Codes, X_test: Floats) -> Floats:
        places, weights = weighed(X, X_test)
        prior = np.bincount(codes, counted) / len(codes)
        shares = np.einsum("nk,nkc->nc", weights, np.eye(len(prior))[codes[places]])
        size = weights.shape[1]
        return (size * shares + prior) / (size + 1.0)  # type: ignore[no-any-return]

    def regress(X: Floats, values: Floats, X_test: Floats) -> Floats:
        places, weights = weighed(X, X_test)
        return (weights * values[places]).sum(axis=1)  # type: ignore[no-any-return]

    def together(X: Floats, values: Floats, X_test: Floats) -> Floats:
        places, weights = weighed(X, X_test)
        return np.asarray(np.einsum("nk,nkt->nt", weights, values[places]))

    return solve_table(train, test, params, represent=dense, classify=classify, regress=regress, together=together)
