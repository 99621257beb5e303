"""Words as sparse features: what they are, where they stand, their neighbors, and all of that by what stands beside the text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.span.words import Places, Words

BITS = 18  # features are hashed into so many
FEW = np.array([0, 1, 2, 3, 4, 6, 9, 14, 22, 40, 90])  # bounds of the bins of counts
MARKS = (".", ",", "!", "?", ":", ";", "'", '"', "*", "-", "(", ")", "_", "#", "@", "/")
FIRST_WORDS = 2  # of a text beside, such as a question: what it asks for


Parts = list[tuple[Places, ...]]
"""Of each feature the keys whose values together make its column."""


def word_parts(words: Words, rows: pd.DataFrame, groups: list[Places]) -> Parts:
    """What each word is told by. `rows`: of the texts; `groups`: codes of the rows, see `group_codes`."""
    keys = word_keys(words)
    alone = [*keys.values(), *beside_keys(words, rows)]
    parts: Parts = [(key,) for key in alone]
    parts += [(keys[one], keys[side]) for one in ("word", "shape") for side in ("before", "after")]
    parts.append((keys["place"], keys["left"]))
    for group in groups:
        own = group[words.row]
        parts += [*((own, key) for key in alone), (own, keys["place"], keys["left"])]
    return parts


def word_features(parts: Parts, at: Places) -> csr_matrix:
    """(words asked for, 2^BITS) their features, hashed, all of one weight."""
    columns = np.stack([hashed(number, *(key[at] for key in keys)) for number, keys in enumerate(parts)], axis=1)
    count, width = columns.shape
    values = np.full(columns.size, 1.0 / np.sqrt(width), dtype=np.float32)
    return csr_matrix((values, columns.ravel(), np.arange(0, columns.size + 1, width)), shape=(count, 1 << BITS))


def word_keys(words: Words) -> dict[str, Places]:
    """Numbers that say of each word what it is, how it is written, where it stands and what is next to it."""
    lower = pd.Series(words.spelled, dtype="object").str.lower()
    bare = lower.str.strip("".join(MARKS))
    word, raw, end, begin = (pd.factorize(text)[0] + 1 for text in (bare, lower, bare.str[-3:], bare.str[:4]))
    place = words.place
    left = words.count - 1 - place
    shape = word_shape(words)
    mark = pd.factorize(lower.str[-1].where(lower.str[-1].isin(MARKS), ""))[0] + 1
    found = {"word": word, "raw": raw, "ending": end, "beginning": begin, "shape": shape, "mark": mark}
    found |= {"place": binned(place), "left": binned(left), "count": binned(words.count)}
    found |= {"before": beside(word, words, -1), "after": beside(word, words, 1)}
    found |= {"two before": beside(word, words, -2), "two after": beside(word, words, 2)}
    found |= {"mark before": beside(mark, words, -1), "shape after": beside(shape, words, 1)}
    return {name: key.astype(np.int32) for name, key in found.items()}


def word_shape(words: Words) -> Places:
    """Capitals, digits and length in one number."""
    facts = [(w[:1].isupper(), w.isupper() and len(w) > 1, any(c.isdigit() for c in w), min(len(w), 8)) for w in words.spelled]
    table = np.array(facts, dtype=np.int64).reshape(-1, 4)
    return np.asarray(table @ np.array([1, 2, 4, 8]) + 1)


def beside_keys(words: Words, rows: pd.DataFrame) -> list[Places]:
    """For each further text of a row: whether it has the word, how near its words are, and what it asks for."""
    found: list[Places] = []
    for name in further_texts(rows):
        texts = [str(value).lower() if isinstance(value, str) else "" for value in rows[name].tolist()]
        theirs = [{word.strip("".join(MARKS)) for word in text.split()} for text in texts]
        lower = [word.lower().strip("".join(MARKS)) for word in words.spelled]
        shared = np.array([word in theirs[row] for word, row in zip(lower, words.row.tolist(), strict=True)], dtype=np.int64)
        total = np.concatenate([[0], np.cumsum(shared)])
        near = [
            total[np.minimum(np.arange(len(shared)) + reach + 1, words.first[words.row + 1])]
            - total[np.maximum(np.arange(len(shared)) - reach, words.first[words.row])]
            for reach in (2, 6, 15)
        ]
        asked = pd.factorize(pd.Series([" ".join(text.split()[:FIRST_WORDS]) for text in texts], dtype="object"))[0] + 1
        shape = word_shape(words)
        found += [shared, *(binned(count) for count in near), asked[words.row] * 1000 + shape, beside(shared, words, -1)]
        found += [beside(shared, words, 1)]
    return [key.astype(np.int32) for key in found]


def further_texts(rows: pd.DataFrame) -> list[str]:
    """The columns of words beside the one that answers are cut from."""
    return [name for name, kind in CONTRACT["kinds"].items() if kind == "text" and name in rows and name != CONTRACT["passage"]]


def binned(counts: Places) -> Places:
    """Bins of counts, from 1."""
    return np.asarray(np.searchsorted(FEW, counts, side="right"), dtype=np.int64)


def beside(keys: Places, words: Words, step: int) -> Places:
    """The key of the word so many steps ahead in the same text, 0 where there is none."""
    place = np.arange(len(keys)) + step
    inside = (place >= words.first[words.row]) & (place < words.first[words.row + 1])
    return np.where(inside, keys[np.clip(place, 0, max(len(keys) - 1, 0))], 0) if len(keys) else keys


def hashed(number: int, *keys: Places) -> NDArray[np.int32]:
    """A feature's column: of its number and its values."""
    mixed: Any = np.full(len(keys[0]), (number + 1) * 0x9E3779B97F4A7C15 % (1 << 64), dtype=np.uint64)
    for key in keys:
        mixed = (mixed ^ key.astype(np.uint64)) * np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(29)
    return np.asarray((mixed * np.uint64(0x94D049BB133111EB)) >> np.uint64(64 - BITS), dtype=np.int32)
