"""Metrics of labels: classes that were decided on, grades, and sets of labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from agentk.competitions.metrics.entry import NamedMetric, column_mean, columns, single
from agentk.types.metric import Array


def _wrong(truth: Array, answer: Array) -> Array:
    """1 for each row that is not right in every target."""
    truth, answer = single(truth), single(answer)
    differs = truth != answer
    return np.asarray(differs if differs.ndim == 1 else differs.any(axis=1), float)


def _wrong_share(truth: Array, answer: Array) -> Array:
    """The share of each row's targets that are wrong."""
    return np.asarray(np.mean([t != a for t, a in columns(truth, answer)], axis=0), float)


def _balanced_losses(truth: Array, answer: Array) -> Array | None:
    truth, answer = single(truth), single(answer)
    if truth.ndim != 1:
        return None
    _, code, count = np.unique(truth, return_inverse=True, return_counts=True)
    return np.asarray((truth != answer) * len(truth) / (len(count) * count[code]))


def _row_jaccard(truth: Array, answer: Array) -> Array:
    """Of each row's sets the size of what both have over that of what either has; 1 where both are empty."""
    truth, answer = single(truth), single(answer)
    if truth.ndim == 1:
        return np.asarray(truth == answer, float)
    both, either = np.minimum(truth, answer).sum(axis=1), np.maximum(truth, answer).sum(axis=1)
    return np.asarray(np.divide(both, either, out=np.ones(len(truth)), where=either > 0))


def _recalls(truth: Array, answer: Array) -> Array:
    """The share of each class that was found."""
    return np.array([np.mean(answer[truth == label] == label) for label in np.unique(truth)])


def _specificity(truth: Array, answer: Array) -> float:
    """The share of the negatives (macro: of what is not the class) that was left alone; 1 where there is none."""
    labels = [1.0] if _binary(truth) and _binary(answer) else np.unique(truth)
    shares = [np.mean(answer[truth != label] != label) if np.any(truth != label) else 1.0 for label in labels]
    return float(np.mean(shares))


def _binary(truth: Array) -> bool:
    return truth.ndim == 1 and not (set(np.unique(truth)) - {0.0, 1.0})


def _sklearn(name: str, **options: Any) -> Callable[[Array, Array], float]:
    def score(truth: Array, answer: Array) -> float:
        from sklearn import metrics

        return float(getattr(metrics, name)(single(truth), single(answer), **options))

    return score


def _averaged(name: str, average: str | None, **options: Any) -> Callable[[Array, Array], float]:
    """A score of scikit-learn with the given average; None: of the positive class, or macro where there are more than two."""

    def score(truth: Array, answer: Array) -> float:
        from sklearn import metrics

        truth, answer = single(truth), single(answer)
        chosen = average or ("binary" if _binary(truth) and _binary(answer) else "macro")
        if chosen == "samples" and truth.ndim == 1:
            chosen = "micro"  # one label a row: the mean over rows is the share of right ones
        return float(getattr(metrics, name)(truth, answer, average=chosen, zero_division=0, **options))

    return score


def _kappa(power: int) -> Callable[[Array, Array], float]:
    """Agreement beyond chance; distances between grades count by their power, 0 for any that differ alike."""

    def score(truth: Array, answer: Array) -> float:
        def cost(distance: Array) -> Array:
            return np.abs(distance) ** power if power else np.asarray(distance != 0, float)

        true, times = np.unique(truth, return_counts=True)
        said, often = np.unique(answer, return_counts=True)
        chance = float((cost(true[:, None] - said) * times[:, None] * often).sum()) / len(truth)
        return 1 - float(cost(truth - answer).sum()) / chance if chance else 1.0  # one grade alone, always said

    return column_mean(score)


def f_beta(beta: float) -> NamedMetric:
    """F-beta of the positive class, macro where there are more classes; beta 2 weighs recall, 0.5 precision."""
    return NamedMetric(f"f{beta:g}", "maximize", "labels", _averaged("fbeta_score", None, beta=beta))


LABELS = (
    NamedMetric(
        "accuracy",
        "maximize",
        "labels",
        lambda t, a: 1 - float(_wrong(t, a).mean()),
        _wrong,
        aliases=("acc", "accuracy_score", "categorization_accuracy", "subset_accuracy", "exact_match_ratio"),
    ),
    NamedMetric(
        "error_rate",
        "minimize",
        "labels",
        lambda t, a: float(_wrong(t, a).mean()),
        _wrong,
        best=0.0,
        aliases=("zero_one_loss", "misclassification_rate", "misclassification_error", "classification_error"),
    ),
    NamedMetric(
        "column_accuracy",
        "maximize",
        "labels",
        lambda t, a: 1 - float(_wrong_share(t, a).mean()),
        _wrong_share,
        aliases=("mean_columnwise_accuracy", "hamming_score"),
    ),
    NamedMetric(
        "balanced_accuracy",
        "maximize",
        "labels",
        column_mean(lambda t, a: float(_recalls(t, a).mean())),
        _balanced_losses,
        aliases=("balanced_accuracy_score", "recall_macro", "macro_recall", "mean_class_accuracy"),
    ),
    NamedMetric("f1", "maximize", "labels", _averaged("f1_score", None), aliases=("f1_score", "f1_binary")),
    NamedMetric("f1_macro", "maximize", "labels", _averaged("f1_score", "macro"), aliases=("macro_f1", "macro_f_score")),
    NamedMetric("f1_micro", "maximize", "labels", _averaged("f1_score", "micro"), aliases=("micro_f1",)),
    NamedMetric("f1_weighted", "maximize", "labels", _averaged("f1_score", "weighted"), aliases=("weighted_f1",)),
    NamedMetric(
        "f1_samples", "maximize", "labels", _averaged("f1_score", "samples"), aliases=("mean_f1", "samples_f1", "mean_f1_score")
    ),
    NamedMetric("precision", "maximize", "labels", _averaged("precision_score", None), aliases=("precision_score",)),
    NamedMetric("recall", "maximize", "labels", _averaged("recall_score", None), aliases=("recall_score", "sensitivity")),
    NamedMetric("precision_macro", "maximize", "labels", _averaged("precision_score", "macro"), aliases=("macro_precision",)),
    NamedMetric("precision_micro", "maximize", "labels", _averaged("precision_score", "micro"), aliases=("micro_precision",)),
    NamedMetric(
        "precision_weighted", "maximize", "labels", _averaged("precision_score", "weighted"), aliases=("weighted_precision",)
    ),
    NamedMetric("recall_micro", "maximize", "labels", _averaged("recall_score", "micro"), aliases=("micro_recall",)),
    NamedMetric("recall_weighted", "maximize", "labels", _averaged("recall_score", "weighted"), aliases=("weighted_recall",)),
    NamedMetric("specificity", "maximize", "labels", column_mean(_specificity), aliases=("true_negative_rate", "tnr")),
    NamedMetric(
        "g_mean",
        "maximize",
        "labels",
        column_mean(lambda t, a: float((recalls := _recalls(t, a)).prod() ** (1 / len(recalls)))),
        aliases=("geometric_mean", "geometric_mean_score"),
    ),
    NamedMetric("jaccard", "maximize", "labels", _averaged("jaccard_score", None), aliases=("jaccard_score", "iou")),
    NamedMetric("jaccard_macro", "maximize", "labels", _averaged("jaccard_score", "macro"), aliases=("macro_jaccard", "miou")),
    NamedMetric(
        "jaccard_samples",
        "maximize",
        "labels",
        lambda t, a: float(_row_jaccard(t, a).mean()),
        lambda t, a: 1 - _row_jaccard(t, a),
        aliases=("mean_jaccard", "samples_jaccard"),
    ),
    NamedMetric(
        "mcc",
        "maximize",
        "labels",
        column_mean(_sklearn("matthews_corrcoef")),
        aliases=("matthews_corrcoef", "matthews_correlation_coefficient", "phi"),
    ),
    NamedMetric(
        "qwk",
        "maximize",
        "labels",
        _kappa(2),
        aliases=("quadratic_weighted_kappa", "quadratic_kappa", "weighted_kappa"),
    ),
    NamedMetric("linear_kappa", "maximize", "labels", _kappa(1), aliases=("linear_weighted_kappa",)),
    NamedMetric("kappa", "maximize", "labels", _kappa(0), aliases=("cohen_kappa", "cohens_kappa")),
    NamedMetric(
        "hamming",
        "minimize",
        "labels",
        lambda t, a: float(_wrong_share(t, a).mean()),
        _wrong_share,
        best=0.0,
        aliases=("hamming_loss",),
    ),
)
