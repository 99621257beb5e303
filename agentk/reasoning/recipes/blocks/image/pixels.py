"""Pixels of pictures of one square size: histograms of gradients, and a coarse picture with colors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter1d

from agentk.reasoning.recipes.blocks.image.files import Pixels, longest_side, picture_columns, read_pictures

SMALL, CLEAR = 32, 64  # sides that pictures are brought to; those of at most 40 pixels are small
SHAPE, TONE = "shape", "tone"  # prefixes of prepared columns
DIRECTIONS = 12
CHUNK = 2048


def image_features(rows: pd.DataFrame, data_dir: Path) -> pd.DataFrame:
    """Float32 columns `shape0`, ... (histograms of gradients) and `tone0`, ... (a coarse picture) of every picture of a row."""
    shapes, tones = [], []
    for name in picture_columns(rows):
        side = SMALL if longest_side(rows, name, data_dir) <= 40 else CLEAR
        parts = []
        for start in range(0, len(rows), CHUNK):
            images = read_pictures(rows.iloc[start : start + CHUNK], name, data_dir, side)
            parts.append((gradient_histograms(images, side // 8), coarse_picture(images)))
        shapes.append(np.concatenate([shape for shape, _ in parts]))
        tones.append(np.concatenate([tone for _, tone in parts]))
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


def gradient_histograms(images: Pixels, step: int) -> Pixels:
    """(N, 768) directions of edges on a grid of 8 by 8, each image of length 1 (after Dalal & Triggs 2005).

    Votes are spread by a Gaussian of half a `step` in place of cells and blocks; the square root dampens strong edges.
    """
    grey = images.mean(axis=3)
    down, right = np.gradient(grey, axis=(1, 2))
    strength = np.hypot(down, right)
    place = np.arctan2(down, right) / np.float32(2 * np.pi) * DIRECTIONS % DIRECTIONS
    spread = gaussian_filter1d(np.eye(grey.shape[1], dtype=np.float32), step / 2, axis=0)[step // 2 :: step]
    cells = np.empty((len(images), DIRECTIONS, 8, 8), dtype=np.float32)
    for direction in range(DIRECTIONS):
        away = np.abs(place - direction)
        votes = strength * np.maximum(0, 1 - np.minimum(away, DIRECTIONS - away))
        cells[:, direction] = spread @ votes @ spread.T
    flat = cells.reshape(len(images), -1)
    lengths = np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    return np.asarray(np.sqrt(flat / lengths), dtype=np.float32)


def coarse_picture(images: Pixels) -> Pixels:
    """(N, 256) means of the tiles of a 16 by 16 grid in grey; of colors (N, 384), with two contrasts on a grid of 8 by 8."""
    tiles = images.reshape(len(images), 16, images.shape[1] // 16, 16, -1, images.shape[3]).mean(axis=(2, 4))
    grey = tiles.mean(axis=3).reshape(len(images), -1)
    if images.shape[3] == 1:
        return np.asarray(grey, dtype=np.float32)
    coarse = tiles.reshape(len(images), 8, 2, 8, 2, 3).mean(axis=(2, 4))
    contrasts = np.stack([coarse[..., 0] - coarse[..., 1], coarse[..., 2] - coarse[..., :2].mean(axis=3)], axis=3)
    return np.hstack([grey, contrasts.reshape(len(images), -1)]).astype(np.float32)
