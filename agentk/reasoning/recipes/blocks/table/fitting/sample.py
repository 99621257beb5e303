"""A sample of the training rows: on millions of rows most models learn in seconds nearly all that they would learn in an hour."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.table.features.order import sequence_codes
from agentk.reasoning.recipes.blocks.task import Codes

OF_EACH_CLASS = 20  # rows that a rare class keeps


def sampled(train: pd.DataFrame, params: dict[str, Any]) -> pd.DataFrame:
    """At most params["most_rows"] of the rows, in their order; all where there is no such parameter."""
    most = params.get("most_rows")
    if most is None or len(train) <= most:
        return train
    order = np.random.default_rng(params["seed"]).permutation(len(train))
    return train.iloc[first_rows(train, order, int(most))].reset_index(drop=True)


def first_rows(train: pd.DataFrame, order: Codes, most: int) -> Codes:
    """The first `most` positions of `order`, and the first of each class, ascending."""
    sequences = sequence_codes(train)
    if sequences is None:
        chosen = order[:most]
    else:  # whole ones
        codes, _ = pd.factorize(sequences[order])
        sizes = np.bincount(codes)
        chosen = order[(np.cumsum(sizes) - sizes < most)[codes]]
    if CONTRACT["task"] in ("binary", "multiclass"):
        labels = train[CONTRACT["targets"][0]].iloc[order]
        first = (labels.groupby(labels).cumcount() < OF_EACH_CLASS).to_numpy()
        chosen = np.union1d(chosen, order[first])
    return np.sort(chosen)
