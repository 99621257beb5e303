"""Logistic regression on sparse features, a model a class, as strong as a held-out part of the training rows wants it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from agentk.reasoning.recipes.blocks.row_weights import weights_at
from agentk.reasoning.recipes.blocks.task import Codes, Floats
from agentk.reasoning.recipes.blocks.text.ngrams import scaled_columns, unit_rows

STRENGTHS = (0.3, 3.0, 30.0)  # inverse regularization
TRIAL_ROWS = 12_000
RATIO_PRIOR = 0.1


def logistic_probabilities(train: Any, codes: Codes, test: Any, params: dict[str, Any], weights: Floats | None = None) -> Floats:
    """(N, K) probabilities of the rows of `test`, classes 0..K-1 all among `codes`; weights (N,) of the training rows."""
    return one_against_rest(train, codes, weights, test, chosen_way(train, codes, params, weights), params["seed"])


def chosen_way(train: Any, codes: Codes, params: dict[str, Any], weights: Floats | None) -> tuple[float, bool]:
    """The strength, and whether each feature is weighed by how much it tells the class from the rest.

    Weighed features are NB-SVM (Wang & Manning 2012). weigh: "always", "never", or "split": what is better on held-out rows.
    So is the strength, unless it is "given".
    """
    ways = {"always": (True,), "never": (False,), "split": (False, True)}[params["weigh"]]
    options = []
    for weigh in ways:

        def loss(fitted: Codes, held_out: Codes, strength: float, weigh: bool = weigh) -> float:
            if len(np.unique(codes[fitted])) <= codes.max():
                return 0.0  # a class is too rare to be split: the least daring way
            known = train[fitted], codes[fitted], weights_at(weights, fitted)
            likely = one_against_rest(*known, train[held_out], (strength, weigh), params["seed"])
            lost = -np.log(np.maximum(likely[np.arange(len(held_out)), codes[held_out]], 1e-9))
            return float(np.average(lost, weights=weights_at(weights, held_out)))

        options.append((*chosen_strength(loss, len(codes), params), weigh))
    return min(options)[1:]


def chosen_strength(loss: Callable[[Codes, Codes, float], float], rows: int, params: dict[str, Any]) -> tuple[float, float]:
    """The least loss on a quarter of the rows (of 12,000 at most) and its strength: the given one, or one found in rising order.

    loss: positions to fit on, positions held out, strength -> loss of those held out.
    """
    if rows < 8:
        return 0.0, float(params["C"])
    sample = np.random.default_rng(params["seed"]).permutation(rows)[:TRIAL_ROWS]
    fitted, held_out = train_test_split(sample, test_size=0.25, random_state=params["seed"])
    best = (np.inf, STRENGTHS[0])
    for strength in (float(params["C"]),) if params["strength"] == "given" else STRENGTHS:
        lost = loss(fitted, held_out, strength)
        if lost >= best[0]:
            break
        best = lost, strength
    return best


def one_against_rest(train: Any, codes: Codes, weights: Floats | None, test: Any, how: tuple[float, bool], seed: int) -> Floats:
    """(N, K) probabilities: a logistic model a class (one where there are two), normalized over the classes.

    how: the strength, and whether features are weighed by class.
    """
    strength, weigh = how
    classes = int(codes.max()) + 1
    columns = []
    for code in range(1, classes) if classes == 2 else range(classes):
        wanted = codes == code
        known, unknown = train, test
        if weigh:
            ratios = np.abs(log_ratios(train, wanted))
            known, unknown = unit_rows(scaled_columns(train, ratios)), unit_rows(scaled_columns(test, ratios))
        model = LogisticRegression(C=strength, solver="liblinear", dual=True, tol=0.1, random_state=seed)
        columns.append(model.fit(known, wanted, weights).predict_proba(unknown)[:, 1])
    likely = np.column_stack([1 - columns[0], *columns] if classes == 2 else columns)
    return np.asarray(likely / np.maximum(likely.sum(axis=1, keepdims=True), 1e-12), dtype=np.float64)


def log_ratios(train: Any, wanted: NDArray[np.bool_]) -> Floats:
    """(F,) logarithm of a feature's share among the wanted rows over that among the rest; 0 where only one row has it."""
    inside, outside = (np.asarray(train[rows].sum(axis=0), dtype=np.float64).ravel() + RATIO_PRIOR for rows in (wanted, ~wanted))
    common = np.bincount(train.indices, minlength=train.shape[1]) >= 2
    return np.asarray(common * (np.log(inside / inside.sum()) - np.log(outside / outside.sum())))
