"""Clusters: how far a row lies from each of a few centers of all rows, all numbers taken together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from agentk.reasoning.recipes.blocks.table.features.dense import even_tails, filled
from agentk.reasoning.recipes.blocks.table.features.telling import telling_numbers
from agentk.reasoning.recipes.blocks.task import Codes, Features, Floats

SPACE = {"clusters": {"type": "choice", "choices": [0, 8, 24], "default": 0, "kinds": ["numeric"], "columns": 3}}
MOST_PLACED = 30  # numbers that say where a row lies, those that tell most
ROWS_A_CENTER = 5  # training rows that a cluster has on average, or there are none
LOOKED_AT = 10_000  # training rows that centers are found by at most


def clustered(head: pd.DataFrame, tail: pd.DataFrame, target: Codes | Floats, discrete: bool, params: dict[str, Any]) -> Features:
    """The distances from the centers."""
    count = int(params["clusters"])
    names = telling_numbers(head, target, discrete, MOST_PLACED) if 0 < count * ROWS_A_CENTER <= len(head) else []
    if len(names) < 2:
        return {}
    X, X_tail = filled(*even_tails(head[names].to_numpy(float), tail[names].to_numpy(float)))
    scale = StandardScaler().fit(X)
    places = scale.transform(np.vstack([X, X_tail]))
    looked = np.random.default_rng(params["seed"]).permutation(len(X))[:LOOKED_AT]
    centers = KMeans(count, n_init=2, random_state=params["seed"]).fit(places[looked])
    return {f"center {at}": distances for at, distances in enumerate(centers.transform(places).T)}
