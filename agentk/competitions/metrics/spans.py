"""Metrics of spans: words cut from a row's text, against the words that are right.

Numbers alone go through the referee, so words are kept here, as `sys.intern` keeps strings: `kept("a good day", "good")` is the
number of that text and its right answer in this process. A truth is (N, 3): that number, and where the answer stands in the text
(-1, -1 where it does not). An answer is (N, 2), first character and the one behind the last; or (N, 1), the number of any words.
"""

from __future__ import annotations

import re
import string
import threading
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from agentk.competitions.metrics.entry import NamedMetric
from agentk.types.metric import Array


class Passage(NamedTuple):
    """A text, and the words of it that are right."""

    text: str
    answer: str


_NUMBERS: dict[Passage, int] = {}
_PASSAGES: list[Passage] = []
_LOCK = threading.Lock()


def kept(text: str, answer: str) -> int:
    """The number of a text with its answer, the same whenever it is asked for."""
    passage = Passage(text, answer)
    with _LOCK:
        if passage not in _NUMBERS:
            _NUMBERS[passage] = len(_PASSAGES)
            _PASSAGES.append(passage)
        return _NUMBERS[passage]


def passage(number: float) -> Passage:
    """What is kept under a number."""
    return _PASSAGES[int(number)]


def words_of(words: list[str]) -> Array:
    """(N, 1) answers that are words themselves, whatever the text."""
    return np.array([[kept(one, one)] for one in words], dtype=np.float64).reshape(-1, 1)


def spelled(truth: Array, answer: Array) -> list[str]:
    """Answers as words; truth (N, 3), answer (N, 2) or (N, 1)."""
    if answer.shape[1] == 1:
        return [passage(number).answer for number in answer[:, 0]]
    from agentk.competitions.files.rows import cut  # pandas, which whoever asks for a metric by name can do without

    return cut([passage(number).text for number in truth[:, 0]], answer)


def word_jaccard(true: str, said: str) -> float:
    """Words in common over words of either, words being what blanks separate, in lower case, each counted once; 1 of nothing."""
    one, other = set(true.lower().split()), set(said.lower().split())
    return len(one & other) / len(one | other) if one or other else 1.0


def plain_tokens(words: str) -> list[str]:
    """Words in lower case, without punctuation and without a, an and the (Rajpurkar et al. 2016, SQuAD's evaluation)."""
    bare = words.lower().translate(_NO_PUNCTUATION)
    return re.sub(r"\b(a|an|the)\b", " ", bare).split()


_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def token_f1(true: str, said: str) -> float:
    """F1 of plain tokens, each as often as it occurs; where either has none, whether both have none."""
    one, other = plain_tokens(true), plain_tokens(said)
    common = (Counter(one) & Counter(other)).total()
    return 2 * common / (len(one) + len(other)) if one and other else float(one == other)


def exact_match(true: str, said: str) -> float:
    """Whether the plain tokens are the same, in the same order."""
    return float(plain_tokens(true) == plain_tokens(said))


def _metric(name: str, agreement: Callable[[str, str], float], aliases: tuple[str, ...]) -> NamedMetric:
    def agreements(truth: Array, answer: Array) -> Array:
        said = spelled(truth, answer)
        true = [passage(number).answer for number in truth[:, 0]]
        return np.array([agreement(*pair) for pair in zip(true, said, strict=True)], dtype=np.float64)

    return NamedMetric(
        name,
        "maximize",
        "spans",
        lambda t, a, w: w.mean(agreements(t, a)),
        lambda t, a, _: 1 - agreements(t, a),
        aliases=aliases,
    )


SPANS = (
    _metric("word_jaccard", word_jaccard, ("word_level_jaccard", "jaccard_words")),
    _metric("token_f1", token_f1, ("squad_f1", "token_level_f1")),
    _metric("exact_match", exact_match, ("squad_em",)),
)
