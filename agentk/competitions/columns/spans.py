"""Answers that are parts of a text: which text column a target is cut from, and where in it an answer stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from agentk.competitions.metrics.spans import kept
from agentk.types.metric import Array

_LOOKED_AT = 5000  # rows that are looked at
_NEARLY_ALL = 0.9  # share of the answers that stand in their row's text
_DIFFERENT = 0.2  # share of different answers from which on they are words rather than labels
_FEWEST = 20  # different answers


def passage_of(train: pd.DataFrame, target: str, columns: Sequence[str], *, said: bool = False) -> tuple[str, float] | None:
    """The text column that the target's values are cut from, and the share of them that stand in it; None where they are not.

    Blanks and case do not count. A few labels that come again and again are labels, even where texts spell them out; and
    answers that are no part of a longer text but all of it are a column again, not a part of it. Where the person has `said`
    that answers are parts of a text, they may be few, and half of them stand nowhere.
    """
    known = train[train[target].notna()]
    looked = known if len(known) <= _LOOKED_AT else known.sample(_LOOKED_AT, random_state=0)
    if types.is_numeric_dtype(looked[target]) or not all(isinstance(value, str) for value in looked[target]):
        return None
    if not said and known[target].nunique() < max(_FEWEST, _DIFFERENT * len(known)):
        return None
    answers = [_plain(answer) for answer in looked[target]]
    found: list[tuple[float, float, str]] = []
    for name in columns:
        if not types.is_string_dtype(looked[name]) and looked[name].dtype != object:
            continue
        texts = [_plain(text) for text in looked[name]]
        within = [answer in text for answer, text in zip(answers, texts, strict=True)]
        shorter = sum(len(answer) < len(text) for answer, text in zip(answers, texts, strict=True))
        if sum(within) >= (0.5 if said else _NEARLY_ALL) * len(within) and shorter > 0.1 * len(within):
            found.append((sum(within) / len(within), -float(sum(map(len, texts))), name))
    return (max(found)[2], max(found)[0]) if found else None  # of several the shortest: a question beside its context is none


def _plain(value: Any) -> str:
    return " ".join(value.lower().split()) if isinstance(value, str) else ""


def located(text: str, answer: str) -> tuple[int, int]:
    """First character of an answer in its text, and the one behind its last; (-1, -1) where it does not stand there.

    Where it stands several times, the first time as words of their own; where it is spelled otherwise, blanks and case aside.
    """
    answer = answer.strip()
    first = at = text.find(answer)
    while at >= 0 and answer:
        end = at + len(answer)
        inside = text[at - 1 : at].isalnum() and answer[0].isalnum(), text[end : end + 1].isalnum() and answer[-1].isalnum()
        if not any(inside):
            return at, end
        at = text.find(answer, at + 1)
    if first >= 0:
        return first, first + len(answer)
    alike = re.search(r"\s+".join(map(re.escape, answer.split())), text, re.IGNORECASE)
    return alike.span() if alike else (-1, -1)


def span_truth(texts: Sequence[Any], answers: Sequence[Any]) -> Array:
    """(N, 3) the truth of rows, as `metrics.spans` has it; a missing text is an empty one."""
    rows = []
    for value, answer in zip(texts, answers, strict=True):
        text = value if isinstance(value, str) else ""
        rows.append((kept(text, str(answer)), *located(text, str(answer))))
    return np.array(rows, dtype=np.float64).reshape(-1, 3)
