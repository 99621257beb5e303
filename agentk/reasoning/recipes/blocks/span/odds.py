"""Linear models of words: the odds that a word is in the answer, begins it, ends it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import SGDClassifier

from agentk.reasoning.recipes.blocks.span.features import Parts, word_features
from agentk.reasoning.recipes.blocks.span.words import Places
from agentk.reasoning.recipes.blocks.task import Floats

RARE = -10.0  # logarithm of the odds of what never occurs
MOST_WORDS = 400_000  # that are learned from, of texts drawn at random
AT_ONCE = 200_000  # words that are told about at once


def linear_odds(parts: Parts, labels: NDArray[np.bool_], known: Places, asked: Places, params: dict[str, Any]) -> Floats:
    """(asked, 3) logarithms of odds of the words `asked`, learned from the words `known` and their labels (words, 3).

    Logistic regression by averaged stochastic gradients: texts have many words, and their features are many and rare.
    """
    found = np.full((len(asked), 3), RARE)
    features = word_features(parts, known)
    models = []
    for column in range(3):
        wanted = labels[known, column]
        if not 0 < wanted.sum() < len(wanted):
            found[:, column] = -RARE if wanted.any() else RARE
            continue
        model = SGDClassifier(
            loss="log_loss",
            alpha=1.0 / (params["C"] * len(wanted)),
            max_iter=params["epochs"],
            tol=None,
            average=True,
            random_state=params["seed"],
        )
        models.append((column, model.fit(features, wanted)))
    for begin in range(0, len(asked) if models else 0, AT_ONCE):
        features = word_features(parts, asked[begin : begin + AT_ONCE])
        for column, model in models:
            found[begin : begin + AT_ONCE, column] = model.decision_function(features)
    return found


def drawn(known: NDArray[np.bool_], row: Places, seed: int) -> Places:
    """The known words, or those of some texts where they are more than `MOST_WORDS`; `row`: the text of each word."""
    places = np.flatnonzero(known)
    if len(places) <= MOST_WORDS:
        return places
    order = np.random.default_rng(seed).permutation(row[-1] + 1)
    counts = np.bincount(row[places], minlength=len(order))
    chosen = np.zeros(len(order), dtype=bool)
    chosen[order[np.cumsum(counts[order]) <= MOST_WORDS]] = True
    return places[chosen[row[places]]]
