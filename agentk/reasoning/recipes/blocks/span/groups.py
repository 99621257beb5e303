"""What stands beside the text: the columns with few values, by which answers may be cut quite differently."""

from __future__ import annotations

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.span.words import Places

MOST_GROUPS = 50


def group_codes(train: pd.DataFrame, test: pd.DataFrame) -> list[tuple[str, Places, Places]]:
    """For each column of few values its name and the code of every row of train and test, from 1; 0 for what train lacks."""
    found = []
    for name, kind in CONTRACT["kinds"].items():
        if kind not in ("categorical", "boolean", "numeric") or name not in train or name == CONTRACT["passage"]:
            continue
        values = train[name].dropna().unique()
        if 1 < len(values) <= MOST_GROUPS:
            codes = {value: code for code, value in enumerate(values.tolist(), start=1)}
            found.append((name, *(np.array([codes.get(v, 0) for v in part[name].tolist()], np.int64) for part in (train, test))))
    return found
