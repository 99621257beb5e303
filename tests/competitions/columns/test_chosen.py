"""Columns of yes and no that exclude one another: classes of one column where one loss is taken over all of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.files.tables import rows_of
from agentk.competitions.scoring.truth import format_submission
from agentk.types.competition import TaskKind

CODES = np.random.default_rng(2).integers(0, 3, 320)
NAMES = ["wins_a", "wins_b", "tie"]


@pytest.fixture
def judged(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    train = pd.concat([rows[:240], pd.DataFrame(np.eye(3, dtype=int)[CODES[:240]], columns=NAMES)], axis=1)
    return {
        "train.csv": train,
        "test.csv": rows[240:],
        "sample_submission.csv": rows[240:][["id"]].assign(**dict.fromkeys(NAMES, 0.33)),
    }


def test_one_loss_over_all_columns_makes_them_classes(judged, write, understood) -> None:
    c = understood(write({**judged, "description.md": "## Evaluation\n\nlog loss"}))
    train, test = rows_of(c)
    assert (c.task, c.targets, c.submission.kind) == (TaskKind.MULTICLASS, ("class",), "class_probabilities")
    assert train["class"].tolist() == [NAMES[code] for code in CODES[:240]] and not set(NAMES) & set(train)
    made = format_submission(c, np.tile([0.5, 0.3, 0.2], (len(test), 1)), test)
    assert made.iloc[0, 1:].to_dict() == {"wins_a": 0.3, "wins_b": 0.2, "tie": 0.5}  # classes are in alphabetical order


@pytest.mark.parametrize("metric", ["mean column-wise log loss", "mean column-wise ROC AUC"])
def test_a_mean_over_columns_leaves_them_apart(judged, write, understood, metric: str) -> None:
    c = understood(write({**judged, "description.md": f"## Evaluation\n\n{metric}"}))
    assert c.task is TaskKind.MULTILABEL and c.targets == tuple(NAMES)


def test_a_row_that_has_none_keeps_them_apart(judged, write, understood) -> None:
    judged["train.csv"].loc[4, NAMES] = 0
    assert understood(write({**judged, "description.md": "## Evaluation\n\nlog loss"})).task is TaskKind.MULTILABEL
