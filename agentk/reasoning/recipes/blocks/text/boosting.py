"""Texts inside a table by boosted trees: what a linear model makes of the words, out of fold, beside the table's columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.row_weights import row_weights
from agentk.reasoning.recipes.blocks.table.features.encode import encoded
from agentk.reasoning.recipes.blocks.table.fitting.boost import boost, class_objective, value_objective
from agentk.reasoning.recipes.blocks.table.fitting.inner import inner_split
from agentk.reasoning.recipes.blocks.table.fitting.sample import sampled
from agentk.reasoning.recipes.blocks.table.fitting.solve import both_classes, solve_table
from agentk.reasoning.recipes.blocks.table.fitting.stacked import log_odds_of_all, out_of_fold
from agentk.reasoning.recipes.blocks.task import Codes, Floats
from agentk.reasoning.recipes.blocks.text.haste import heeding
from agentk.reasoning.recipes.blocks.text.logistic import chosen_way, one_against_rest
from agentk.reasoning.recipes.blocks.text.ngrams import weighted_ngrams
from agentk.reasoning.recipes.blocks.text.ridge import ridge, ridge_strength

SPACE: dict[str, Any] = {
    "learning_rate": {"type": "float", "low": 0.01, "high": 0.2, "log": True, "default": 0.04},
    "leaves": {"type": "int", "low": 4, "high": 64, "log": True, "default": 12},
    "leaf_rows": {"type": "int", "low": 5, "high": 100, "log": True, "default": 20},
    "column_share": {"type": "float", "low": 0.1, "high": 1.0, "default": 0.5},
    "weigh": {"type": "choice", "choices": ["split", "always", "never"], "default": "split"},
}
TEXT_DEFAULTS = {"words": 2, "characters": 4, "lowercase": False, "strength": "split", "C": 1.0}
TREE_DEFAULTS = {"row_share": 0.8, "l2": 3.0, "bags": 1}


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Boosted trees whose first columns are the linear model's log odds or values."""
    params = heeding(with_defaults(TEXT_DEFAULTS | TREE_DEFAULTS | params, SPACE))
    train = sampled(train, params)
    known, unknown = weighted_ngrams(train, test, params)
    weights = row_weights(train)

    def classify(X: Floats, codes: Codes, X_test: Floats) -> Floats:
        classes, way = int(codes.max()) + 1, chosen_way(known, codes, params, weights)  # once: fits of a part want the same

        def shares(rows: Any, labels: Codes, wanted: Any, counted: Floats | None) -> Floats:
            return one_against_rest(rows, labels, counted, wanted, way, params["seed"])

        log_odds = log_odds_of_all(shares, classes)
        words, words_test = out_of_fold(log_odds, known, codes, unknown, classes, weights, params["seed"])
        split = inner_split(train, codes, True, params["seed"])
        both, both_test = np.hstack([words, X]), np.hstack([words_test, X_test])
        objective = class_objective(codes)
        found = boost(both, codes, both_test, objective=objective, split=split, params=params, weights=weights)
        return found if classes > 2 else both_classes(found)

    def regress(X: Floats, values: Floats, X_test: Floats) -> Floats:
        strength = ridge_strength(known, values, params, weights)

        def linear(rows: Any, truth: Floats, wanted: Any, counted: Floats | None) -> Floats:
            return ridge(rows, truth, wanted, strength, counted)[:, None]

        words, words_test = out_of_fold(linear, known, values, unknown, 1, weights, params["seed"])
        split = inner_split(train, values, False, params["seed"])
        both, both_test = np.hstack([words, X]), np.hstack([words_test, X_test])
        return boost(both, values, both_test, objective=value_objective(values), split=split, params=params, weights=weights)

    return solve_table(train, test, params, represent=encoded, classify=classify, regress=regress)
