"""How much each training row counts in the metric, where rows count differently."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.task import Floats


def row_weights(train: pd.DataFrame) -> Floats | None:
    """(N,) weights of mean 1; None where all rows count alike."""
    name = CONTRACT.get("weight")
    if name is None or name not in train:
        return None
    weights = train[name].to_numpy(float)
    return np.asarray(weights / weights.mean()) if weights.mean() > 0 else None


def weights_at(weights: Floats | None, rows: Any) -> Floats | None:
    """Those of some rows."""
    return None if weights is None else weights[rows]
