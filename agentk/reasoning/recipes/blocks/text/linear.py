"""Texts by a linear model: tf-idf of words and characters, beside them the other columns; logistic regression, or ridge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.row_weights import row_weights
from agentk.reasoning.recipes.blocks.table.fitting.sample import sampled
from agentk.reasoning.recipes.blocks.table.fitting.scale import on_scale
from agentk.reasoning.recipes.blocks.task import Codes, Floats, predict_targets
from agentk.reasoning.recipes.blocks.text.beside import with_others
from agentk.reasoning.recipes.blocks.text.haste import heeding
from agentk.reasoning.recipes.blocks.text.logistic import logistic_probabilities
from agentk.reasoning.recipes.blocks.text.ngrams import weighted_ngrams
from agentk.reasoning.recipes.blocks.text.ridge import ridge_values

SPACE: dict[str, Any] = {
    "strength": {"type": "choice", "choices": ["split", "given"], "default": "split"},
    "C": {"type": "float", "low": 0.03, "high": 100.0, "log": True, "default": 10.0, "when": {"strength": "given"}},
    "words": {"type": "int", "low": 1, "high": 3, "default": 2},
    "characters": {"type": "choice", "choices": [0, 4, 5, 6], "default": 5},
    "lowercase": {"type": "choice", "choices": [False, True], "default": False},
    "weigh": {"type": "choice", "choices": ["split", "always", "never"], "default": "split"},
}


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Predictions of one linear model a class or a target, all on the same columns."""
    params = heeding(with_defaults(params, SPACE))
    train = sampled(train, params)
    known, unknown = with_others(*weighted_ngrams(train, test, params), train, test, params)
    weights = row_weights(train)

    def classify(codes: Codes) -> Floats:
        return logistic_probabilities(known, codes, unknown, params, weights)

    def regress(values: Floats) -> Floats:
        return on_scale(values, lambda scaled: ridge_values(known, scaled, unknown, params, weights))

    return predict_targets(train, len(test), classify, regress)
