"""Linear models: ridge or logistic regression, the strength of their penalty chosen by inner cross-validation."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.preprocessing import SplineTransformer

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.row_weights import row_weights, weights_at
from agentk.reasoning.recipes.blocks.table.features.dense import dense
from agentk.reasoning.recipes.blocks.table.fitting.inner import inner_split
from agentk.reasoning.recipes.blocks.table.fitting.sample import sampled
from agentk.reasoning.recipes.blocks.table.fitting.solve import solve_table
from agentk.reasoning.recipes.blocks.task import Codes, Floats

SPACE = {
    "penalty": {"type": "float", "low": 0.1, "high": 10.0, "log": True, "default": 1.0},
    "curves": {"type": "choice", "choices": ["none", "steps", "splines"], "default": "splines", "kinds": ["numeric", "datetime"]},
}
FEW_VALUES = 24  # a column of so many distinct values and less gets a column for each of them
CURVED = 400  # numbers up to which each bends: more would be thousands of columns
BROAD = 2_000_000  # rows x numbers from which on a bend is one column of means instead of a spline's six
MEAN_STEPS, STEP_ROWS = 20, 50.0  # of such a column; rows that count for the mean of all in each
STRENGTHS = np.logspace(-3.0, 1.0, 7)
SEARCHED = 20_000  # rows that a strength is looked for on at most


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Predictions of a linear model; "penalty" multiplies the strength that the inner validation chooses."""
    params = with_defaults(params, SPACE)
    train = sampled(train, params)
    weights = row_weights(train)

    def classify(X: Floats, codes: Codes, X_test: Floats) -> Floats:
        fit, watch = inner_split(train, codes, True, params["seed"])
        sampled = np.random.default_rng(params["seed"]).permutation(fit)[:SEARCHED]
        if len(fit) > SEARCHED and len(np.unique(codes[sampled])) == len(np.unique(codes)):
            fit = sampled
        losses, strengths = [], STRENGTHS if len(X) <= SEARCHED else STRENGTHS[::2]  # where rows are many it matters less
        for strength in strengths:
            shares = logistic(X[fit], codes[fit], strength, weights_at(weights, fit)).predict_proba(X[watch])
            lost = -np.log(np.clip(shares[np.arange(len(watch)), codes[watch]], 1e-9, 1.0))
            losses.append(np.average(lost, weights=weights_at(weights, watch)))
            if losses[-1] > 1.1 * min(losses):
                break
        strength = strengths[int(np.argmin(losses))] / params["penalty"]
        return logistic(X, codes, strength, weights).predict_proba(X_test)  # type: ignore[no-any-return]

    def regress(X: Floats, values: Floats, X_test: Floats) -> Floats:
        strengths = params["penalty"] * np.logspace(-1.0, 4.0, 16)
        if X.shape[1] > len(X) // 2:  # leaving rows out one by one flatters columns that those rows were screened by
            fit, watch = inner_split(train, values, False, params["seed"])
            models = [Ridge(s).fit(X[fit], values[fit], weights_at(weights, fit)) for s in strengths]
            counted = weights_at(weights, watch)
            errors = [np.average((model.predict(X[watch]) - values[watch]) ** 2, weights=counted) for model in models]
            return Ridge(alpha=strengths[int(np.argmin(errors))]).fit(X, values, weights).predict(X_test)  # type: ignore[no-any-return]
        search = RidgeCV(alphas=strengths)
        if len(X) <= SEARCHED:
            return search.fit(X, values, weights).predict(X_test)  # type: ignore[no-any-return]
        rows = np.random.default_rng(params["seed"]).permutation(len(X))[:SEARCHED]
        strength = search.fit(X[rows], values[rows], weights_at(weights, rows)).alpha_
        return Ridge(alpha=strength).fit(X, values, weights).predict(X_test)  # type: ignore[no-any-return]

    def together(X: Floats, values: Floats, X_test: Floats) -> Floats:
        fit, watch = inner_split(train, values[:, 0], False, params["seed"])
        strengths = params["penalty"] * np.logspace(0.0, 5.0, 6)
        models = (Ridge(strength).fit(X[fit], values[fit], weights_at(weights, fit)) for strength in strengths)
        errors = [np.mean((model.predict(X[watch]) - values[watch]) ** 2) for model in models]
        return Ridge(strengths[int(np.argmin(errors))]).fit(X, values, weights).predict(X_test)  # type: ignore[no-any-return]

    return solve_table(train, test, params, represent=bent, classify=classify, regress=regress, together=together)


def bent(
    head: pd.DataFrame, tail: pd.DataFrame, target: Codes | Floats, discrete: bool, params: dict[str, Any]
) -> tuple[Floats, Floats]:
    """Dense features, and what lets a line bend: columns for single values of numbers with few, and splines of all numbers, or
    where these would be too many the target's mean at each step of a number."""
    X, X_test = dense(head, tail, target, discrete, params)
    left, right = [X], [X_test]
    numbers = [name for name in head if not isinstance(head[name].dtype, pd.CategoricalDtype)]
    few = [name for name in numbers if 3 <= head[name].nunique() <= FEW_VALUES] if params["curves"] != "none" else []
    for name in few:
        values, counts = np.unique(head[name].dropna(), return_counts=True)
        common = values[counts >= params["category_rows"]]
        left.append((head[name].to_numpy()[:, None] == common).astype(X.dtype))
        right.append((tail[name].to_numpy()[:, None] == common).astype(X.dtype))
    if params["curves"] == "splines" and 0 < len(numbers) <= CURVED:
        width = len(numbers)
        curves = SplineTransformer(n_knots=5, knots="quantile", extrapolation="constant", include_bias=False)
        varied = [column for column in range(width) if len(np.unique(np.quantile(X[:, column], np.linspace(0, 1, 5)))) == 5]
        if varied and len(X) * len(varied) > BROAD and (not discrete or target.max() == 1):
            means = [step_means(X[:, column], X_test[:, column], target.astype(float)) for column in varied]
            for part, place in ((left, 0), (right, 1)):
                part.append(np.column_stack([pair[place] for pair in means]).astype(X.dtype))
        elif varied:
            left.append(curves.fit_transform(X[:, varied]).astype(X.dtype))
            right.append(curves.transform(X_test[:, varied]).astype(X.dtype))
    return np.hstack(left), np.hstack(right)


def step_means(values: Floats, values_test: Floats, target: Floats) -> tuple[Floats, Floats]:
    """What the target is on average at a number's quantiles, on the scale of 1, for training and test rows.

    Where a step has thousands of rows a row hardly moves its own mean.
    """
    edges = np.unique(np.quantile(values[:: max(1, len(values) // SEARCHED)], np.linspace(0, 1, MEAN_STEPS + 1)[1:-1]))
    steps, overall = np.searchsorted(edges, values), target.mean()
    counts = np.bincount(steps, minlength=len(edges) + 1)
    means = (np.bincount(steps, target - overall, minlength=len(edges) + 1)) / (counts + STEP_ROWS)
    means /= max(float(np.sqrt(np.average(means**2, weights=counts))), 1e-12)
    return means[steps], means[np.searchsorted(edges, values_test)]


def logistic(X: Floats, codes: Codes, strength: float, weights: Floats | None = None) -> Any:
    """A fitted logistic regression; stopping short of the last digit is no reason to warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        if len(X) > SEARCHED:  # single precision is half the work
            return LogisticRegression(C=strength, max_iter=100).fit(X.astype(np.float32), codes, weights)
        return LogisticRegression(C=strength, max_iter=200).fit(X, codes, weights)
