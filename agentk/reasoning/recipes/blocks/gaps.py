"""Targets that some training rows do not know: each is fitted on the rows that do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.task import Floats

Fit = Callable[[pd.DataFrame, pd.DataFrame, dict[str, Any], Path], Floats]


def where_known(fit: Fit) -> Fit:
    """The same fit, once for all targets that the same rows know, on these rows and targets alone."""

    def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
        targets = list(CONTRACT["targets"])
        alike: dict[bytes, list[str]] = {}
        for name in targets:
            alike.setdefault(train[name].notna().to_numpy().tobytes(), []).append(name)
        result = np.zeros((len(test), len(targets)))
        for names in alike.values():
            known = train[train[names[0]].notna()].drop(columns=[name for name in targets if name not in names])
            if len(known):  # else nothing is known of them, and they are answered with 0
                result[:, [targets.index(name) for name in names]] = fit(known.reset_index(drop=True), test, params, data_dir)
        return result

    return fit_predict
