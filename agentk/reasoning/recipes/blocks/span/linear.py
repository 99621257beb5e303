"""Spans by linear models of words (in the answer, its first, its last), then the one that is expected to agree best."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.span.choice import best_spans
from agentk.reasoning.recipes.blocks.span.features import word_parts
from agentk.reasoning.recipes.blocks.span.odds import drawn, linear_odds
from agentk.reasoning.recipes.blocks.span.task import span_task
from agentk.reasoning.recipes.blocks.task import Floats

SPACE: dict[str, Any] = {
    "C": {"type": "float", "low": 1.0, "high": 1000.0, "log": True, "default": 60.0},
    "epochs": {"type": "int", "low": 3, "high": 20, "default": 8},
    "inside": {"type": "float", "low": 0.0, "high": 2.0, "default": 0.8},
    "sharpness": {"type": "float", "low": 0.2, "high": 3.0, "log": True, "default": 0.7},
}


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Spans of the test rows' texts, in characters."""
    params = with_defaults(params, SPACE)
    task = span_task(train, test)
    parts = word_parts(task.words, task.rows, task.groups)
    known, unknown = drawn(task.known, task.words.row, params["seed"]), np.flatnonzero(task.words.row >= len(train))
    odds = np.zeros((len(task.words.row), 3))
    odds[unknown] = linear_odds(parts, task.labels, known, unknown, params)
    return task.edges.characters(task.words, best_spans(task.words, odds, task.asked, task.longest, params))
