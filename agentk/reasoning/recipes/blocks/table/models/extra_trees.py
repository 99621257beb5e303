"""Extremely randomised trees: cuts drawn at random, averaged over many trees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from agentk.reasoning.recipes.blocks.table.models.forest import grow
from agentk.reasoning.recipes.blocks.task import Floats


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Predictions of extremely randomised trees."""
    return grow("extra", train, test, params)
