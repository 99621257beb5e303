"""FLAML's AutoML with its defaults: cost-frugal search over its own learners, the best one fitted on all rows at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from flaml import AutoML

_METRICS = {
    "auc": "roc_auc", "gini": "roc_auc", "log_loss": "log_loss", "average_precision": "ap", "accuracy": "accuracy",
    "f1": "f1", "f1_macro": "macro_f1", "f1_micro": "micro_f1", "mae": "mae", "male": "mae", "r2": "r2", "mape": "mape",
}  # fmt: skip
_DEFAULT = {"labels": "accuracy", "probabilities": "log_loss", "values": "rmse"}


def fit_predict(
    problem: dict[str, Any],
    train: pd.DataFrame,
    test: pd.DataFrame,
    seconds: float,
    cores: int,
    seed: int,
    keep: Callable[[Any], None],
) -> Any:
    """As run.py says. Grades are fitted as numbers."""
    classifies = problem["task"] in ("binary", "multiclass")
    metric = _METRICS.get(problem["metric"], _DEFAULT[problem["answers"]]) if problem["task"] != "ordinal" else "rmse"
    if problem["task"] == "multiclass" and metric in ("roc_auc", "ap"):
        metric = "roc_auc_ovr"
    target = train["target"].astype(int) if classifies else train["target"]
    words = [name for name, kind in problem["kinds"].items() if kind in ("text", "list")]  # FLAML would take each for a category
    train, test = train.drop(columns=words), test.drop(columns=words)
    model = AutoML()
    model.fit(
        train.drop(columns="target"), target, task="classification" if classifies else "regression", metric=metric,
        time_budget=seconds, n_jobs=cores, seed=seed, verbose=1,
    )  # fmt: skip
    if not classifies:
        return np.asarray(model.predict(test), dtype=float).reshape(-1, 1)
    if problem["answers"] == "labels":
        return np.eye(problem["classes"])[np.asarray(model.predict(test), dtype=int)]
    values = np.zeros((len(test), problem["classes"]))
    values[:, np.asarray(model.classes_, dtype=int)] = model.predict_proba(test)
    return values
