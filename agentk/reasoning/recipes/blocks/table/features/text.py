"""Texts inside tables as numbers: statistics of their writing, and a few directions of their words (latent semantic analysis)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from agentk.reasoning.recipes.blocks.task import Features

SPACE = {"text_directions": {"type": "int", "low": 0, "high": 32, "default": 8, "kinds": ["text"]}}


def text_features(name: str, values: pd.Series[Any], train_rows: int, params: dict[str, Any]) -> Features:
    """Length, words, the shares of capitals, digits and marks, and the coordinates of tf-idf vectors on their main directions."""
    texts = values.astype("string").fillna("")
    length = texts.str.len().to_numpy(float)
    safe = np.maximum(length, 1.0)
    features: Features = {
        f"{name}:length": length,
        f"{name}:words": texts.str.count(r"\S+").to_numpy(float),
        f"{name}:capitals": texts.str.count(r"[A-Z]").to_numpy(float) / safe,
        f"{name}:digits": texts.str.count(r"\d").to_numpy(float) / safe,
        f"{name}:marks": texts.str.count(r"[^\w\s]").to_numpy(float) / safe,
        f"{name}:questions": texts.str.count(r"[?!]").to_numpy(float),
        f"{name}:lines": texts.str.count("\n").to_numpy(float),
    }
    directions = int(params["text_directions"])
    if directions:
        features |= text_directions(name, texts.tolist(), train_rows, directions, int(params["seed"]))
    return features


def text_directions(name: str, texts: list[str], train_rows: int, directions: int, seed: int) -> Features:
    """Coordinates on the main directions of the training rows' tf-idf vectors; nothing where there are too few words."""
    try:
        words = TfidfVectorizer(min_df=3, max_features=20_000, sublinear_tf=True, stop_words="english", dtype=np.float32)
        known = words.fit_transform(texts[:train_rows])
    except ValueError:  # no word occurs often enough
        return {}
    if known.shape[1] <= directions:
        return {}
    reduce = TruncatedSVD(directions, random_state=seed).fit(known)
    places = reduce.transform(words.transform(texts))
    return {f"{name}~{column}": places[:, column].astype(float) for column in range(directions)}
