"""Metrics by name: every one is perfect on the truth, worse on anything else, and blind to the order of rows."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from agentk.competitions.columns.spans import span_truth
from agentk.competitions.metrics import metric_named, metric_names
from agentk.competitions.metrics.registry import FAMILIES, METRICS
from agentk.errors import SettingError
from agentk.types.metric import gain

ALL = (*metric_names(), "map@3", "ndcg@3", "top@1", "f2", "f2_samples", "pinball@0.9", "pauc@0.8", "huber@1", "tweedie@1.5")
RNG = np.random.default_rng(0)
CODES = RNG.integers(0, 2, 60).astype(float)
VALUES = RNG.gamma(2, 2, (60, 1)) + 0.1


def case(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, perfect answers, worse answers."""
    form = metric_named(name).form
    worse = RNG.permutation(60)
    if form == "values":
        return VALUES, VALUES, VALUES[worse]
    if form == "spans":
        words = [f"some words {at} and {at + 1} more" for at in range(60)]
        truth = span_truth(words, [" ".join(text.split()[1:4]) for text in words])
        return truth, truth[:, 1:], truth[worse, 1:] + 3
    if form == "labels":
        return CODES, CODES, CODES[worse]
    perfect = np.eye(2)[CODES.astype(int)]
    return CODES, perfect, 0.5 * perfect[worse] + 0.25


@pytest.mark.parametrize("name", ALL)
def test_the_truth_scores_best_and_order_does_not_matter(name: str) -> None:
    metric = metric_named(name)
    truth, perfect, worse = case(name)
    assert metric.score(truth, perfect) == pytest.approx(metric.best, abs=1e-9)
    assert gain(metric, metric.score(truth, perfect), metric.score(truth, worse)) > 0
    order = RNG.permutation(60)
    assert metric.score(truth[order], worse[order]) == pytest.approx(metric.score(truth, worse))


@pytest.mark.parametrize("name", ALL)
def test_losses_are_one_a_row_and_lowest_for_the_truth(name: str) -> None:
    metric = metric_named(name)
    truth, perfect, worse = case(name)
    best, other = metric.losses(truth, perfect), metric.losses(truth, worse)
    assert (best is None) == (other is None)
    if best is not None and other is not None:
        assert best.shape == (60,) and best.mean() < other.mean()


@pytest.mark.parametrize(
    ("name", "found"),
    [("ROC-AUC", "auc"), ("logloss", "log_loss"), ("Quadratic Weighted Kappa", "qwk"), ("MAP@5", "map@5"), ("F0.5", "f0.5"),
     ("mcrmse", "rmse"), ("R squared", "r2"), ("quantile@0.1", "pinball@0.1"),
     ("MulticlassLoss", "log_loss"), ("Multiclass Loss", "log_loss"), ("MAP@{5}", "map@5"), ("Mean Columnwise RMSE", "rmse"),
     ("Normalized Gini Index", "gini"), ("Mean Column-wise AUC", "auc"),
     ("recall@20", "top@20"), ("MRR@5", "map@5"), ("Recall", "recall"),
     ("Mean Euclidean Distance", "euclidean"), ("tweedie@1", "poisson_deviance"), ("WMAPE", "wape"), ("F1 Score", "f1")],
)  # fmt: skip
def test_spelling_does_not_matter(name: str, found: str) -> None:
    assert metric_named(name).name == found


def test_the_page_has_a_line_for_each() -> None:
    page = (Path(__file__).parents[3] / "docs" / "competitions.md").read_text()
    listed = re.findall(r"^\| `([^`]+)` \| (?:higher|lower) \|", page, re.MULTILINE)
    assert listed == [*metric_names(), *FAMILIES]


def test_every_spelling_belongs_to_one_metric() -> None:
    spellings = {(s.replace("_", ""), metric.name) for metric in METRICS for s in (metric.name, *metric.aliases)}
    assert len({spelling for spelling, _ in spellings}) == len(spellings)
    assert len(METRICS) >= 60


@pytest.mark.parametrize("name", ["map@0", "pinball@1.5", "pauc@2", "huber@0", "tweedie@3", "top@0"])
def test_a_number_that_makes_no_sense_is_refused(name: str) -> None:
    with pytest.raises(SettingError, match=f"--metric {name}"):
        metric_named(name)


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(SettingError, match="Did you mean accuracy"):
        metric_named("acuracy")
    with pytest.raises(SettingError, match="Known: accuracy"):
        metric_named("zzzz")


def test_rows_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="60 true rows, 59 answers"):
        metric_named("mae").score(VALUES, VALUES[1:])
