"""Metrics of probabilities: how well classes, or targets that are true or not, are ranked and foretold."""

from __future__ import annotations

import numpy as np

from agentk.competitions.metrics.entry import NamedMetric
from agentk.types.metric import Array

_CLIP = 1e-15  # Kaggle's; probabilities are kept this far from 0 and 1


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

    def __call__(self, truth: Array, answer: Array) -> float:
        from sklearn import metrics

        pairs = [(t, p) for t, p in _pairs(truth, answer) if 0 < t.sum() < len(t)]
        if not pairs:
            return self._chance if self._chance is not None else float(np.mean(truth))
        return float(np.mean([getattr(metrics, self._name)(t, p) for t, p in pairs]))


def _gini(truth: Array, answer: Array) -> float:
    return 2 * _ranked("roc_auc_score", 0.5)(truth, answer) - 1


def _log_losses(truth: Array, answer: Array) -> Array:
    """Minus the logarithm of what was given to the truth; rows rescaled to 1, then clipped; the mean over targets."""
    if truth.ndim == 2 or answer.ndim == 1:
        answer = np.clip(answer, _CLIP, 1 - _CLIP)
        losses = -(truth * np.log(answer) + (1 - truth) * np.log(1 - answer))
        return np.asarray(losses.reshape(len(truth), -1).mean(axis=1))
    total = answer.sum(axis=1)
    own = answer[np.arange(len(answer)), truth.astype(int)] / np.where(total > 0, total, 1.0)
    return np.asarray(-np.log(np.clip(own, _CLIP, 1 - _CLIP)))


def _brier_losses(truth: Array, answer: Array) -> Array:
    """Squared errors: of the positive class, summed over classes where there are more, the mean over targets."""
    if truth.ndim == 1 and answer.ndim == 2 and answer.shape[1] > 2:
        return np.asarray(((answer - _one_hot(truth, answer.shape[1])) ** 2).sum(axis=1))
    return np.asarray(np.mean([(t - p) ** 2 for t, p in _pairs(truth, answer)], axis=0))


def map_at(k: int) -> NamedMetric:
    """Mean average precision of the k likeliest classes where one is right: the mean of 1 / its place, 0 beyond k."""

    def gains(truth: Array, answer: Array) -> Array:
        own = answer[np.arange(len(answer)), truth.astype(int)]
        ahead = (answer > own[:, None]).sum(axis=1)
        ties = (answer == own[:, None]) & (np.arange(answer.shape[1]) < truth[:, None])  # ties go to the first class
        place = 1 + ahead + ties.sum(axis=1)
        return np.where(place <= k, 1 / place, 0.0)

    return NamedMetric(
        f"map@{k}", "maximize", "probabilities", lambda t, a: float(gains(t, a).mean()), lambda t, a: 1 - gains(t, a)
    )


PROBABILITIES = (
    NamedMetric(
        "auc",
        "maximize",
        "probabilities",
        _ranked("roc_auc_score", 0.5),
        aliases=("roc_auc", "auroc", "roc_auc_score", "mean_auc", "mcauc"),
    ),
    NamedMetric("gini", "maximize", "probabilities", _gini, aliases=("normalized_gini", "gini_coefficient")),
    NamedMetric(
        "average_precision",
        "maximize",
        "probabilities",
        _ranked("average_precision_score", None),
        aliases=("pr_auc", "auprc", "average_precision_score"),
    ),
    NamedMetric(
        "log_loss",
        "minimize",
        "probabilities",
        lambda t, a: float(_log_losses(t, a).mean()),
        _log_losses,
        best=0.0,
        aliases=("logloss", "cross_entropy", "multiclass_log_loss", "mc_log_loss", "mean_column_wise_log_loss"),
    ),
    NamedMetric(
        "brier",
        "minimize",
        "probabilities",
        lambda t, a: float(_brier_losses(t, a).mean()),
        _brier_losses,
        best=0.0,
        aliases=("brier_score", "brier_loss"),
    ),
)
