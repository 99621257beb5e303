"""Features for networks: numbers scaled by their middle half and gently clipped, flags, and places of categories to embed.

Scaling and clipping: Holzmüller, Grinsztajn, Steinwart: "Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on Tabular
Data", NeurIPS 2024, section 3.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.table.features.dense import even_tails, filled
from agentk.reasoning.recipes.blocks.table.features.encode import MANY_CLASSES, target_means
from agentk.reasoning.recipes.blocks.task import Codes, Floats

FLAGGED = 9  # categories up to which each gets a column of its own; of more, each gets an embedding
FEW_VALUES = 8  # columns of so many distinct values and less are flags, too coarse to embed
BOUND = 3.0  # what no scaled number goes beyond, in widths of the middle half


class Inputs(NamedTuple):
    """Rows as a network takes them."""

    numbers: Any  # (N, P) float32 within -BOUND ... BOUND, no gaps
    flags: Any  # (N, F) float32, 0 or 1 or a number of few values
    places: Any  # (N, C) int64: 0 for rare and unknown categories, else 1, 2 ...
    sizes: tuple[int, ...]  # the places of each of the C columns


def network_inputs(
    head: pd.DataFrame, tail: pd.DataFrame, target: Codes | Floats, discrete: bool, params: dict[str, Any]
) -> tuple[Inputs, Inputs]:
    """The training and test rows. Of columns with many categories the means of the targets, out of fold, are numbers too."""
    frequent: dict[Any, list[Any]] = {}
    for name in head:
        if isinstance(head[name].dtype, pd.CategoricalDtype):
            counts = head[name].value_counts()
            frequent[name] = list(counts.index[counts >= params["category_rows"]])
    rich = [name for name, categories in frequent.items() if len(categories) > FLAGGED]
    plain = [name for name in head if name not in frequent]
    X, X_test = even_tails(head[plain].to_numpy(float), tail[plain].to_numpy(float))
    if rich and not (discrete and len(np.unique(target)) > MANY_CLASSES):
        means, means_tail = target_means(head[rich], tail[rich], target, discrete, seed=params["seed"])
        X, X_test = np.hstack([X, means]), np.hstack([X_test, means_tail])
    X, X_test = filled(X, X_test)
    fine = np.array([len(np.unique(column)) > FEW_VALUES for column in X.T], dtype=bool)
    X, X_test = gently_scaled(X, X_test)

    def side(numbers: Floats, frame: pd.DataFrame) -> Inputs:
        flags: list[Any] = [numbers[:, ~fine]]
        places: list[Any] = [np.zeros((len(frame), 0), dtype=np.int64)]
        for name, categories in frequent.items():
            place = frame[name].cat.set_categories(categories).cat.codes.to_numpy(np.int64)[:, None] + 1
            if name in rich:
                places.append(place)
            else:
                flags.append(place == 1 + np.arange(len(categories)))
        sizes = tuple(1 + len(frequent[name]) for name in rich)
        return Inputs(numbers[:, fine].astype(np.float32), np.hstack(flags).astype(np.float32), np.hstack(places), sizes)

    return side(X, head), side(X_test, tail)


def gently_scaled(X: Floats, X_test: Floats) -> tuple[Floats, Floats]:
    """Columns less their median, by the width of their middle half (or half their range) and drawn within the bound."""
    low, middle, high = np.quantile(X, [0.25, 0.5, 0.75], axis=0)
    half = np.where(high > low, high - low, np.ptp(X, axis=0) / 2.0)
    width = np.where(half > 0, half, 1.0)
    scaled, asked = (X - middle) / width, (X_test - middle) / width
    return scaled / np.sqrt(1.0 + (scaled / BOUND) ** 2), asked / np.sqrt(1.0 + (asked / BOUND) ** 2)
