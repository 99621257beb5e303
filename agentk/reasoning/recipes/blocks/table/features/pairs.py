"""Pairs of numbers that tell much: their differences, ratios or products, which trees must piece together and lines cannot."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.table.features.numbers import LARGEST
from agentk.reasoning.recipes.blocks.table.features.telling import telling_numbers
from agentk.reasoning.recipes.blocks.task import Codes, Features, Floats

SPACE = {
    "pairs": {
        "type": "choice",
        "choices": ["none", "differences", "ratios", "products"],
        "default": "none",
        "kinds": ["numeric"],
    }
}
PAIRED_COLUMNS = 8


def paired(head: pd.DataFrame, tail: pd.DataFrame, target: Codes | Floats, discrete: bool, params: dict[str, Any]) -> Features:
    """A column for each pair of the numbers that tell most of the target."""
    if params["pairs"] == "none":
        return {}
    chosen = telling_numbers(head, target, discrete, PAIRED_COLUMNS)
    numbers = {name: np.concatenate([head[name], tail[name]]) for name in chosen}
    return pair_features(numbers, params["pairs"])


def pair_features(numbers: Features, how: str) -> Features:
    """Differences, ratios or products of all pairs of columns."""
    features: Features = {}
    for left, right in combinations(numbers, 2):
        first, second = numbers[left], numbers[right]
        if how == "differences":
            features[f"{left} - {right}"] = first - second
        elif how == "products":
            features[f"{left} * {right}"] = np.clip(first * second, -LARGEST, LARGEST)
        else:
            features[f"{left} / {right}"] = np.clip(first / np.where(second == 0, np.nan, second), -LARGEST, LARGEST)
    return features
