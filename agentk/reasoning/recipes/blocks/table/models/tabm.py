"""Neural networks on torch that are ensembles in themselves: numbers and categories embedded, layers shared by the members."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.net.inputs import Inputs, network_inputs
from agentk.reasoning.recipes.blocks.net.train import trained_outputs
from agentk.reasoning.recipes.blocks.row_weights import row_weights
from agentk.reasoning.recipes.blocks.table.fitting.inner import inner_split
from agentk.reasoning.recipes.blocks.table.fitting.sample import sampled
from agentk.reasoning.recipes.blocks.table.fitting.solve import solve_table
from agentk.reasoning.recipes.blocks.task import Codes, Floats

SPACE = {
    "width": {"type": "int", "low": 32, "high": 256, "log": True, "default": 128},
    "layers": {"type": "int", "low": 1, "high": 3, "default": 2},
    "dropout": {"type": "float", "low": 0.0, "high": 0.5, "default": 0.15},
    "rate": {"type": "float", "low": 5e-3, "high": 0.3, "log": True, "default": 0.04},
    "decay": {"type": "float", "low": 1e-3, "high": 0.3, "log": True, "default": 0.02},
    "smoothing": {"type": "float", "low": 0.0, "high": 0.1, "default": 0.0},
    "networks": {"type": "choice", "choices": [1, 2, 4, 8], "default": 2},
}


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Averaged predictions of networks that watched different rows, each of several members."""
    params = with_defaults(params, SPACE)
    train = sampled(train, params)
    weights = row_weights(train)

    def splits(y: Codes | Floats, discrete: bool) -> list[tuple[Codes, Codes]]:
        return [inner_split(train, y, discrete, params["seed"] + place) for place in range(params["networks"])]

    def classify(X: Inputs, codes: Codes, X_test: Inputs) -> Floats:
        classes = int(codes.max()) + 1
        return trained_outputs(X, codes, X_test, classes=classes, splits=splits(codes, True), params=params, weights=weights)

    def regress(X: Inputs, values: Floats, X_test: Inputs) -> Floats:
        middle, spread = values.mean(), values.std()
        scaled = (values - middle) / spread
        made = splits(values, False)
        outputs = trained_outputs(X, scaled, X_test, classes=1, splits=made, params=params, weights=weights)
        return np.asarray(middle + spread * outputs[:, 0])

    return solve_table(train, test, params, represent=network_inputs, classify=classify, regress=regress)
