"""Pictures in files: one or several columns of paths below the data folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from agentk.reasoning.recipes.blocks.contract import CONTRACT

Pixels = NDArray[np.float32]


def picture_columns(rows: pd.DataFrame) -> list[str]:
    """Columns of paths relative to the data folder."""
    return [name for name, kind in CONTRACT["kinds"].items() if kind == "image" and name in rows]


def longest_side(rows: pd.DataFrame, name: str, data_dir: Path) -> float:
    """How high or wide the first pictures of a column are, in the median; infinite where none can be read."""
    sizes = []
    for path in rows[name].head(50):
        try:
            with Image.open(data_dir / str(path)) as image:
                sizes.append(max(image.size))
        except (OSError, ValueError):
            continue
    return float(np.median(sizes)) if sizes else np.inf


def read_pictures(rows: pd.DataFrame, name: str, data_dir: Path, side: int) -> Pixels:
    """(N, side, side, 3) values in 0..1; mid-grey where a file is missing or broken."""
    result = np.full((len(rows), side, side, 3), 0.5, dtype=np.float32)
    for row, path in enumerate(rows[name]):
        try:
            with Image.open(data_dir / str(path)) as image:
                pixels = image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR)
        except (OSError, ValueError, Image.DecompressionBombError):
            continue
        result[row] = np.asarray(pixels, dtype=np.float32) / 255.0
    return result
