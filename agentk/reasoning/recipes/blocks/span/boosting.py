"""Spans by boosted trees over words: where they stand, what is beside them, and what linear models make of them, out of fold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.span.choice import best_spans
from agentk.reasoning.recipes.blocks.span.features import beside, beside_keys, word_keys, word_parts, word_shape
from agentk.reasoning.recipes.blocks.span.odds import RARE, drawn, linear_odds
from agentk.reasoning.recipes.blocks.span.task import SpanTask, span_task
from agentk.reasoning.recipes.blocks.task import Floats

SPACE: dict[str, Any] = {
    "learning_rate": {"type": "float", "low": 0.03, "high": 0.2, "log": True, "default": 0.08},
    "trees": {"type": "int", "low": 40, "high": 300, "log": True, "default": 90},
    "leaves": {"type": "int", "low": 4, "high": 40, "log": True, "default": 12},
    "leaf_rows": {"type": "int", "low": 5, "high": 200, "log": True, "default": 30},
    "C": {"type": "float", "low": 1.0, "high": 1000.0, "log": True, "default": 30.0},
    "epochs": {"type": "int", "low": 3, "high": 20, "default": 6},
    "inside": {"type": "float", "low": 0.0, "high": 2.0, "default": 0.5},
    "sharpness": {"type": "float", "low": 0.2, "high": 3.0, "log": True, "default": 1.0},
}
FOLDS = 4  # the linear models' folds
REACH = 3  # neighbors on either side whose odds a word sees


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Spans of the test rows' texts, in characters."""
    params = with_defaults(params, SPACE)
    task = span_task(train, test)
    seen = dense_features(task, out_of_fold(task, len(train), params))
    labels, known = task.labels, drawn(task.known, task.words.row, params["seed"])
    unknown = np.flatnonzero(task.words.row >= len(train))
    odds = np.full((len(seen), 3), RARE)
    for column in range(3):
        wanted = labels[known, column]
        if not 0 < wanted.sum() < len(wanted) or not len(unknown):
            odds[unknown, column] = -RARE if wanted.any() else RARE
            continue
        model = HistGradientBoostingClassifier(
            learning_rate=params["learning_rate"],
            max_iter=params["trees"],
            max_leaf_nodes=params["leaves"],
            min_samples_leaf=params["leaf_rows"],
            early_stopping=False,
            random_state=params["seed"],
        )
        odds[unknown, column] = model.fit(seen[known], wanted).decision_function(seen[unknown])
    return task.edges.characters(task.words, best_spans(task.words, odds, task.asked, task.longest, params))


def out_of_fold(task: SpanTask, rows: int, params: dict[str, Any]) -> Floats:
    """(words, 3) odds by linear models that have not seen the word's row; for the rows asked for the mean of all of them."""
    parts = word_parts(task.words, task.rows, task.groups)
    fold = np.random.default_rng(params["seed"]).integers(0, FOLDS, rows)[np.minimum(task.words.row, rows - 1)]
    unknown = task.words.row >= rows
    found = np.zeros((len(fold), 3))
    for held_out in range(FOLDS):
        fitted = drawn(task.known & (fold != held_out), task.words.row, params["seed"])
        asked = np.flatnonzero((fold == held_out) | unknown)
        odds = linear_odds(parts, task.labels, fitted, asked, params)
        found[asked] += np.where(unknown[asked, None], odds / FOLDS, odds)
    return found


def dense_features(task: SpanTask, odds: Floats) -> NDArray[np.float32]:
    """(words, F) numbers that trees can split: odds of the word and its neighbors, alone and among those of the text."""
    words = task.words
    frame = pd.DataFrame(odds).groupby(words.row)
    most, mean = frame.transform("max").to_numpy(), frame.transform("mean").to_numpy()
    rank = frame.rank(ascending=False).to_numpy()
    around = [beside_odds(odds, task, step) for step in range(-REACH, REACH + 1) if step]
    keys = word_keys(words)
    often = np.bincount(keys["word"])[keys["word"]]
    place, count = words.place, words.count
    plain = [place, count - 1 - place, count, place / np.maximum(count - 1, 1), np.log(often), keys["mark"], word_shape(words)]
    plain += [beside(keys["mark"], words, -1), words.end - words.start, words.start]
    plain += [group[words.row] for group in task.groups] + beside_keys(words, task.rows)
    told = [odds, odds - most, mean, rank, *around, *plain]
    return np.column_stack([np.asarray(part, dtype=np.float32) for part in told])


def beside_odds(odds: Floats, task: SpanTask, step: int) -> Floats:
    """(words, 3) odds of the word so many steps ahead in the same text, NaN where there is none."""
    place = np.arange(len(odds)) + step
    inside = (place >= task.words.first[task.words.row]) & (place < task.words.first[task.words.row + 1])
    return np.where(inside[:, None], odds[np.clip(place, 0, max(len(odds) - 1, 0))], np.nan) if len(odds) else odds
