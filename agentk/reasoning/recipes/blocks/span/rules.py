"""Rules for spans, for each group of rows the one that agrees best with answers: the whole text, a part, its telling words."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agentk.reasoning.recipes.blocks.contract import CONTRACT, with_defaults
from agentk.reasoning.recipes.blocks.span.agreement import agreement
from agentk.reasoning.recipes.blocks.span.edges import Edges
from agentk.reasoning.recipes.blocks.span.groups import group_codes
from agentk.reasoning.recipes.blocks.span.words import Places, Words, answered, answers_in, words_of
from agentk.reasoning.recipes.blocks.task import Floats

SPACE: dict[str, Any] = {
    "prior": {"type": "float", "low": 0.3, "high": 30.0, "log": True, "default": 3.0},
    "reserve": {"type": "float", "low": -1.0, "high": 1.0, "default": 0.0},
}
LEAST_ROWS = 10  # of a group that has a rule of its own
LOOKED_AT = 6000  # rows on which rules are compared
FEW = (1, 3, 6)  # first and last words


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """The spans by the best rule of each group, groups being the values of the column by which rules differ most."""
    params = with_defaults(params, SPACE)
    known, unknown = words_of(train), words_of(test)
    answers = answers_in(known.texts, train[CONTRACT["targets"][0]].tolist())
    true = answered(known, answers)
    edges = Edges(known, answers, true)
    filled = np.diff(unknown.first) > 0
    whole = np.where(filled[:, None], np.stack([unknown.first[:-1], unknown.first[1:] - 1], axis=1), -1)
    best, spans = -np.inf, edges.characters(unknown, whole)
    if (true < 0).all():
        return spans
    groupings = group_codes(train, test) or [("", np.ones(len(train), np.int64), np.ones(len(test), np.int64))]
    half = np.random.default_rng(params["seed"]).random(len(train)) < 0.5
    for _, ours, theirs in groupings:
        # Words tell too much of the rows that they were counted on: each half is weighed by the other.
        by_half = [word_weights(known, true, ours, part, known, ours, params) for part in (half, ~half)]
        made = spans_by_rule(known, np.where(half[known.row], by_half[1], by_half[0]))
        told = agreements(known, answers, true, made, edges)
        chosen = best_rules(told, ours)
        rules = np.array([chosen.get(int(group), chosen[-1]) for group in ours])
        score = float(np.nanmean(told[np.arange(len(told)), rules]))
        if score > best:
            everything = np.ones(len(train), dtype=bool)
            asked = spans_by_rule(unknown, word_weights(known, true, ours, everything, unknown, theirs, params))
            picked = np.array([chosen.get(int(group), chosen[-1]) for group in theirs], dtype=np.int64)
            best, spans = score, edges.characters(unknown, asked[np.arange(len(picked)), picked])
    return spans


def best_rules(told: Floats, groups: Places) -> dict[int, int]:
    """The rule of each group by its rows' agreement (N, R), and under -1 that of all others."""
    found = {-1: int(np.nanmean(told, axis=0).argmax())}
    for group in np.unique(groups):
        rows = told[(groups == group) & np.isfinite(told).all(axis=1)]
        if len(rows) >= LEAST_ROWS:
            found[int(group)] = int(rows.mean(axis=0).argmax())
    return found


def word_weights(
    known: Words, true: Places, ours: Places, counted: NDArray[np.bool_], asked: Words, theirs: Places, params: dict[str, Any]
) -> Floats:
    """Of each word of `asked` how much more often than usual it stands in answers of its group, as a logarithm of odds.

    Rows that are answered by their whole text tell nothing, and only those that are `counted` are looked at.
    """
    whole = (true[:, 0] == known.first[:-1]) & (true[:, 1] == known.first[1:] - 1)
    rows = (counted & ~whole & (true[:, 0] >= 0))[known.row]
    place = np.arange(len(known.row))
    inside = (place >= true[known.row, 0]) & (place <= true[known.row, 1])
    plain = [word.lower().strip(".,!?;:") for word in known.spelled]
    frame = pd.DataFrame({"group": ours[known.row], "word": plain, "in": inside})
    counts = frame[rows].groupby(["group", "word"])["in"].agg(["sum", "count"])
    usual = float(np.clip(inside[rows].mean() if rows.any() else 0.5, 0.01, 0.99))
    share = (counts["sum"] + params["prior"] * usual) / (counts["count"] + params["prior"])
    odds = np.log(share / (1 - share).clip(lower=1e-6)).to_dict()
    unheard = float(np.log(usual / (1 - usual)))
    keys = zip(theirs[asked.row].tolist(), (word.lower().strip(".,!?;:") for word in asked.spelled), strict=True)
    return np.array([odds.get(key, unheard) + params["reserve"] for key in keys], dtype=float)


def spans_by_rule(words: Words, weights: Floats) -> Places:
    """(N, R, 2) first and last word by every rule, counted over all texts; (-1, -1) where a text has no word."""
    found = np.full((len(words.texts), 4 + 2 * len(FEW), 2), -1, dtype=np.int64)
    stops = np.array([word[-1] in ".!?" for word in words.spelled], dtype=bool)
    for row, (low, high) in enumerate(zip(words.first[:-1], words.first[1:] - 1, strict=True)):
        if high < low:
            continue
        cuts = [low, *(np.flatnonzero(stops[low:high]) + low + 1).tolist(), high + 1]
        sentences = [(begin, end - 1) for begin, end in pairwise(cuts)]
        parts = [(low, high), sentences[0], sentences[-1], heaviest(weights[low : high + 1], low)]
        for few in FEW:
            parts += [(low, min(low + few - 1, high)), (max(high - few + 1, low), high)]
        found[row] = parts
    return found


def heaviest(weights: Floats, offset: int) -> tuple[int, int]:
    """First and last place of the run with the largest sum (Kadane's scan)."""
    best, span, total, begin = -np.inf, (offset, offset), 0.0, 0
    for at, weight in enumerate(weights.tolist()):
        if total <= 0:
            total, begin = 0.0, at
        total += weight
        if total > best:
            best, span = total, (offset + begin, offset + at)
    return span


def agreements(words: Words, answers: Places, true: Places, made: Places, edges: Edges) -> Floats:
    """(N, R) how well each rule's words agree with the answer; NaN for rows that are not looked at or have no answer."""
    found = np.full(made.shape[:2], np.nan)
    rows = np.flatnonzero(true[:, 0] >= 0)
    rows = rows[:: max(1, len(rows) // LOOKED_AT)]
    for rule in range(made.shape[1]):
        places = edges.characters(words, made[:, rule]).astype(int)
        for row in rows:
            (start, end), (first, last) = answers[row], places[row]
            found[row, rule] = agreement(words.texts[row][start:end], words.texts[row][first:last])
    return found
