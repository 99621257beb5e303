"""One tuned LightGBM, as a person would: Optuna over the usual parameters, five folds, early stopping, their models averaged."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
import optuna
import pandas as pd
from sklearn import metrics
from sklearn.model_selection import KFold, StratifiedKFold

ROUNDS, PATIENCE, FOLDS = 2000, 50, 5

_ABSOLUTE = ("mae", "male", "mape", "smape", "medae")

_LABELS = {
    "f1": metrics.f1_score,
    "balanced_accuracy": metrics.balanced_accuracy_score,
    "f1_macro": lambda y, p: metrics.f1_score(y, p, average="macro"),
    "mcc": metrics.matthews_corrcoef,
}


def fit_predict(
    problem: dict[str, Any],
    train: pd.DataFrame,
    test: pd.DataFrame,
    seconds: float,
    cores: int,
    seed: int,
    keep: Callable[[Any], None],
) -> Any:
    """As run.py says. The first trial has LightGBM's defaults but for a lower learning rate."""
    end = time.monotonic() + seconds
    target = train["target"].to_numpy()
    rows, new = _features(train.drop(columns="target"), test, problem["kinds"])
    splits = _splits(problem, target, seed)
    fixed = {**_objective(problem), "num_threads": cores, "seed": seed, "verbosity": -1, "bagging_freq": 1}
    best = _prior(problem, target, len(new))
    keep(best)
    top, took = -np.inf, 0.0

    def trial(asked: optuna.Trial) -> float:
        nonlocal best, top, took
        since, params = time.monotonic(), {**fixed, **_space(asked)}
        held: Any = None
        answers: list[Any] = []
        for fitted, tried in splits:
            if time.monotonic() > end and np.isfinite(top):
                raise optuna.TrialPruned
            data = lightgbm.Dataset(rows.iloc[fitted], target[fitted])
            model = lightgbm.train(
                params, data, ROUNDS, valid_sets=[data.create_valid(rows.iloc[tried], target[tried])],
                callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False), _stop_at(end)],
            )  # fmt: skip
            seen = model.predict(rows.iloc[tried])
            held = np.zeros((len(rows), *seen.shape[1:])) if held is None else held
            held[tried] = seen
            answers.append(model.predict(new))
        done = np.concatenate([tried for _, tried in splits])
        score = _score(problem, target[done], held[done])
        if score > top:
            top, best = score, _shaped(problem, np.mean(answers, axis=0))
            keep(best)
        took = time.monotonic() - since
        return score

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.enqueue_trial({"learning_rate": 0.05, "num_leaves": 31, "min_data_in_leaf": 20, "feature_fraction": 1.0,
                         "bagging_fraction": 1.0, "lambda_l1": 1e-8, "lambda_l2": 1e-8})  # fmt: skip
    while time.monotonic() + 0.5 * took < end:
        study.optimize(trial, n_trials=1)
    return best


def _space(trial: optuna.Trial) -> dict[str, Any]:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.2, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 4, 128, log=True),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 2, 100, log=True),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.4, 1.0),
        "bagging_fraction": trial.suggest_float("bagging_fraction", 0.5, 1.0),
        "lambda_l1": trial.suggest_float("lambda_l1", 1e-8, 10.0, log=True),
        "lambda_l2": trial.suggest_float("lambda_l2", 1e-8, 10.0, log=True),
    }


def _stop_at(end: float) -> Callable[[Any], None]:
    def callback(env: Any) -> None:
        if time.monotonic() > end and env.iteration > 0:
            raise lightgbm.callback.EarlyStopException(env.iteration, env.evaluation_result_list)

    return callback


def _splits(problem: dict[str, Any], target: Any, seed: int) -> list[Any]:
    """Five folds; one held-out fifth where rows are many."""
    stratified = problem["task"] in ("binary", "multiclass") and np.bincount(target.astype(int)).min() >= FOLDS
    folds = (StratifiedKFold if stratified else KFold)(FOLDS, shuffle=True, random_state=seed)
    found = list(folds.split(target, target.astype(int) if stratified else None))
    return found if len(target) <= 50_000 else found[:1]


def _objective(problem: dict[str, Any]) -> dict[str, Any]:
    if problem["task"] == "binary":
        return {"objective": "binary", "metric": "auc" if problem["metric"] in ("auc", "gini") else "binary_logloss"}
    if problem["task"] == "multiclass":
        return {"objective": "multiclass", "num_class": problem["classes"]}
    return {"objective": "l1" if problem["metric"] in _ABSOLUTE else "l2"}


def _score(problem: dict[str, Any], truth: Any, held: Any) -> float:
    """Higher is better."""
    name = problem["metric"]
    if problem["task"] not in ("binary", "multiclass"):
        error = metrics.mean_absolute_error if name in _ABSOLUTE else metrics.mean_squared_error
        return -float(error(truth, held))
    if problem["answers"] == "labels":
        codes = held.argmax(axis=1) if held.ndim == 2 else (held > 0.5).astype(int)
        return float(_LABELS.get(name, metrics.accuracy_score)(truth, codes))
    if problem["task"] == "binary" and name in ("auc", "gini", "average_precision"):
        ranked = metrics.average_precision_score if name == "average_precision" else metrics.roc_auc_score
        return float(ranked(truth, held))
    return -float(metrics.log_loss(truth, held, labels=range(problem["classes"])))


def _shaped(problem: dict[str, Any], values: Any) -> Any:
    """(N, W)."""
    return np.column_stack([1 - values, values]) if problem["task"] == "binary" else values.reshape(len(values), -1)


def _prior(problem: dict[str, Any], target: Any, rows: int) -> Any:
    if problem["task"] in ("binary", "multiclass"):
        return np.tile(np.bincount(target.astype(int), minlength=problem["classes"]) / len(target), (rows, 1))
    return np.full((rows, 1), np.mean(target))


def _features(train: pd.DataFrame, test: pd.DataFrame, kinds: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Categories as such, dates as their parts, free text and names left out."""
    both = pd.concat([train, test], ignore_index=True)
    for name, kind in kinds.items():
        if kind == "datetime":
            when = both.pop(name).dt
            parts = {"year": when.year, "month": when.month, "day": when.day, "weekday": when.day_of_week, "hour": when.hour}
            both = both.assign(**{f"{name}_{part}": value for part, value in parts.items()})
        elif kind in ("text", "list", "identifier") and not pd.api.types.is_numeric_dtype(both[name]):
            both = both.drop(columns=name)
        elif not pd.api.types.is_numeric_dtype(both[name]):
            both[name] = both[name].astype("category")
    both.columns = [f"f{at}" for at in range(both.shape[1])]  # LightGBM refuses some characters in names
    return both[: len(train)], both[len(train) :]
