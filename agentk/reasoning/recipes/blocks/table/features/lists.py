"""Lists as numbers: how long they are, and which frequent members they hold."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.task import Features

FREQUENT_MEMBERS = 30


def list_features(name: str, values: pd.Series[Any]) -> Features:
    """The length of each list, and 0 or 1 for each of the members that occur most often."""
    lists = [read_list(value) for value in values]
    counts = Counter(member for members in lists for member in set(members))
    frequent = [member for member, count in counts.most_common(FREQUENT_MEMBERS) if count >= 5]
    features: Features = {f"{name}:length": np.array([len(members) for members in lists], dtype=float)}
    for member in frequent:
        features[f"{name}:has {member}"] = np.array([float(member in members) for members in lists])
    return features


def read_list(value: Any) -> list[str]:
    """The members of a list, a JSON list or a comma-separated string, as strings."""
    if isinstance(value, str):
        try:
            value = json.loads(value.replace("'", '"'))
        except ValueError:
            value = value.strip("[](){}").split(",")
    if isinstance(value, list | tuple | set | np.ndarray):
        return [str(member).strip() for member in value if str(member).strip()]
    return []
