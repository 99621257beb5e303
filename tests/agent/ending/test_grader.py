"""The grader: answers are compared with the truth row by row, in every form that a submission takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agentk.agent.ending.grader import Grader, grade, read_submission
from agentk.errors import CompetitionError
from agentk.types.competition import Cells, Competition, SubmissionFormat, TableFile, Tags, TaskKind, Validation


def competition(
    task: TaskKind,
    metric: str,
    kind: Any,
    columns: tuple[str, ...],
    classes: tuple[Any, ...] = (),
    ids: tuple[str, ...] = ("id",),
) -> Competition:
    return Competition(
        name="made",
        folder=Path(),
        task=task,
        train=TableFile(path="train.csv"),
        test=TableFile(path="test.csv"),
        id_columns=ids,
        targets=tuple(columns) if not task.classifies else ("label",),
        classes=classes,
        columns=(),
        metric=metric,
        submission=SubmissionFormat(columns=(*ids, *columns), id_columns=ids, kind=kind),
        validation=Validation(scheme="random"),
        rows=10,
        test_rows=4,
    )


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns)


LABELS = competition(TaskKind.BINARY, "accuracy", "label", ("label",), ("no", "yes"))


def test_labels_are_compared_row_by_row_whatever_their_order():
    answers = frame(id=[1, 2, 3, 4], label=["yes", "no", "yes", "no"])
    assert grade(LABELS, answers, answers) == 1.0
    assert grade(LABELS, frame(id=[4, 3, 2, 1], label=["no", "yes", "no", "no"]), answers) == 0.75


@pytest.mark.parametrize(
    ("ids", "words"),
    [([1, 2, 3], "1 missing .*'4'"), ([1, 2, 3, 5], "1 missing .*1 unknown .*'5'"), ([1, 2, 3, 3], "1 ids more than once")],
)
def test_ids_that_are_not_those_of_the_test_rows_are_refused(ids: list[int], words: str):
    answers = frame(id=[1, 2, 3, 4], label=["yes"] * 4)
    with pytest.raises(CompetitionError, match=words):
        grade(LABELS, frame(id=ids, label=["yes"] * len(ids)), answers)


def test_a_missing_column_and_an_unknown_label_are_refused():
    answers = frame(id=[1, 2], label=["yes", "no"])
    with pytest.raises(CompetitionError, match="lack the columns"):
        grade(LABELS, frame(id=[1, 2], labels=["yes", "no"]), answers)
    with pytest.raises(CompetitionError, match="'maybe' is none of the classes"):
        grade(LABELS, frame(id=[1, 2], label=["yes", "maybe"]), answers)


def test_labels_may_be_spelled_as_numbers_text_or_truth_values():
    made = competition(TaskKind.BINARY, "accuracy", "label", ("label",), (False, True))
    answers = frame(id=["a", "b"], label=[True, False])
    assert grade(made, frame(id=["a", "b"], label=["True", "False"]), answers) == 1.0
    assert grade(made, frame(id=["a", "b"], label=[1, 0]), answers) == 1.0
    assert grade(made, frame(id=["a", "b"], label=[1.0, 1.0]), answers) == 0.5


def test_a_probability_is_ranked_against_the_labels():
    made = competition(TaskKind.BINARY, "auc", "probability", ("label",), (0, 1))
    answers = frame(id=[1, 2, 3, 4], label=[0, 1, 0, 1])
    assert grade(made, frame(id=[1, 2, 3, 4], label=[0.1, 0.8, 0.2, 0.9]), answers) == 1.0
    assert grade(made, frame(id=[1, 2, 3, 4], label=[0.5] * 4), answers) == 0.5


def test_class_columns_are_matched_by_name_not_by_place():
    made = competition(TaskKind.MULTICLASS, "log_loss", "class_probabilities", ("b", "a", "c"), ("a", "b", "c"))
    answers = frame(id=[1, 2], a=[1, 0], b=[0, 0], c=[0, 1])
    good = frame(id=[1, 2], c=[0.1, 0.8], a=[0.8, 0.1], b=[0.1, 0.1])
    assert grade(made, good, answers) == pytest.approx(-np.log(0.8))
    assert Grader(made, answers).answer(good).tolist() == [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]]


def test_class_columns_may_carry_a_prefix():
    made = competition(TaskKind.MULTICLASS, "log_loss", "class_probabilities", ("kind_b", "kind_a"), ("a", "b"))
    answers = frame(id=[1], kind_a=[1], kind_b=[0])
    assert grade(made, frame(id=[1], kind_a=[0.5], kind_b=[0.5]), answers) == pytest.approx(np.log(2))


def test_values_are_compared_in_the_unit_of_the_metric():
    made = competition(TaskKind.REGRESSION, "rmse", "values", ("price",))
    answers = frame(id=[1, 2], price=[10.0, 20.0])
    assert grade(made, frame(id=[2, 1], price=[23.0, 14.0]), answers) == pytest.approx(np.sqrt(12.5))
    with pytest.raises(CompetitionError, match="row 0 of column 'price' holds nan"):
        grade(made, frame(id=[1, 2], price=[float("nan"), 1.0]), answers)
    with pytest.raises(CompetitionError, match="must hold numbers"):
        grade(made, frame(id=[1, 2], price=["ten", "20"]), answers)


def test_several_labels_may_be_true_at_once():
    made = competition(TaskKind.MULTILABEL, "auc", "probability", ("x", "y"))
    answers = frame(id=[1, 2], x=[True, False], y=[0, 1])
    assert grade(made, frame(id=[1, 2], x=[0.9, 0.1], y=[0.1, 0.9]), answers) == 1.0


def test_rankings_count_the_place_of_the_right_label():
    made = competition(TaskKind.MULTICLASS, "map@3", "ranking", ("label",), ("a", "b", "c"))
    answers = frame(id=[1, 2], label=["a", "c"])
    assert grade(made, frame(id=[1, 2], label=["a b c", "b c a"]), answers) == pytest.approx((1 + 1 / 2) / 2)


def test_ranked_labels_may_have_blanks_of_their_own():
    made = competition(TaskKind.MULTICLASS, "map@3", "ranking", ("label",), ("oak", "oak tree", "red pine"))
    answers = frame(id=[1, 2, 3], label=["oak tree", "oak", "red pine"])
    ranked = frame(id=[1, 2, 3], label=["oak tree red pine oak", "red pine oak", "oak  oak tree  red pine"])
    assert grade(made, ranked, answers) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)
    with pytest.raises(CompetitionError, match="row 0 names 'pine'"):
        grade(made, ranked.assign(label="oak pine"), answers)


def test_rows_have_ids_of_several_columns_or_none():
    made = competition(TaskKind.REGRESSION, "mae", "values", ("y",), ids=("store", "day"))
    answers = frame(store=[1, 1], day=["mon", "tue"], y=[1, 2])
    assert grade(made, frame(store=[1, 1], day=["tue", "mon"], y=[2, 1]), answers) == 0
    made = competition(TaskKind.REGRESSION, "mae", "values", ("y",), ids=())
    assert grade(made, frame(y=[1, 3]), frame(y=[1, 2])) == 0.5


def test_a_label_spelled_na_is_read_as_a_label(tmp_path: Path):
    (tmp_path / "answers.csv").write_text("id,label\n1,NA\n2,None\n")
    assert read_submission(tmp_path / "answers.csv")["label"].tolist() == ["NA", "None"]


@pytest.mark.parametrize(("pooled", "expected"), [(True, (2 * 1.0 + 3.0) / 3), (False, (1.0 + 3.0) / 2)])
def test_answers_below_each_other_are_pooled_or_scored_target_by_target(tmp_path: Path, pooled: bool, expected: float) -> None:
    pd.DataFrame({"id": ["a_x", "b_x", "a_y"], "row": ["a", "b", "a"], "what": ["x", "x", "y"]}).to_csv(tmp_path / "asked.csv")
    cells = Cells(table=TableFile(path="asked.csv"), entity="row", target="what", pooled=pooled)
    made = competition(TaskKind.MULTIOUTPUT, "mae", "values", ("value",)).model_copy(
        update={"folder": tmp_path, "targets": ("x", "y"), "cells": cells}
    )
    answers = pd.DataFrame({"id": ["a_x", "b_x", "a_y"], "value": [1.0, 2.0, 3.0]})
    submission = pd.DataFrame({"id": ["a_y", "a_x", "b_x"], "value": [6.0, 2.0, 3.0]})
    assert grade(made, submission, answers) == pytest.approx(expected)


def test_rows_count_by_their_weights_where_the_test_file_tells(tmp_path: Path):
    from agentk.types.competition import RowWeights

    frame(id=[4, 3, 2, 1], holiday=[False, False, True, True]).to_csv(tmp_path / "test.csv", index=False)
    weights = RowWeights(name="row_weight", column="holiday", values={"True": 5.0})
    plain = competition(TaskKind.REGRESSION, "mae", "values", ("price",))
    weighed = plain.model_copy(update={"folder": tmp_path, "weights": weights})
    answers, said = frame(id=[1, 2, 3, 4], price=[1.0, 1.0, 1.0, 1.0]), frame(id=[1, 2, 3, 4], price=[2.0, 1.0, 1.0, 4.0])
    assert grade(plain, said, answers) == 1.0
    assert grade(weighed, said, answers) == pytest.approx((5 * 1 + 3) / 12)
    unknown = weighed.model_copy(update={"weights": RowWeights(name="trust", column="trust")})
    assert grade(unknown, said, answers) == 1.0


def test_rows_count_by_their_label():
    from agentk.types.competition import RowWeights

    weights = RowWeights(name="row_weight", column="label", values={"yes": 3.0})
    weighed = LABELS.model_copy(update={"weights": weights})
    answers, said = (
        frame(id=[1, 2, 3, 4], label=["yes", "no", "no", "no"]),
        frame(id=[1, 2, 3, 4], label=["yes", "yes", "no", "no"]),
    )
    assert grade(weighed, said, answers) == pytest.approx(5 / 6)


def test_labels_in_one_cell_are_sets():
    form = competition(TaskKind.MULTILABEL, "f1_samples", "tags", ("tags",))
    form = form.model_copy(
        update={"targets": ("tags_a", "tags_b"), "tags": Tags(column="tags", separator=", ", names=("a", "b"), always=False)}
    )
    answers = frame(id=[1, 2, 3], tags=["a, b", "b", "a"])
    assert grade(form, answers, answers) == 1.0
    assert grade(form, frame(id=[3, 2, 1], tags=["b", "b", "b, a"]), answers) == pytest.approx(2 / 3)


def test_next_steps_are_values_of_one_column():
    form = competition(TaskKind.MULTIOUTPUT, "rmse", "values", ("F1", "F2"))
    form = form.model_copy(
        update={"task": TaskKind.REGRESSION, "submission": form.submission.model_copy(update={"across": True})}
    )
    answers = frame(id=[1, 2], F1=[0.0, 0.0], F2=[0.0, 0.0])
    assert grade(form, frame(id=[1, 2], F1=[2.0, 0.0], F2=[0.0, 0.0]), answers) == pytest.approx(1.0)
