"""Diagnostics: counts that add up, and slices that stand out where the winner is made worse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentk.agent.insight.evidence import Evidence, evidence_of
from agentk.graph.folder import RunFolder
from agentk.report.diagnostics import diagnose
from agentk.report.pictures import picture_of
from agentk.report.story import tell
from agentk.types.competition import Column, ColumnKind, Pixels


@pytest.fixture
def evidence(finished: RunFolder) -> Evidence:
    return evidence_of(finished)


def winner(evidence: Evidence) -> int:
    best = tell(evidence.folder).best
    assert best is not None
    return best


def test_the_confusion_holds_every_row_once_and_agrees_with_the_score(evidence: Evidence) -> None:
    number = winner(evidence)
    found = diagnose(evidence, number)
    assert found.confusion is not None
    counts = np.array(found.confusion[1])
    assert counts.sum() == len(evidence.train) == found.rows
    assert counts.trace() / counts.sum() == pytest.approx(evidence.evaluation(number).score)


def test_calibration_counts_every_row_and_lies_between_zero_and_one(evidence: Evidence) -> None:
    found = diagnose(evidence, winner(evidence))
    assert found.calibration is not None and sum(rows for _, _, rows in found.calibration) == found.rows
    assert all(0 <= said <= 1 and 0 <= came <= 1 for said, came, _ in found.calibration)


def test_a_slice_in_which_the_winner_is_wrong_stands_out(evidence: Evidence) -> None:
    number = winner(evidence)
    evaluation = evidence.evaluation(number)
    answers = evidence.judge.answers(evaluation).copy()
    bad = np.arange(len(answers)) % 3 == 0
    answers[bad] = (evidence.judge.truth[bad] + 1) % 3
    evidence._evaluations[number] = type(evaluation)(**{**evaluation.__dict__, "answers": answers})
    evidence.train["third"] = np.where(bad, "yes", "no")
    column = Column(name="third", kind=ColumnKind.CATEGORICAL)
    evidence.competition = evidence.competition.model_copy(update={"columns": (*evidence.competition.columns, column)})
    worst = diagnose(evidence, number).slices[0]
    assert worst.column == "third" and worst.notable


def test_the_worst_rows_are_named_by_number_alone(evidence: Evidence) -> None:
    assert all(row.keys() == {"row", "loss"} for row in diagnose(evidence, winner(evidence)).worst)
    shown = diagnose(evidence, winner(evidence), show_rows=True).worst[0]
    assert {"true", "said", "alcohol"} <= shown.keys()


def test_of_columns_of_pixels_the_worst_rows_show_the_picture_and_no_numbers(evidence: Evidence) -> None:
    pixels = Pixels(name="p{}", counts=(144,), height=12, width=12)
    shades = pd.DataFrame(np.random.default_rng(0).integers(0, 256, (len(evidence.train), 144)), columns=list(pixels.columns))
    evidence.train = pd.concat([evidence.train, shades], axis=1)
    evidence.competition = evidence.competition.model_copy(update={"pixels": pixels})
    found = diagnose(evidence, winner(evidence), show_rows=True)
    assert len(found.pictures) == len(found.worst) and "p0" not in found.worst[0] and "alcohol" in found.worst[0]
    assert found.pictures[0] == picture_of(evidence.train.iloc[int(found.worst[0]["row"])], pixels)
    assert diagnose(evidence, winner(evidence)).pictures == ()
