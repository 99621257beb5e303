"""Small neural networks of scikit-learn, several seeds averaged."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from agentk.reasoning.recipes.blocks.contract import CONTRACT, with_defaults
from agentk.reasoning.recipes.blocks.row_weights import row_weights
from agentk.reasoning.recipes.blocks.table.features.dense import dense
from agentk.reasoning.recipes.blocks.table.fitting.sample import sampled
from agentk.reasoning.recipes.blocks.table.fitting.solve import solve_table
from agentk.reasoning.recipes.blocks.task import Codes, Floats

SPACE = {
    "units": {"type": "int", "low": 16, "high": 256, "log": True, "default": 64},
    "layers": {"type": "int", "low": 1, "high": 3, "default": 2},
    "decay": {"type": "float", "low": 1e-5, "high": 3.0, "log": True, "default": 0.1},
    "rate": {"type": "float", "low": 3e-4, "high": 1e-2, "log": True, "default": 2e-3},
    "epochs": {"type": "int", "low": 8, "high": 100, "log": True, "default": 25},
    "networks": {"type": "choice", "choices": [2, 4, 8], "default": 4},
    "scaling": {"type": "choice", "choices": ["standard", "quantile"], "default": "quantile"},
}
FEWEST_STEPS = 600  # small data are seen more often


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Averaged predictions of small networks."""
    params = with_defaults(params, SPACE)
    train = sampled(train, params)
    weights = row_weights(train)
    batch = min(int(np.clip(len(train) // 30, 16, 256)), len(train))
    epochs = max(int(params["epochs"]), FEWEST_STEPS * batch // max(len(train), 1))

    def network(kind: Any, member: int) -> Any:
        return kind(
            hidden_layer_sizes=(params["units"],) * params["layers"],
            alpha=params["decay"],
            learning_rate_init=params["rate"],
            batch_size=batch,
            max_iter=epochs,
            random_state=params["seed"] + member,
        )

    def averaged(kind: Any, X: Floats, y: Floats | Codes, predict: str, X_test: Floats) -> Floats:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is a choice
            models = [network(kind, member).fit(X, y, weights) for member in range(params["networks"])]
        return np.mean([getattr(model, predict)(X_test) for model in models], axis=0)  # type: ignore[no-any-return]

    def classify(X: Floats, codes: Codes, X_test: Floats) -> Floats:
        return averaged(MLPClassifier, X, codes, "predict_proba", X_test)

    def regress(X: Floats, values: Floats, X_test: Floats) -> Floats:
        middle, spread = values.mean(), values.std()
        scaled = averaged(MLPRegressor, X, (values - middle) / spread, "predict", X_test)
        return np.asarray(middle + spread * scaled)

    def together(X: Floats, values: Floats, X_test: Floats) -> Floats:
        if CONTRACT["task"] == "multilabel":
            return averaged(MLPClassifier, X, values.astype(int), "predict_proba", X_test)
        return averaged(MLPRegressor, X, values, "predict", X_test)

    return solve_table(train, test, params, represent=dense, classify=classify, regress=regress, together=together)
