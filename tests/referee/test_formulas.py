"""Fast forms of label metrics: recognized by their numbers, equal to the metric's own."""

from __future__ import annotations

import numpy as np
import pytest

from agentk.competitions.metrics import metric_named
from agentk.referee.formulas import Labels, recognize, table, tables
from agentk.types.competition import TaskKind

NAMES = ["accuracy", "f1", "jaccard", "f1_macro", "f1_weighted", "balanced_accuracy", "mcc", "g_mean", "jaccard_macro"]


def drawn(classes: int, rows: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(classes)
    truth = rng.choice(classes, rows, p=np.arange(1, classes + 1) / sum(range(1, classes + 1)))
    return truth, np.where(rng.random(rows) < 0.6, truth, rng.integers(0, classes, rows))


@pytest.mark.parametrize(
    ("name", "classes"), [*((name, 2) for name in NAMES), *((name, 4) for name in NAMES if name not in ("f1", "jaccard"))]
)
def test_a_metric_of_codes_is_recognized_and_the_fast_form_gives_its_number(name: str, classes: int) -> None:
    metric, (truth, answer) = metric_named(name), drawn(classes)
    formula = recognize(metric, Labels(classes), truth)
    assert formula is not None
    assert float(formula(table(truth, answer, classes))) == pytest.approx(metric.score(truth.astype(float), answer.astype(float)))


def test_a_kappa_of_grades_is_recognized_whatever_the_grades_are_called() -> None:
    metric, (codes, said) = metric_named("qwk"), drawn(5)
    labels = Labels.of(metric, TaskKind.ORDINAL, (3, 4, 5, 6, 7), codes[:, None] + 3.0)
    assert labels is not None and np.array_equal(labels.codes(labels.spell(codes)), codes)
    formula = recognize(metric, labels, codes)
    assert formula is not None
    assert float(formula(table(codes, said, 5))) == pytest.approx(metric.score(labels.spell(codes), labels.spell(said)))


def test_a_metric_that_is_none_of_them_is_not_taken_for_one() -> None:
    class Odd:
        name, direction, form, link = "odd", "maximize", "labels", "identity"

        def score(self, truth: np.ndarray, answer: np.ndarray) -> float:
            return float((truth == answer).mean() ** 2)

        def losses(self, truth: np.ndarray, answer: np.ndarray) -> None:
            return None

    assert recognize(Odd(), Labels(3), drawn(3)[0]) is None


def test_counts_by_group_add_up_to_the_table() -> None:
    truth, answer = drawn(3)
    group = np.arange(len(truth)) % 7
    parts = tables(truth, answer, group, 3)
    assert parts.shape == (7, 3, 3)
    assert np.array_equal(parts.sum(axis=0), table(truth, answer, 3))
    assert np.array_equal(parts[2], table(truth[group == 2], answer[group == 2], 3))


def test_probability_metrics_have_no_labels() -> None:
    assert Labels.of(metric_named("auc"), TaskKind.BINARY, (0, 1), np.zeros(3)) is None
