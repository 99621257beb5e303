"""A span task as words: those of train and test together, what is known of their answers, and spans back as characters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.span.edges import Edges
from agentk.reasoning.recipes.blocks.span.groups import group_codes
from agentk.reasoning.recipes.blocks.span.words import Places, Words, answered, answers_in, words_of


@dataclass(frozen=True)
class SpanTask:
    """The words of all rows, train first; `known` and `asked` are masks of words."""

    rows: pd.DataFrame
    words: Words
    true: Places  # (N, 2) first and last word of each answer, (-1, -1) where it is not known
    known: NDArray[np.bool_]  # words of texts whose answer is known
    asked: Places  # the rows of test
    groups: list[Places]  # codes of the rows by the columns of few values
    edges: Edges

    @property
    def labels(self) -> NDArray[np.bool_]:
        """(words, 3): is in the answer, begins it, ends it."""
        place, (begin, end) = np.arange(len(self.words.row)), self.true[self.words.row].T
        return np.column_stack([(place >= begin) & (place <= end), place == begin, place == end])

    @property
    def longest(self) -> int:
        """Words of the longest answers; of texts that are not answered whole, but for one in a hundred."""
        first, last = self.words.first[:-1], self.words.first[1:] - 1
        part = (self.true[:, 0] >= 0) & ((self.true[:, 0] > first) | (self.true[:, 1] < last))
        lengths = (self.true[:, 1] - self.true[:, 0] + 1)[part]
        return int(np.quantile(lengths, 0.99)) + 1 if len(lengths) else int((last - first).max()) + 1


def span_task(train: pd.DataFrame, test: pd.DataFrame) -> SpanTask:
    """What there is to learn from the rows of train, and to say of those of test."""
    names = [name for name in CONTRACT["kinds"] if name in train and name in test]
    rows = pd.concat([train[names], test[names]], ignore_index=True)
    words = words_of(rows)
    answers = np.full((len(rows), 2), -1, dtype=np.int64)
    answers[: len(train)] = answers_in(words.texts[: len(train)], train[CONTRACT["targets"][0]].tolist())
    true = answered(words, answers)
    groups = [np.concatenate([ours, theirs]) for _, ours, theirs in group_codes(train, test)]
    known = true[words.row, 0] >= 0
    return SpanTask(rows, words, true, known, np.arange(len(train), len(rows)), groups, Edges(words, answers, true))
