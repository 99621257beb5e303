"""AutoGluon, by a preset of its own ("best_quality" unless told otherwise)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from autogluon.tabular import TabularPredictor

PRESET = "best_quality"

_METRICS = {
    "auc": "roc_auc", "gini": "roc_auc", "log_loss": "log_loss", "average_precision": "average_precision",
    "accuracy": "accuracy", "balanced_accuracy": "balanced_accuracy", "f1": "f1", "f1_macro": "f1_macro",
    "f1_micro": "f1_micro", "f1_weighted": "f1_weighted", "mcc": "mcc", "qwk": "quadratic_kappa",
    "mae": "mean_absolute_error", "male": "mean_absolute_error", "medae": "median_absolute_error", "r2": "r2",
    "mape": "mean_absolute_percentage_error", "smape": "symmetric_mean_absolute_percentage_error",
    "pearson": "pearsonr", "spearman": "spearmanr",
}  # fmt: skip
_DEFAULT = {"labels": "accuracy", "probabilities": "log_loss", "values": "root_mean_squared_error"}


def fit_predict(
    problem: dict[str, Any],
    train: pd.DataFrame,
    test: pd.DataFrame,
    seconds: float,
    cores: int,
    seed: int,
    keep: Callable[[Any], None],
    preset: str = PRESET,
) -> Any:
    """As run.py says. Labels are AutoGluon's own: it fits their threshold to the metric.

    Where dynamic stacking has left no model within the time (AutoGluon 1.6 then fails), it is left out of a second try.
    """
    began = time.monotonic()
    task, labels = problem["task"], problem["answers"] == "labels"
    metric = _METRICS.get(problem["metric"], _DEFAULT[problem["answers"]])
    if task == "multiclass" and metric in ("roc_auc", "average_precision"):
        metric = "roc_auc_ovr_macro"
    kind = "multiclass" if task == "ordinal" else task
    rows = train.assign(target=train["target"].astype(int)) if task != "regression" else train

    def fitted(scratch: str, limit: float, **options: Any) -> TabularPredictor:
        predictor = TabularPredictor("target", problem_type=kind, eval_metric=metric, path=scratch, verbosity=2)
        return predictor.fit(rows, presets=preset, time_limit=limit, num_cpus=cores, **options)

    try:
        predictor = fitted(problem["scratch"], seconds)
    except AssertionError:
        left = seconds - (time.monotonic() - began)
        predictor = fitted(f"{problem['scratch']}-again", max(left, 1.0), dynamic_stacking=False)
    if task in ("regression", "ordinal"):
        return predictor.predict(test).to_numpy(dtype=float).reshape(-1, 1)
    if labels:
        return np.eye(problem["classes"])[predictor.predict(test).to_numpy(dtype=int)]
    found = predictor.predict_proba(test)
    return found.reindex(columns=range(problem["classes"]), fill_value=0.0).to_numpy()
