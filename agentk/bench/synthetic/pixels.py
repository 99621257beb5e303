"""Worlds of pictures in columns of pixels, and of columns that count as they do and are none."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from agentk.bench.synthetic.layout import Generator, Maker, World
from agentk.bench.synthetic.tables import features, world
from agentk.types.competition import TaskKind
from agentk.types.metric import Array

_ROWS = 300


def pictures(
    side: int = 16,
    *,
    width: int | None = None,
    colors: bool = False,
    planar: bool = False,
    fractions: bool = False,
    name: str = "pixel{}",
    first: int = 0,
    beside: bool = False,
) -> Maker:
    """Blots of three kinds, moved about; ids are row numbers that the test file lacks.

    width: where that is not `side`. planar: one color after the other. fractions: of 1 instead of 255. name: of the columns,
    with a place for one number, or for line and column. beside: with numbers and words.
    """

    def make(rng: Generator) -> World:
        height, across, channels = side, width or side, 3 if colors else 1
        codes = rng.integers(0, 3, _ROWS)
        bits = _blots(rng, codes, (height, across, channels))
        bits = bits.transpose(0, 3, 1, 2) if planar else bits
        counts = (bits[0].size,) if name.count("{") == 1 else (height, across)
        numbers = product(*(range(first, first + count) for count in counts))
        values = bits.reshape(_ROWS, -1)
        frame = pd.DataFrame(
            (values / 255).round(4) if fractions else values.astype(np.int64), columns=[name.format(*some) for some in numbers]
        )
        if beside:
            frame = pd.concat([features(rng, _ROWS, 3, 1)[0], frame], axis=1)
        made = world(rng, frame, TaskKind.MULTICLASS, {"label": codes + 3})
        made.rows = made.rows[["label", *frame.columns]].assign(ImageId=0)
        made.id, made.numbered = "ImageId", True
        made.pixels = f"{height}x{across}" + ("x3" if colors else "")
        return made

    return make


def _blots(rng: Generator, codes: NDArray[np.int64], shape: tuple[int, int, int]) -> Array:
    """(N, *shape) whole numbers from 0 to 255."""
    height, width, channels = shape
    forms = gaussian_filter(rng.normal(size=(3, height + 4, width + 4, channels)), (0, 1.5, 1.5, 0))
    own = gaussian_filter(rng.normal(size=(len(codes), *shape)), (0, 1.5, 1.5, 0))
    moved = [
        forms[int(code), y : y + height, x : x + width]
        for code, (y, x) in zip(codes, rng.integers(0, 5, (len(codes), 2)), strict=True)
    ]
    blots = np.stack(moved) + 0.7 * own
    return np.asarray(128 + 45 * blots / blots.std() + rng.normal(0, 8, blots.shape)).clip(0, 255).round()


def _numbers(rng: Generator, values: NDArray[Any], name: str, hidden: Array) -> World:
    frame = pd.DataFrame(values, columns=[f"{name}{at}" for at in range(values.shape[1])])
    return world(rng, frame, TaskKind.BINARY, {"target": (hidden > np.median(hidden)).astype(int)})


def counts(rng: Generator) -> World:
    """How often each of 14 x 14 things was bought: by many more than by others."""
    rates = rng.lognormal(1, 0.7, (_ROWS, 1)) * rng.lognormal(0, 0.5, 196)
    values = rng.poisson(rates).clip(0, 255)
    return _numbers(rng, values, "item_", values[:, :40].sum(axis=1) / (values.sum(axis=1) + 1))


def spectrum(rng: Generator) -> World:
    """16 x 16 bands of light: each as its neighbors, and the less like others the farther away."""
    values = gaussian_filter(rng.normal(size=(_ROWS, 256)), (0, 6))
    values = ((values - values.min()) / np.ptp(values)).round(5)
    codes = (values[:, 60] > np.median(values[:, 60])).astype(int) + (values[:, 200] > np.median(values[:, 200]))
    frame = pd.DataFrame(values, columns=[f"band{at}" for at in range(1, 257)])
    return world(rng, frame, TaskKind.MULTICLASS, {"mineral": np.array(["clay", "mica", "salt"])[codes]})


def hours(rng: Generator) -> World:
    """24 days of 24 hours: each hour as the next one, and as the same of the next day."""
    phase, strength = rng.normal(0, 0.8, (_ROWS, 1)), rng.uniform(0.2, 1, (_ROWS, 1))
    noise = gaussian_filter(rng.normal(size=(_ROWS, 576)), (0, 2))
    values = 100 + 60 * strength * np.sin(2 * np.pi * np.arange(576) / 24 + phase) + 30 * noise
    return _numbers(rng, values.clip(0, 255).round().astype(np.int64), "h", strength[:, 0])


def indicators(rng: Generator) -> World:
    """Which of 12 x 12 things a row is, a column each."""
    codes = rng.integers(0, 144, _ROWS)
    return _numbers(rng, np.eye(144, dtype=np.int64)[codes], "kind_", rng.normal(size=144)[codes] + rng.normal(0, 0.2, _ROWS))
