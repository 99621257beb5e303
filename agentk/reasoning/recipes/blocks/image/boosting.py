"""Pictures in a table by boosted trees: what a linear model makes of the pictures, out of fold, beside the other columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, RidgeCV

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.image.pixels import SHAPE, TONE, image_features, prepared_matrices
from agentk.reasoning.recipes.blocks.row_weights import row_weights
from agentk.reasoning.recipes.blocks.table.features.encode import encoded
from agentk.reasoning.recipes.blocks.table.fitting.boost import boost, class_objective, value_objective
from agentk.reasoning.recipes.blocks.table.fitting.inner import inner_split
from agentk.reasoning.recipes.blocks.table.fitting.solve import both_classes, solve_table
from agentk.reasoning.recipes.blocks.table.fitting.stacked import log_odds_of_all, out_of_fold
from agentk.reasoning.recipes.blocks.task import Codes, Floats

SPACE: dict[str, Any] = {
    "learning_rate": {"type": "float", "low": 0.01, "high": 0.2, "log": True, "default": 0.04},
    "leaves": {"type": "int", "low": 4, "high": 64, "log": True, "default": 12},
    "leaf_rows": {"type": "int", "low": 5, "high": 100, "log": True, "default": 20},
    "column_share": {"type": "float", "low": 0.1, "high": 1.0, "default": 0.5},
    "looks": {"type": "int", "low": 20, "high": 200, "log": True, "default": 80},
}
TREE_DEFAULTS = {"row_share": 0.8, "l2": 3.0, "bags": 1}
OWN = 12  # directions of the pictures that trees see as they are


def prepare(rows: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> pd.DataFrame:
    """Shapes and tones of all images, decoded once."""
    return image_features(rows, data_dir)


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Boosted trees whose first columns are the linear model's log odds or values, and the pictures' first directions."""
    params = with_defaults(TREE_DEFAULTS | params, SPACE)
    known, unknown = prepared_matrices(train, test, data_dir, (SHAPE, TONE))
    weights = row_weights(train)
    reduce = PCA(min(params["looks"], *known.shape), svd_solver="covariance_eigh", whiten=True).fit(known)
    known, unknown = reduce.transform(known).astype(float), reduce.transform(unknown).astype(float)

    def beside(first: tuple[Floats, Floats], X: Floats, X_test: Floats) -> tuple[Floats, Floats]:
        return np.hstack([first[0], known[:, :OWN], X]), np.hstack([first[1], unknown[:, :OWN], X_test])

    def classify(X: Floats, codes: Codes, X_test: Floats) -> Floats:
        classes = int(codes.max()) + 1

        def shares(rows: Floats, labels: Codes, wanted: Floats, counted: Floats | None) -> Floats:
            model = LogisticRegression(C=0.1, max_iter=300).fit(rows, labels, sample_weight=counted)
            return np.asarray(model.predict_proba(wanted))

        first = out_of_fold(log_odds_of_all(shares, classes), known, codes, unknown, classes, weights, params["seed"])
        split = inner_split(train, codes, True, params["seed"])
        both, both_test = beside(first, X, X_test)
        objective = class_objective(codes)
        found = boost(both, codes, both_test, objective=objective, split=split, params=params, weights=weights)
        return found if classes > 2 else both_classes(found)

    def regress(X: Floats, values: Floats, X_test: Floats) -> Floats:
        def linear(rows: Floats, truth: Floats, wanted: Floats, counted: Floats | None) -> Floats:
            return np.asarray(RidgeCV(np.geomspace(0.1, 1e4, 9)).fit(rows, truth, counted).predict(wanted))[:, None]

        first = out_of_fold(linear, known, values, unknown, 1, weights, params["seed"])
        split = inner_split(train, values, False, params["seed"])
        both, both_test = beside(first, X, X_test)
        return boost(both, values, both_test, objective=value_objective(values), split=split, params=params, weights=weights)

    return solve_table(train, test, params, represent=encoded, classify=classify, regress=regress)
