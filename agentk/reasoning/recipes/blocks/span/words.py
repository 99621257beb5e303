"""Texts as words with places, and the words that each row's answer consists of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agentk.reasoning.recipes.blocks.contract import CONTRACT

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Words:
    """All words of N texts, one after the other: what blanks separate."""

    texts: list[str]
    spelled: list[str]
    row: Places  # of each word
    start: Places  # its first character
    end: Places  # the one behind its last
    first: Places  # (N + 1,) where each text's words begin

    @property
    def place(self) -> Places:
        """Of each word among those of its text, from 0."""
        return np.arange(len(self.row)) - self.first[self.row]

    @property
    def count(self) -> Places:
        """Of each word, how many its text has."""
        return np.diff(self.first)[self.row]


def words_of(rows: pd.DataFrame) -> Words:
    """The words of the text that answers are cut from."""
    texts = [text if isinstance(text, str) else "" for text in rows[CONTRACT["passage"]].tolist()]
    found = [[match.span() for match in re.finditer(r"\S+", text)] for text in texts]
    counts = np.array([len(spans) for spans in found], dtype=np.int64)
    ends = np.array([span for spans in found for span in spans], dtype=np.int64).reshape(-1, 2)
    spelled = [text[start:end] for text, spans in zip(texts, found, strict=True) for start, end in spans]
    first = np.concatenate([[0], np.cumsum(counts)])
    return Words(texts, spelled, np.repeat(np.arange(len(texts)), counts), ends[:, 0], ends[:, 1], first)


def answers_in(texts: list[str], answers: list[Any]) -> Places:
    """(N, 2) first character of each answer in its text and the one behind its last; (-1, -1) where it is not there."""
    found = np.full((len(texts), 2), -1, dtype=np.int64)
    for row, (text, value) in enumerate(zip(texts, answers, strict=True)):
        answer = str(value).strip()
        at = text.find(answer)
        while answer and at > 0 and text[at - 1].isalnum() and answer[0].isalnum() and text.find(answer, at + 1) > 0:
            at = text.find(answer, at + 1)  # rather a word of its own than the end of another
        if answer and at < 0 and (alike := re.search(r"\s+".join(map(re.escape, answer.split())), text, re.IGNORECASE)):
            found[row] = alike.span()
        elif answer and at >= 0:
            found[row] = at, at + len(answer)
    return found


def answered(words: Words, answers: Places) -> Places:
    """(N, 2) first and last word of each answer, counted over all texts; (-1, -1) where it touches none."""
    known = answers[words.row]
    touched = np.flatnonzero((words.start < known[:, 1]) & (words.end > known[:, 0]))
    found = np.full((len(words.texts), 2), -1, dtype=np.int64)
    found[words.row[touched[::-1]], 0] = touched[::-1]
    found[words.row[touched], 1] = touched
    return found
