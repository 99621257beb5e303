"""Metrics of probabilities: how well classes, or targets that are true or not, are ranked and foretold."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from agentk.competitions.metrics.entry import NamedMetric, Score, Weighing
from agentk.competitions.metrics.labels import class_weights
from agentk.types.metric import Array

_CLIP = 1e-15  # Kaggle's; probabilities are kept this far from 0 and 1
_CAP = 0.01  # of the capped deviance


def _one_hot(truth: Array, width: int) -> Array:
    return np.asarray(np.eye(width)[truth.astype(int)])


def _pairs(truth: Array, answer: Array) -> list[tuple[Array, Array]]:
    """Truth and probability of each question that can be asked: the positive class, each class, or each target."""
    if truth.ndim == 2:
        return list(zip(truth.T, answer.T, strict=True))
    if answer.ndim == 1:
        return [(truth, answer)]
    if answer.shape[1] == 2:
        return [(truth, answer[:, 1])]
    return list(zip(_one_hot(truth, answer.shape[1]).T, answer.T, strict=True))


def _ranked(name: str, chance: float | None) -> _Ranked:
    return _Ranked(name, chance)


class _Ranked:
    """The mean of a ranking score over questions that have both a yes and a no; `chance` where there is none."""

    def __init__(self, name: str, chance: float | None) -> None:
        self._name = name
        self._chance = chance

    def __call__(self, truth: Array, answer: Array, w: Weighing) -> float:
        from sklearn import metrics

        pairs, told = _told(truth, answer, w)
        if not pairs:
            return self._chance if self._chance is not None else float(np.mean(truth))
        if self._name == "roc_auc_score" and w.rows is None:
            return w.only(told).across([_area(t, p) for t, p in pairs])
        return w.only(told).across([getattr(metrics, self._name)(t, p, sample_weight=w.rows) for t, p in pairs])


def _area(truth: Array, chance: Array) -> float:
    """Under the ROC curve, by ranks (Mann & Whitney 1947): of few rows in a tenth of the time that scikit-learn takes."""
    from scipy.stats import rankdata

    positive = truth == 1
    yes = int(positive.sum())
    return float((rankdata(chance)[positive].sum() - yes * (yes + 1) / 2) / (yes * (len(truth) - yes)))


def _told(truth: Array, answer: Array, w: Weighing) -> tuple[list[tuple[Array, Array]], list[int]]:
    """The questions that have both a yes and a no among the rows that count, and their places among all."""
    shares = [(t, p, w.mean(t)) for t, p in _pairs(truth, answer)]
    places = [at for at, (_, _, share) in enumerate(shares) if 0 < share < 1]
    return [shares[at][:2] for at in places], places


def _gini(truth: Array, answer: Array, w: Weighing) -> float:
    return 2 * _ranked("roc_auc_score", 0.5)(truth, answer, w) - 1


def _log_losses(truth: Array, answer: Array, w: Weighing) -> Array:
    """Minus the logarithm of what was given to the truth; rows rescaled to 1, then clipped; the mean over targets."""
    if truth.ndim == 2 or answer.ndim == 1:
        answer = np.clip(answer, _CLIP, 1 - _CLIP)
        losses = -(truth * np.log(answer) + (1 - truth) * np.log(1 - answer)).reshape(len(truth), -1)
        return np.asarray(losses.mean(axis=1) if w.columns is None else losses @ w.columns / w.columns.sum())
    total = answer.sum(axis=1)
    own = answer[np.arange(len(answer)), truth.astype(int)] / np.where(total > 0, total, 1.0)
    return np.asarray(-np.log(np.clip(own, _CLIP, 1 - _CLIP)))


def _capped_losses(truth: Array, answer: Array, w: Weighing) -> Array:
    """Minus the binary logarithmic score to base 10 of probabilities between 0.01 and 0.99; the mean over questions."""
    losses = [
        -(t * np.log10(kept) + (1 - t) * np.log10(1 - kept))
        for t, p in _pairs(truth, answer)
        for kept in [np.clip(p, _CAP, 1 - _CAP)]
    ]
    return w.together(losses)


def _brier_losses(truth: Array, answer: Array, w: Weighing) -> Array:
    """Squared errors: of the positive class, summed over classes where there are more, the mean over targets."""
    if truth.ndim == 1 and answer.ndim == 2 and answer.shape[1] > 2:
        return np.asarray(((answer - _one_hot(truth, answer.shape[1])) ** 2).sum(axis=1))
    return w.together([(t - p) ** 2 for t, p in _pairs(truth, answer)])


def _balanced_log_losses(truth: Array, answer: Array, w: Weighing) -> Array:
    """Losses whose mean is the mean over classes of each class's mean loss; the mean over targets where there are several."""
    if truth.ndim == 1:
        return np.asarray(class_weights(truth, w) * _log_losses(truth, answer, w))
    rows = Weighing(w.rows)
    return w.together([class_weights(t, rows) * _log_losses(t, p, rows) for t, p in _pairs(truth, answer)])


def _weighted(name: str) -> Score:
    """The mean of a ranking score over classes or targets, each weighted by its share of yes."""

    def score(truth: Array, answer: Array, w: Weighing) -> float:
        if len(_pairs(truth, answer)) == 1:
            return _ranked(name, 0.5)(truth, answer, w)
        told, _ = _told(truth, answer, w)
        scores = [_ranked(name, 0.5)(t, p, w) for t, p in told]
        return float(np.average(scores, weights=[w.mean(t) for t, _ in told])) if told else 0.5

    return score


def _pooled(name: str, chance: float | None) -> Score:
    """A ranking score of all questions at once, as if they were rows of one."""

    def score(truth: Array, answer: Array, w: Weighing) -> float:
        pairs = _pairs(truth, answer)
        rows = Weighing(None if w.rows is None else np.tile(w.rows, len(pairs)))
        return _ranked(name, chance)(np.concatenate([t for t, _ in pairs]), np.concatenate([p for _, p in pairs]), rows)

    return score


def _auc_ovo(truth: Array, answer: Array, w: Weighing) -> float:
    """Hand and Till's M (2001): the mean over pairs of classes of the AUC among their rows, both ways round."""
    if truth.ndim == 2 or answer.ndim == 1 or answer.shape[1] == 2:
        return _ranked("roc_auc_score", 0.5)(truth, answer, w)
    area = _ranked("roc_auc_score", 0.5)
    present = np.unique(truth).astype(int)
    found = []
    for one, other in combinations(present.tolist(), 2):
        rows = (truth == one) | (truth == other)
        first, own = truth[rows] == one, w.of(rows)
        found.append((area(first * 1.0, answer[rows, one], own) + area(~first * 1.0, answer[rows, other], own)) / 2)
    return float(np.mean(found)) if found else 0.5


def _label_ranking(by_label: bool) -> Score:
    """Label ranking average precision: of each row, or with `by_label` of each true label, which weighs rows by their labels.

    Of every true label the share of true ones among the labels that are given as much or more; rows without a true one
    count as 1 where rows count, and not at all where labels count.
    """

    def score(truth: Array, answer: Array, w: Weighing) -> float:
        from sklearn.metrics import label_ranking_average_precision_score

        sets = truth if truth.ndim == 2 else _one_hot(truth, answer.shape[1])
        if sets.shape[1] == 1:
            return 1.0  # one label alone is always in its place
        weights = w.rows
        if by_label:
            weights = sets.sum(axis=1) * (1.0 if w.rows is None else w.rows)
        if weights is not None and not weights.any():
            return 1.0
        return float(label_ranking_average_precision_score(sets, answer, sample_weight=weights))

    return score


def _ks(truth: Array, answer: Array, w: Weighing) -> float:
    """Kolmogorov and Smirnov's statistic: the most by which the rate of found ones exceeds that of false alarms."""
    from sklearn.metrics import roc_curve

    pairs, _ = _told(truth, answer, w)
    curves = [roc_curve(t, p, sample_weight=w.rows, drop_intermediate=False) for t, p in pairs]
    return float(np.mean([np.max(found - false) for false, found, _ in curves])) if curves else 0.0


def partial_auc(rate: float) -> NamedMetric:
    """The area between the ROC curve and the line of a true positive rate, above which alone it counts; at best 1 - `rate`."""

    def score(truth: Array, answer: Array, w: Weighing) -> float:
        from sklearn.metrics import roc_auc_score

        most = 1 - rate
        chance = most**2 / 2
        pairs, _ = _told(truth, answer, w)
        # turned round, it is the area below a false positive rate, which scikit-learn scales to 0.5 .. 1
        scaled = [float(roc_auc_score(1 - t, -p, max_fpr=most, sample_weight=w.rows)) for t, p in pairs]
        return float(np.mean([chance + (most - chance) * (2 * s - 1) for s in scaled])) if scaled else chance

    return NamedMetric(f"pauc@{rate:g}", "maximize", "probabilities", score, best=1 - rate)


PROBABILITIES = (
    NamedMetric(
        "auc",
        "maximize",
        "probabilities",
        _ranked("roc_auc_score", 0.5),
        aliases=(
            "roc_auc",
            "auroc",
            "roc_auc_score",
            "mean_auc",
            "mcauc",
            "mean_columnwise_auc",
            "auc_macro",
            "macro_auc",
            "area_under_receiver_operating_characteristic_curve",
            "area_under_the_roc_curve",
        ),
    ),
    NamedMetric(
        "auc_weighted",
        "maximize",
        "probabilities",
        _weighted("roc_auc_score"),
        aliases=("weighted_ovr_auc", "roc_auc_ovr_weighted"),
    ),
    NamedMetric("auc_micro", "maximize", "probabilities", _pooled("roc_auc_score", 0.5), aliases=("micro_auc",)),
    NamedMetric("auc_ovo", "maximize", "probabilities", _auc_ovo, aliases=("roc_auc_ovo", "one_vs_one_auc")),
    NamedMetric(
        "gini",
        "maximize",
        "probabilities",
        _gini,
        aliases=("normalized_gini", "gini_coefficient", "gini_index", "normalized_gini_index"),
    ),
    NamedMetric(
        "average_precision",
        "maximize",
        "probabilities",
        _ranked("average_precision_score", None),
        aliases=("pr_auc", "auprc", "average_precision_score", "average_precision_macro", "macro_average_precision"),
    ),
    NamedMetric(
        "average_precision_micro",
        "maximize",
        "probabilities",
        _pooled("average_precision_score", None),
        aliases=("micro_average_precision",),
    ),
    NamedMetric(
        "lrap",
        "maximize",
        "probabilities",
        _label_ranking(by_label=False),
        aliases=("label_ranking_average_precision", "label_ranking_average_precision_score"),
    ),
    NamedMetric(
        "lwlrap",
        "maximize",
        "probabilities",
        _label_ranking(by_label=True),
        aliases=("label_weighted_label_ranking_average_precision",),
    ),
    NamedMetric("ks", "maximize", "probabilities", _ks, aliases=("ks_statistic", "kolmogorov_smirnov")),
    NamedMetric(
        "log_loss",
        "minimize",
        "probabilities",
        lambda t, a, w: w.mean(_log_losses(t, a, w)),
        _log_losses,
        best=0.0,
        aliases=("logloss", "cross_entropy", "multiclass_log_loss", "multiclass_loss", "mc_log_loss", "mean_columnwise_log_loss"),
    ),
    NamedMetric(
        "balanced_log_loss",
        "minimize",
        "probabilities",
        lambda t, a, w: w.mean(_balanced_log_losses(t, a, w)),
        _balanced_log_losses,
        best=0.0,
        aliases=("balanced_logloss", "balanced_cross_entropy"),
    ),
    NamedMetric(
        "capped_deviance",
        "minimize",
        "probabilities",
        lambda t, a, w: w.mean(_capped_losses(t, a, w)),
        _capped_losses,
        best=-float(np.log10(1 - _CAP)),
        aliases=("capped_binomial_deviance", "binomial_deviance"),
    ),
    NamedMetric(
        "brier",
        "minimize",
        "probabilities",
        lambda t, a, w: w.mean(_brier_losses(t, a, w)),
        _brier_losses,
        best=0.0,
        aliases=("brier_score", "brier_loss"),
    ),
)
