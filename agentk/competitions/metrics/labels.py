"""Metrics of labels: classes that were decided on, grades, and sets of labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from agentk.competitions.metrics.entry import NamedMetric, Score, Weighing, column_mean, columns, single
from agentk.types.metric import Array


def _wrong(truth: Array, answer: Array, _: Weighing) -> Array:
    """1 for each row that is not right in every target."""
    truth, answer = single(truth), single(answer)
    differs = truth != answer
    return np.asarray(differs if differs.ndim == 1 else differs.any(axis=1), float)


def _wrong_share(truth: Array, answer: Array, w: Weighing) -> Array:
    """The share of each row's targets that are wrong."""
    return w.together([t != a for t, a in columns(truth, answer)])


def _balanced_losses(truth: Array, answer: Array, w: Weighing) -> Array | None:
    truth, answer = single(truth), single(answer)
    return np.asarray((truth != answer) * class_weights(truth, w)) if truth.ndim == 1 else None


def class_weights(truth: Array, w: Weighing) -> Array:
    """Factors of rows, of mean 1, by which each class that occurs counts alike, or as `w.columns` says of every class."""
    present, code = np.unique(truth, return_inverse=True)
    count = np.bincount(code, weights=w.rows)
    share = np.ones(len(present)) if w.columns is None else w.columns[present.astype(int)]
    share = np.where(count > 0, share, 0.0)
    return np.asarray((share / np.maximum(count, 1e-300))[code] * (count.sum() / share.sum()))


def _row_jaccard(truth: Array, answer: Array) -> Array:
    """Of each row's sets the size of what both have over that of what either has; 1 where both are empty."""
    truth, answer = single(truth), single(answer)
    if truth.ndim == 1:
        return np.asarray(truth == answer, float)
    both, either = np.minimum(truth, answer).sum(axis=1), np.maximum(truth, answer).sum(axis=1)
    return np.asarray(np.divide(both, either, out=np.ones(len(truth)), where=either > 0))


def _recalls(truth: Array, answer: Array, w: Weighing) -> Array:
    """The share of each class that was found."""
    own = [(label, truth == label) for label in np.unique(truth)]
    own = [(label, rows) for label, rows in own if w.rows is None or w.rows[rows].any()]
    return np.array([w.of(rows).mean(answer[rows] == label) for label, rows in own])


def _balanced_accuracy(truth: Array, answer: Array, w: Weighing) -> float:
    if w.columns is None:
        return float(_recalls(truth, answer, w).mean())
    return w.mean((truth == answer) * class_weights(truth, w))


def _balanced_score(truth: Array, answer: Array, w: Weighing) -> float:
    """The mean over targets; of one target classes may count differently."""
    pairs = columns(truth, answer)
    return (
        _balanced_accuracy(*pairs[0], w)
        if len(pairs) == 1
        else w.across([_balanced_accuracy(t, a, Weighing(w.rows)) for t, a in pairs])
    )


def _specificity(truth: Array, answer: Array, w: Weighing) -> float:
    """The share of the negatives (macro: of what is not the class) that was left alone; 1 where there is none."""
    labels = [1.0] if _binary(truth) and _binary(answer) else np.unique(truth)
    others = [(label, truth != label) for label in labels]
    told = [rows.any() if w.rows is None else w.rows[rows].any() for _, rows in others]
    shares = [w.of(rows).mean(answer[rows] != label) if some else 1.0 for (label, rows), some in zip(others, told, strict=True)]
    return float(np.mean(shares))


def _binary(truth: Array) -> bool:
    return truth.ndim == 1 and not (set(np.unique(truth)) - {0.0, 1.0})


def _sklearn(name: str, **options: Any) -> Score:
    def score(truth: Array, answer: Array, w: Weighing) -> float:
        from sklearn import metrics

        return float(getattr(metrics, name)(single(truth), single(answer), sample_weight=w.rows, **options))

    return score


def _averaged(name: str, average: str | None, **options: Any) -> Score:
    """A score of scikit-learn with the given average; None: of the positive class, or macro where there are more than two."""

    def score(truth: Array, answer: Array, w: Weighing) -> float:
        from sklearn import metrics

        truth, answer = single(truth), single(answer)
        chosen = average or ("binary" if _binary(truth) and _binary(answer) else "macro")
        if chosen == "samples" and truth.ndim == 1:
            chosen = "micro"  # one label a row: the mean over rows is the share of right ones
        return float(getattr(metrics, name)(truth, answer, average=chosen, zero_division=0, sample_weight=w.rows, **options))

    return score


def _kappa(power: int) -> Score:
    """Agreement beyond chance; distances between grades count by their power, 0 for any that differ alike."""

    def score(truth: Array, answer: Array, w: Weighing) -> float:
        def cost(distance: Array) -> Array:
            return np.abs(distance) ** power if power else np.asarray(distance != 0, float)

        rows = np.ones(len(truth)) if w.rows is None else w.rows
        (true, times), (said, often) = (_shares(grades, rows) for grades in (truth, answer))
        chance = float((cost(true[:, None] - said) * times[:, None] * often).sum()) / float(rows.sum())
        return 1 - float((cost(truth - answer) * rows).sum()) / chance if chance else 1.0  # one grade alone, always said

    return column_mean(score)


def _shares(grades: Array, rows: Array) -> tuple[Array, Array]:
    """The grades that occur, and the weight of each one's rows."""
    found, place = np.unique(grades, return_inverse=True)
    return found, np.asarray(np.bincount(place, weights=rows), float)


def f_beta(beta: float) -> NamedMetric:
    """F-beta of the positive class, macro where there are more classes; beta 2 weighs recall, 0.5 precision."""
    return NamedMetric(f"f{beta:g}", "maximize", "labels", _averaged("fbeta_score", None, beta=beta))


def f_beta_samples(beta: float) -> NamedMetric:
    """The mean over rows of the F-beta of each row's set of labels."""
    return NamedMetric(f"f{beta:g}_samples", "maximize", "labels", _averaged("fbeta_score", "samples", beta=beta))


LABELS = (
    NamedMetric(
        "accuracy",
        "maximize",
        "labels",
        lambda t, a, w: 1 - w.mean(_wrong(t, a, w)),
        _wrong,
        aliases=("acc", "accuracy_score", "categorization_accuracy", "subset_accuracy", "exact_match_ratio"),
    ),
    NamedMetric(
        "error_rate",
        "minimize",
        "labels",
        lambda t, a, w: w.mean(_wrong(t, a, w)),
        _wrong,
        best=0.0,
        aliases=("zero_one_loss", "misclassification_rate", "misclassification_error", "classification_error"),
    ),
    NamedMetric(
        "column_accuracy",
        "maximize",
        "labels",
        lambda t, a, w: 1 - w.mean(_wrong_share(t, a, w)),
        _wrong_share,
        aliases=("mean_columnwise_accuracy", "hamming_score"),
    ),
    NamedMetric(
        "balanced_accuracy",
        "maximize",
        "labels",
        _balanced_score,
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
        column_mean(lambda t, a, w: float((recalls := _recalls(t, a, w)).prod() ** (1 / len(recalls)))),
        aliases=("geometric_mean", "geometric_mean_score"),
    ),
    NamedMetric("jaccard", "maximize", "labels", _averaged("jaccard_score", None), aliases=("jaccard_score", "iou")),
    NamedMetric("jaccard_macro", "maximize", "labels", _averaged("jaccard_score", "macro"), aliases=("macro_jaccard", "miou")),
    NamedMetric(
        "jaccard_samples",
        "maximize",
        "labels",
        lambda t, a, w: w.mean(_row_jaccard(t, a)),
        lambda t, a, _: 1 - _row_jaccard(t, a),
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
        lambda t, a, w: w.mean(_wrong_share(t, a, w)),
        _wrong_share,
        best=0.0,
        aliases=("hamming_loss",),
    ),
)
