"""From what is likely of every word to the span that is expected to agree best with the answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.span.words import Places, Words
from agentk.reasoning.recipes.blocks.task import Floats

ENDS = 7  # likeliest first and last words that spans are made of
CELLS = 400_000  # words of texts, filled up to the longest, that are looked at at once


def best_spans(words: Words, odds: Floats, asked: Places, longest: int, params: dict[str, Any]) -> Places:
    """(M, 2) first and last word of the texts asked for, counted over all texts; (-1, -1) where a text has no word.

    odds (words, 3): logarithms of the odds that a word is in the answer, begins it, ends it. A span is as likely as its ends are
    and, by the weight "inside", the words that it takes in and leaves out. "sharpness" multiplies the logarithm of that.
    """
    found = np.full((len(asked), 2), -1, dtype=np.int64)
    counts, first = np.diff(words.first)[asked], words.first[asked]
    order = np.argsort(counts, kind="stable")
    order = order[counts[order] > 0]
    while len(order):
        width = counts[order]  # texts of like length go together
        some = max(1, int((width * np.arange(1, len(width) + 1) <= CELLS).sum()))
        rows, order = order[:some], order[some:]
        found[rows] = chosen(first[rows], counts[rows], odds, longest, params)
    return found


def chosen(first: Places, counts: Places, odds: Floats, longest: int, params: dict[str, Any]) -> Places:
    """The same for some texts, by where their words begin and how many they are."""
    place = np.arange(counts.max())
    there = place < counts[:, None]
    padded = np.where(there[..., None], odds[np.minimum(first[:, None] + place, len(odds) - 1)], -np.inf)
    inside = np.concatenate([np.zeros((len(first), 1)), np.cumsum(np.where(there, padded[..., 0], 0.0), axis=1)], axis=1)
    starts, ends = likeliest(padded[..., 1], np.zeros_like(counts)), likeliest(padded[..., 2], counts - 1)
    pairs = starts.shape[1] * ends.shape[1]
    begin = np.repeat(starts, ends.shape[1], axis=1)
    end = np.tile(ends, (1, starts.shape[1]))
    rows = np.arange(len(first))[:, None]
    weight = padded[rows, begin, 1] + padded[rows, end, 2] + params["inside"] * (inside[rows, end + 1] - inside[rows, begin])
    possible = (end >= begin) & ((end - begin < longest) | (end - begin + 1 == counts[:, None]))
    weight = np.where(possible & np.isfinite(weight), params["sharpness"] * weight, -np.inf)
    weight[~possible.any(axis=1), 0] = 0.0
    likely = np.exp(weight - weight.max(axis=1, keepdims=True))
    likely /= likely.sum(axis=1, keepdims=True)
    expected = np.zeros((len(first), pairs))
    for other in range(pairs):
        expected += likely[:, [other]] * agreements(begin, end, begin[:, [other]], end[:, [other]])
    best = np.where(possible, expected, -1.0).argmax(axis=1)
    picked = np.stack([begin[rows[:, 0], best], end[rows[:, 0], best]], axis=1)
    picked[~possible.any(axis=1)] = 0
    return np.asarray(first[:, None] + picked)


def likeliest(odds: Floats, besides: Places) -> Places:
    """(N, K) places of the largest odds of each text, and the one given besides."""
    most = min(ENDS, odds.shape[1])
    leading = np.argpartition(-odds, most - 1, axis=1)[:, :most]
    return np.concatenate([leading, besides[:, None]], axis=1)


def agreements(begin: Places, end: Places, first: Places, last: Places) -> Floats:
    """How well spans of words agree, by the competition's metric."""
    if CONTRACT["metric"] == "exact_match":
        return np.asarray((begin == first) & (end == last), dtype=float)
    common = np.maximum(np.minimum(end, last) - np.maximum(begin, first) + 1, 0)
    both = np.maximum(end - begin + 1, 1) + np.maximum(last - first + 1, 1)
    return np.asarray(2 * common / both if CONTRACT["metric"] == "token_f1" else common / (both - common))
