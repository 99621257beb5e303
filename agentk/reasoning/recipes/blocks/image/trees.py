"""Images by extremely randomised trees on histograms of gradients and a coarse picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.image.pixels import SHAPE, TONE, image_features, prepared_matrices
from agentk.reasoning.recipes.blocks.table.fitting.sample import sampled
from agentk.reasoning.recipes.blocks.table.fitting.scale import on_scale
from agentk.reasoning.recipes.blocks.task import Codes, Floats, predict_targets

SPACE: dict[str, Any] = {
    "trees": {"type": "int", "low": 100, "high": 1000, "log": True, "default": 300},
    "leaf_rows": {"type": "int", "low": 1, "high": 20, "log": True, "default": 1},
    "column_share": {"type": "float", "low": 0.01, "high": 0.5, "log": True, "default": 0.04},
    "tone": {"type": "choice", "choices": [False, True], "default": True},
}


def prepare(rows: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> pd.DataFrame:
    """Shapes and tones of all images, decoded once."""
    return image_features(rows, data_dir)


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Shares of the trees' votes, or their mean values."""
    params = with_defaults(params, SPACE)
    train = sampled(train, params)
    known, unknown = prepared_matrices(train, test, data_dir, (SHAPE, TONE) if params["tone"] else (SHAPE,))
    settings = {
        "n_estimators": params["trees"],
        "min_samples_leaf": params["leaf_rows"],
        "max_features": params["column_share"],
        "n_jobs": params["threads"],
        "random_state": params["seed"],
    }

    def classify(codes: Codes) -> Floats:
        return np.asarray(ExtraTreesClassifier(**settings).fit(known, codes).predict_proba(unknown))

    def regress(values: Floats) -> Floats:
        return on_scale(values, lambda scaled: np.asarray(ExtraTreesRegressor(**settings).fit(known, scaled).predict(unknown)))

    return predict_targets(train, len(test), classify, regress)
