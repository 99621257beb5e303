"""Tests across the stages of setup: does the contract hold together from raw files to a valid submission?"""

from __future__ import annotations

import numpy as np

from agentk.competitions.metrics import metric_named
from agentk.competitions.tables import rows_of, several
from agentk.competitions.truth import check_submission, constant_prediction, encode_truth, format_submission
from agentk.types.competition import Competition
from agentk.types.metric import Array


def contradictions(competition: Competition) -> list[str]:
    """What does not fit together; empty when the smallest possible solution comes out as a valid submission."""
    train, test = rows_of(competition)
    absent = [column.name for column in competition.columns if column.name not in train or column.name not in test]
    if absent:
        return [f"columns {several(absent)} are not in both train and test"]
    if len(train) != competition.rows or len(test) != competition.test_rows:
        return [f"read {len(train)} and {len(test)} rows, not {competition.rows} and {competition.test_rows}"]
    if len(encode_truth(competition, train)) != len(train):
        return ["not every training row has a truth"]
    answers = _plainest_answers(competition, constant_prediction(competition, train, len(test)))
    return check_submission(competition, format_submission(competition, answers, test))


def _plainest_answers(competition: Competition, predictions: Array) -> Array:
    """Predictions as final answers in the metric's form: the likeliest class, the nearer of 0 and 1, the nearest grade."""
    if metric_named(competition.metric).form != "labels":
        return predictions
    if competition.task.classifies:
        return np.asarray(predictions.argmax(axis=1), float)
    return predictions.round()
