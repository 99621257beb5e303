"""Texts by naive Bayes on tf-idf, its overconfidence taken back by a temperature found out of fold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.model_selection import KFold
from sklearn.naive_bayes import ComplementNB, MultinomialNB

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.row_weights import row_weights, weights_at
from agentk.reasoning.recipes.blocks.table.fitting.sample import sampled
from agentk.reasoning.recipes.blocks.task import Codes, Floats, predict_targets
from agentk.reasoning.recipes.blocks.text.haste import heeding
from agentk.reasoning.recipes.blocks.text.ngrams import weighted_ngrams

SPACE: dict[str, Any] = {
    "prior": {"type": "float", "low": 0.01, "high": 2.0, "log": True, "default": 0.1},
    "complement": {"type": "choice", "choices": [False, True], "default": False},
    "words": {"type": "int", "low": 1, "high": 3, "default": 2},
    "characters": {"type": "choice", "choices": [0, 4, 5, 6], "default": 5},
    "lowercase": {"type": "choice", "choices": [False, True], "default": False},
}
FOLDS = 4


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Class probabilities; for values, the expected value over ten classes of equal size."""
    params = heeding(with_defaults(params, SPACE))
    train = sampled(train, params)
    known, unknown = weighted_ngrams(train, test, params)
    weights = row_weights(train)

    def classify(codes: Codes) -> Floats:
        return bayes_probabilities(known, codes, unknown, params, weights)

    def regress(values: Floats) -> Floats:
        edges = np.unique(np.quantile(values, np.linspace(0, 1, 11)[1:-1]))
        codes = np.unique(np.searchsorted(edges, values), return_inverse=True)[1].astype(np.int64)
        if codes.max() == 0:
            return np.full(unknown.shape[0], values.mean())
        means = np.bincount(codes, values) / np.bincount(codes)
        return np.asarray(bayes_probabilities(known, codes, unknown, params, weights) @ means)

    return predict_targets(train, len(test), classify, regress)


def bayes_probabilities(known: Any, codes: Codes, unknown: Any, params: dict[str, Any], weights: Floats | None = None) -> Floats:
    """(N, K) probabilities of classes 0..K-1, all present among the known rows; weights: of the known rows."""
    classes = int(codes.max()) + 1

    def log_odds(rows: Codes, wanted: Any) -> Floats:
        model = (ComplementNB if params["complement"] else MultinomialNB)(alpha=params["prior"])
        model.fit(known[rows], codes[rows], weights_at(weights, rows))
        result = np.full((wanted.shape[0], classes), -50.0)
        result[:, model.classes_] = log_softmax(model.predict_joint_log_proba(wanted), axis=1)
        return result

    held_out = np.zeros((len(codes), classes))
    if len(codes) >= FOLDS:
        for fitted, rest in KFold(FOLDS, shuffle=True, random_state=params["seed"]).split(codes):
            held_out[rest] = log_odds(fitted, known[rest])

    def loss(log_scale: float) -> float:
        lost = -log_softmax(np.exp(log_scale) * held_out, axis=1)[np.arange(len(codes)), codes]
        return float(np.average(lost, weights=weights))

    scale = np.exp(minimize_scalar(loss, bounds=(-5.0, 3.0), method="bounded").x)
    return np.asarray(softmax(scale * log_odds(np.arange(len(codes)), unknown), axis=1))
