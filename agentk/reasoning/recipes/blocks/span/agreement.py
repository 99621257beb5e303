"""How well the words said agree with the words that are right, by the competition's metric."""

from __future__ import annotations

import re
import string
from collections import Counter

from agentk.reasoning.recipes.blocks.contract import CONTRACT

NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def agreement(true: str, said: str) -> float:
    """Words in common over words of either; F1 or equality of words without punctuation where the metric asks for that."""
    if CONTRACT["metric"] == "word_jaccard":
        one, other = set(true.lower().split()), set(said.lower().split())
        return len(one & other) / max(len(one | other), 1)
    first, second = plain_words(true), plain_words(said)
    if CONTRACT["metric"] == "exact_match":
        return float(first == second)
    return 2 * (Counter(first) & Counter(second)).total() / max(len(first) + len(second), 1)


def plain_words(text: str) -> list[str]:
    """Lower case, without punctuation and articles."""
    return re.sub(r"\b(a|an|the)\b", " ", text.lower().translate(NO_PUNCTUATION)).split()
