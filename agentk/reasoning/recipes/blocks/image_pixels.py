"""Image files as arrays of one square size, and their features: histograms of gradients, and a coarse picture with colors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from agentk.reasoning.recipes.blocks.contract import CONTRACT

Pixels = NDArray[np.float32]
SMALL, LARGE = 32, 64  # sides; images of at most 40 pixels are small
SHAPE, TONE = "shape", "tone"  # prefixes of prepared columns
DIRECTIONS = 12
CHUNK = 256


def image_columns(rows: pd.DataFrame) -> list[str]:
    """Columns of paths relative to the data folder."""
    return [name for name, kind in CONTRACT["kinds"].items() if kind == "image" and name in rows]


def image_features(rows: pd.DataFrame, data_dir: Path) -> pd.DataFrame:
    """Float32 columns `shape0`, ... (histograms of gradients) and `tone0`, ... (a coarse picture) of every image column."""
    shapes, tones = [], []
    for name in image_columns(rows):
        paths = [data_dir / str(path) for path in rows[name]]
        side = common_side(paths)
        parts = [read_images(paths[start : start + CHUNK], side) for start in range(0, len(paths), CHUNK)]
        shapes.append(np.concatenate([gradient_histograms(part, side // 8) for part in parts]))
        tones.append(np.concatenate([coarse_picture(part) for part in parts]))
    blocks = [(SHAPE, np.hstack(shapes)), (TONE, np.hstack(tones))] if shapes else []
    frames = [pd.DataFrame(block, columns=[f"{prefix}{i}" for i in range(block.shape[1])]) for prefix, block in blocks]
    return pd.concat(frames, axis=1) if frames else pd.DataFrame({f"{SHAPE}0": np.zeros(len(rows), np.float32)})


def prepared_matrices(train: pd.DataFrame, test: pd.DataFrame, data_dir: Path, prefixes: tuple[str, ...]) -> tuple[Any, Any]:
    """Float matrices of the prepared columns with these prefixes; made now where nobody has prepared them."""
    sides = []
    for frame in (train, test):
        features = frame if f"{SHAPE}0" in frame else image_features(frame, data_dir)
        names = [name for name in features if any(str(name).removeprefix(prefix).isdecimal() for prefix in prefixes)]
        sides.append(features[names].to_numpy(np.float32))
    return sides[0], sides[1]


def common_side(paths: list[Path]) -> int:
    """The side all images are brought to: 32 where most of the first ones are small, else 64."""
    sizes = []
    for path in paths[:50]:
        try:
            with Image.open(path) as image:
                sizes.append(max(image.size))
        except (OSError, ValueError):
            continue
    return SMALL if sizes and np.median(sizes) <= 40 else LARGE


def read_images(paths: list[Path], side: int) -> Pixels:
    """(N, side, side, 3) values in 0..1; mid-grey where a file is missing or broken."""
    result = np.full((len(paths), side, side, 3), 0.5, dtype=np.float32)
    for row, path in enumerate(paths):
        try:
            with Image.open(path) as image:
                pixels = image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR)
        except (OSError, ValueError, Image.DecompressionBombError):
            continue
        result[row] = np.asarray(pixels, dtype=np.float32) / 255.0
    return result


def gradient_histograms(images: Pixels, step: int) -> Pixels:
    """(N, 768) directions of edges on a grid of 8 by 8, each image of length 1 (after Dalal & Triggs 2005).

    Votes are spread by a Gaussian of half a `step` in place of cells and blocks; the square root dampens strong edges.
    """
    grey = images.mean(axis=3)
    down, right = np.gradient(grey, axis=(1, 2))
    strength = np.hypot(down, right)
    place = np.arctan2(down, right) / (2 * np.pi) * DIRECTIONS % DIRECTIONS
    votes = np.zeros((len(images), DIRECTIONS, *grey.shape[1:]), dtype=np.float32)
    for direction in range(DIRECTIONS):
        away = np.abs(place - direction)
        votes[:, direction] = strength * np.maximum(0, 1 - np.minimum(away, DIRECTIONS - away))
    spread = gaussian_filter(votes, (0, 0, step / 2, step / 2))
    cells = spread[:, :, step // 2 :: step, step // 2 :: step].reshape(len(images), -1)
    lengths = np.maximum(np.linalg.norm(cells, axis=1, keepdims=True), 1e-6)
    return np.asarray(np.sqrt(cells / lengths), dtype=np.float32)


def coarse_picture(images: Pixels) -> Pixels:
    """(N, 384) means of the tiles of a 16 by 16 grid in grey, and of an 8 by 8 grid in two color contrasts."""
    tiles = images.reshape(len(images), 16, images.shape[1] // 16, 16, -1, 3).mean(axis=(2, 4))
    grey = tiles.mean(axis=3).reshape(len(images), -1)
    coarse = tiles.reshape(len(images), 8, 2, 8, 2, 3).mean(axis=(2, 4))
    contrasts = np.stack([coarse[..., 0] - coarse[..., 1], coarse[..., 2] - coarse[..., :2].mean(axis=3)], axis=3)
    return np.hstack([grey, contrasts.reshape(len(images), -1)]).astype(np.float32)
