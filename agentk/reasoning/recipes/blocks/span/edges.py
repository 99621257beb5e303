"""Where answers end within their first and last word: with the marks around it, or without."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from agentk.reasoning.recipes.blocks.span.words import Places, Words
from agentk.reasoning.recipes.blocks.task import Floats

LEADING, TRAILING = re.compile(r"^[^\w\s]+(?=\w)"), re.compile(r"(?<=\w)[^\w\s]+$")


class Edges:
    """What training answers do with the marks that their first word begins with, and their last one ends with."""

    def __init__(self, words: Words, answers: Places, true: Places) -> None:
        """answers (N, 2) in characters, true (N, 2) the words that they touch."""
        self.left: Counter[tuple[str, str]] = Counter()  # how often marks are left out, less how often they are not
        for (start, end), (first, last) in zip(answers.tolist(), true.tolist(), strict=True):
            if first < 0:
                continue
            if marks := LEADING.match(words.spelled[first]):
                self.left["leading", marks[0][-1]] += 1 if start >= words.start[first] + len(marks[0]) else -1
            if marks := TRAILING.search(words.spelled[last]):
                self.left["trailing", marks[0][0]] += 1 if end <= words.end[last] - len(marks[0]) else -1

    def characters(self, words: Words, spans: Places) -> Floats:
        """(N, 2) first character and the one behind the last of spans (N, 2) of words; (0, 0) where there is none."""
        found = np.zeros((len(spans), 2))
        for row, (first, last) in enumerate(spans.tolist()):
            if first < 0:
                continue
            start, end = int(words.start[first]), int(words.end[last])
            leading, trailing = LEADING.match(words.spelled[first]), TRAILING.search(words.spelled[last])
            if leading and self.left["leading", leading[0][-1]] > 0:
                start += len(leading[0])
            if trailing and self.left["trailing", trailing[0][0]] > 0:
                end -= len(trailing[0])
            found[row] = start, end
        return found
