"""Pictures in columns of pixels: one a row, all of one size."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agentk.reasoning.recipes.blocks.contract import CONTRACT

Pixels = NDArray[np.float32]


def picture_columns(rows: pd.DataFrame) -> list[str]:
    """How the columns of the picture are called, with their numbers left out."""
    return [CONTRACT["pixels"]["name"]]


def longest_side(rows: pd.DataFrame, name: str, data_dir: Path) -> float:
    """How high or wide the pictures are."""
    return float(max(CONTRACT["pixels"]["height"], CONTRACT["pixels"]["width"]))


def read_pictures(rows: pd.DataFrame, name: str, data_dir: Path, side: int) -> Pixels:
    """(N, side, side, 1 or 3) values in 0..1; mid-grey where one is missing."""
    told = CONTRACT["pixels"]
    numbers = product(*(range(told["first"], told["first"] + count) for count in told["counts"]))
    values = rows[[name.format(*some) for some in numbers]].to_numpy(dtype=np.float32, na_value=np.nan)
    values = np.nan_to_num(values / np.float32(told["white"]), nan=0.5).clip(0.0, 1.0)
    height, width, channels = told["height"], told["width"], told["channels"]
    if told["planar"]:
        planes = values.reshape(-1, channels, height, width)
    else:
        planes = values.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
    resized = resampling(height, side) @ planes @ resampling(width, side).T
    return np.ascontiguousarray(resized.transpose(0, 2, 3, 1))


def resampling(size: int, side: int) -> Pixels:
    """(side, size) shares of the pixels of a line in those of one that is `side` long: a triangle about each new place."""
    scale = size / side
    places = (np.arange(side) + 0.5) * scale - 0.5
    away = np.abs(places[:, None] - np.arange(size)) / max(scale, 1.0)
    shares = np.maximum(1.0 - away, 0.0)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float32)
