"""The contract as a whole, and the last test across its stages: does it hold from raw files to a valid submission?"""

from __future__ import annotations

import numpy as np

from agentk.competitions.draft import Draft
from agentk.competitions.files.tables import rows_of, several
from agentk.competitions.metrics.own import metric_of
from agentk.competitions.scoring.truth import check_submission, constant_prediction, encode_truth, format_submission
from agentk.errors import CompetitionError
from agentk.types.competition import Competition
from agentk.types.metric import Array


def contract_of(draft: Draft) -> Competition:
    """What the stages arrived at, as one contract. Raises CompetitionError when one of them has not run."""
    if not (draft.train and draft.test and draft.task and draft.metric and draft.submission and draft.validation):
        raise CompetitionError(f"{draft.folder}: setup is not finished: run every stage of STAGES first.")
    return Competition(
        name=draft.name,
        folder=draft.folder,
        description=draft.description,
        task=draft.task,
        train=draft.train,
        test=draft.test,
        sample=draft.sample,
        unused=draft.unused,
        pages=draft.pages,
        id_columns=draft.id_columns,
        targets=draft.targets,
        classes=draft.classes,
        passage=draft.passage,
        columns=draft.columns,
        file_columns=draft.file_columns,
        pixels=draft.pixels,
        train_only=draft.train_only,
        metric=draft.metric,
        own_metric=draft.own_metric,
        weights=draft.weights,
        column_weights=draft.column_weights,
        submission=draft.submission,
        cells=draft.cells,
        tags=draft.tags,
        candidates=draft.candidates,
        validation=draft.validation,
        rows=draft.rows,
        test_rows=draft.test_rows,
        gaps=draft.gaps,
        reasons=(*draft.reasons, *draft.told()),
        doubts=draft.doubts,
    )


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
    if metric_of(competition).form != "labels":
        return predictions
    if competition.task.classifies:
        return np.asarray(predictions.argmax(axis=1), float)
    return predictions.round()
