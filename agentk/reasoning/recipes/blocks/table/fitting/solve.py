"""The common course of table recipes: typed features, numbers in the form a model likes, one fit for each target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from agentk.reasoning.recipes.blocks.table.features.clusters import clustered
from agentk.reasoning.recipes.blocks.table.features.crosses import crossed
from agentk.reasoning.recipes.blocks.table.features.frame import typed_frames
from agentk.reasoning.recipes.blocks.table.features.groups import grouped
from agentk.reasoning.recipes.blocks.table.features.pairs import paired
from agentk.reasoning.recipes.blocks.table.features.screen import screened, untelling
from agentk.reasoning.recipes.blocks.table.fitting.joint import Together, fitted_together, joint_targets, principal
from agentk.reasoning.recipes.blocks.table.fitting.pace import useful_threads
from agentk.reasoning.recipes.blocks.table.fitting.scale import on_scale
from agentk.reasoning.recipes.blocks.task import Codes, Features, Floats, predict_targets

Represent = Callable[[pd.DataFrame, pd.DataFrame, Any, bool, dict[str, Any]], tuple[Any, Any]]
Classify = Callable[[Any, Codes, Any], Floats]  # X, codes 0..K-1, X_test -> (rows, K) probabilities
Regress = Callable[[Any, Floats, Any], Floats]  # X, values, X_test -> (rows,) values


def solve_table(
    train: pd.DataFrame,
    test: pd.DataFrame,
    params: dict[str, Any],
    *,
    represent: Represent,
    classify: Classify,
    regress: Regress,
    together: Together | None = None,
) -> Floats:
    """The prediction matrix. `represent` makes float matrices of typed frames; numeric targets are fitted on their best scale.

    together: fits many targets at once, where a model can.
    """
    head, tail = typed_frames(train, test, params, untelling(train, test, params))
    targets = joint_targets(train) if together is not None else None

    def shaped(target: Codes | Floats, discrete: bool) -> tuple[Any, Any]:
        frames = screened(head, tail, train, target, discrete, params)
        further: Features = {}
        for family in (grouped, clustered, paired, crossed):
            further |= family(*frames, target, discrete, params)
        return represent(*joined(*frames, further), target, discrete, params)

    def class_shares(codes: Codes) -> Floats:
        X, X_test = shaped(codes, True)
        return classify(X, codes, X_test)

    def values(target: Floats) -> Floats:
        def fit(scaled: Floats) -> Floats:
            X, X_test = shaped(scaled, False)
            return np.clip(
                regress(X, scaled, X_test), 1.5 * scaled.min() - 0.5 * scaled.max(), 1.5 * scaled.max() - 0.5 * scaled.min()
            )

        return on_scale(target, fit)

    with threadpool_limits(limits=useful_threads(params, head.size)):  # linear algebra takes every core it sees otherwise
        if targets is not None and together is not None:
            return fitted_together(targets, *represent(head, tail, principal(targets), False, params), together)
        return predict_targets(train, len(test), class_shares, values)


def joined(head: pd.DataFrame, tail: pd.DataFrame, features: Features) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The frames with further columns, which hold values for the rows of both."""
    if not features:
        return head, tail
    both = pd.concat([pd.concat([head, tail], ignore_index=True), pd.DataFrame(features)], axis=1)
    return both.iloc[: len(head)], both.iloc[len(head) :].reset_index(drop=True)


def both_classes(likely: Any) -> Floats:
    """(N, 2) probabilities of which `likely` (N,) is the second."""
    second = np.asarray(likely, dtype=float)
    return np.column_stack([1.0 - second, second])
