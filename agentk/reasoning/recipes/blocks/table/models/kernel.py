"""Kernel machines: support vectors with a radial kernel, or a Gaussian process where rows are few."""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.svm import SVC, SVR

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.row_weights import row_weights
from agentk.reasoning.recipes.blocks.table.features.dense import dense
from agentk.reasoning.recipes.blocks.table.fitting.sample import sampled
from agentk.reasoning.recipes.blocks.table.fitting.solve import solve_table
from agentk.reasoning.recipes.blocks.task import Codes, Floats

SPACE = {
    "cost": {"type": "float", "low": 0.05, "high": 100.0, "log": True, "default": 2.0},
    "width": {"type": "float", "low": 0.05, "high": 10.0, "log": True, "default": 1.0},
    "process": {"type": "choice", "choices": [False, True], "default": False},
    "tube": {"type": "float", "low": 0.01, "high": 0.5, "log": True, "default": 0.1, "when": {"process": False}},
}
PROCESS_ROWS = 1500
NOISE = 0.3  # variance of a value beyond what a process tells of it, at first


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Predictions of a kernel machine; "width" is the kernel's gamma in units of 1 / (columns x variance)."""
    params = with_defaults(params, SPACE)
    train = sampled(train, params)
    weights = row_weights(train)

    def gamma(X: Floats) -> float:
        return float(params["width"] / max(X.shape[1] * X.var(), 1e-9))

    def classify(X: Floats, codes: Codes, X_test: Floats) -> Floats:
        machine = SVC(C=params["cost"], gamma=gamma(X), random_state=params["seed"])
        folds = min(3, int(np.bincount(codes).min()))
        if folds < 2:
            return soft_votes(machine.fit(X, codes, weights).decision_function(X_test))
        calibrated = CalibratedClassifierCV(machine, cv=folds, ensemble=False, method="sigmoid")
        return calibrated.fit(X, codes, weights).predict_proba(X_test)  # type: ignore[no-any-return]

    def regress(X: Floats, values: Floats, X_test: Floats) -> Floats:
        middle, spread = values.mean(), values.std()
        scaled = (values - middle) / spread
        if params["process"] and len(X) <= PROCESS_ROWS:
            length = float(np.sqrt(X.shape[1] / params["width"]))
            kernel = ConstantKernel(1.0) * RBF(length, (0.1 * length, 10.0 * length)) + WhiteKernel(NOISE, (1e-4, 10.0))
            unsure = 1e-10 if weights is None else NOISE / np.maximum(weights, 1e-3)
            machine = GaussianProcessRegressor(kernel, alpha=unsure, normalize_y=True).fit
        else:
            machine = partial(SVR(C=params["cost"], gamma=gamma(X), epsilon=params["tube"]).fit, sample_weight=weights)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return middle + spread * machine(X, scaled).predict(X_test)  # type: ignore[no-any-return]

    return solve_table(train, test, params, represent=dense, classify=classify, regress=regress)


def soft_votes(decisions: Floats) -> Floats:
    """(N, K) shares from decision values, where classes are too small to calibrate them."""
    scores = np.column_stack([-decisions, decisions]) if decisions.ndim == 1 else decisions
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]
