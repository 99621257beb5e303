"""Texts of one row held against each other: a question and its answer, a search and what it found, two names of one thing."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.task import Features, Floats
from agentk.reasoning.recipes.blocks.text.ngrams import character_counts, tf_idf, unit_rows, word_counts

HELD_AGAINST = 4  # text columns at most, the first ones
SPELLED = 200  # characters of a text that its spelling is compared by
NO_WORD = re.compile(r"\W+")


def shared_features(rows: pd.DataFrame, train_rows: int) -> Features:
    """For each pair of text columns: words in common and their share of either text, likeness of words and of spelling.

    What words are rare, and count for more in the likeness, is told by the first `train_rows` rows. Endings and slips of
    spelling change a few runs of three letters and leave the rest.
    """
    names = [name for name in rows if CONTRACT["kinds"].get(name) == "text"][:HELD_AGAINST]
    if len(names) < 2:
        return {}
    texts = {name: [NO_WORD.sub(" ", text.lower()) for text in rows[name].astype("string").fillna("")] for name in names}
    words = {name: word_counts(column, 1, 1) for name, column in texts.items()}
    spelled = {name: character_counts([text[:SPELLED] for text in column], 3, 3) for name, column in texts.items()}
    for counts in words.values():
        counts.data[:] = 1.0
    features: Features = {}
    for one, other in combinations(names, 2):
        common = overlap(words[one], words[other])
        features[f"{one} & {other}:words"] = common
        for name in (one, other):
            features[f"{one} & {other}:share of {name}"] = common / np.maximum(np.diff(words[name].indptr), 1)
        features[f"{one} & {other}:likeness"] = likeness(words[one], words[other], train_rows)
        features[f"{one} & {other}:spelling"] = overlap(unit_rows(spelled[one]), unit_rows(spelled[other]))
    return features


def overlap(one: Any, other: Any) -> Floats:
    """(N,) scalar products of the rows of two CSR matrices."""
    return np.asarray(one.multiply(other).sum(axis=1), dtype=np.float64).ravel()


def likeness(one: Any, other: Any, train_rows: int) -> Floats:
    """(N,) cosines of tf-idf vectors, one vocabulary for both."""
    both = sparse.vstack([one[:train_rows], other[:train_rows], one, other], format="csr")
    _, weighed = tf_idf(both[: 2 * train_rows], both[2 * train_rows :])
    return overlap(weighed[: one.shape[0]], weighed[one.shape[0] :])
