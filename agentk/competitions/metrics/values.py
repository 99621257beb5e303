"""Metrics of values: regression, and several targets at once (the mean over targets)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from agentk.competitions.metrics.entry import Losses, NamedMetric, column_mean, columns
from agentk.types.metric import Array

_SMALLEST = 1e-15  # stands for anything that has no logarithm


def _log1p(values: Array) -> Array:
    return np.log1p(np.maximum(values, 0.0))


def _log(values: Array) -> Array:
    return np.log(np.maximum(values, _SMALLEST))


def _identity(values: Array) -> Array:
    return values


def _root(scale: Callable[[Array], Array]) -> Callable[[Array, Array], float]:
    return column_mean(lambda t, a: float(np.sqrt(np.mean((scale(t) - scale(a)) ** 2))))


def _squares_of_one(scale: Callable[[Array], Array]) -> Losses:
    """Squared errors; for several targets the mean of roots is no mean over rows."""

    def losses(truth: Array, answer: Array) -> Array | None:
        pairs = columns(truth, answer)
        return (scale(pairs[0][0]) - scale(pairs[0][1])) ** 2 if len(pairs) == 1 else None

    return losses


def _rowwise(loss: Callable[[Array, Array], Array]) -> Losses:
    return lambda truth, answer: np.mean([loss(t, a) for t, a in columns(truth, answer)], axis=0)


def _mean_of(loss: Callable[[Array, Array], Array], factor: float = 1.0) -> Callable[[Array, Array], float]:
    return column_mean(lambda t, a: factor * float(np.mean(loss(t, a))))


def _absolute(truth: Array, answer: Array) -> Array:
    return np.abs(truth - answer)


def _square(truth: Array, answer: Array) -> Array:
    return (truth - answer) ** 2


def _log_absolute(truth: Array, answer: Array) -> Array:
    return np.abs(_log1p(truth) - _log1p(answer))


def _percentage(truth: Array, answer: Array) -> Array:
    return np.asarray(np.abs(truth - answer) / np.maximum(np.abs(truth), np.finfo(float).eps))


def _symmetric(truth: Array, answer: Array) -> Array:
    size = np.abs(truth) + np.abs(answer)
    return np.asarray(np.divide(2 * np.abs(truth - answer), size, out=np.zeros_like(size), where=size > 0))


def _poisson(truth: Array, answer: Array) -> Array:
    answer = np.maximum(answer, _SMALLEST)
    ratio = np.where(truth > 0, truth / answer, 1.0)
    return 2 * (truth * np.log(ratio) - truth + answer)


def _rmspe(truth: Array, answer: Array) -> float:
    known = truth != 0  # rows whose truth is 0 are left out, as Kaggle does
    return float(np.sqrt(np.mean(((truth[known] - answer[known]) / truth[known]) ** 2))) if known.any() else 0.0


def _r2(truth: Array, answer: Array) -> float:
    spread = float(np.sum((truth - truth.mean()) ** 2))
    left = float(np.sum((truth - answer) ** 2))
    return 1 - left / spread if spread else float(left == 0)


def _pearson(truth: Array, answer: Array) -> float:
    if np.ptp(truth) == 0 or np.ptp(answer) == 0:
        return 0.0  # a constant goes along with nothing
    return float(np.corrcoef(truth, answer)[0, 1])


def _spearman(truth: Array, answer: Array) -> float:
    from scipy.stats import rankdata

    return _pearson(rankdata(truth), rankdata(answer))


def _gini(truth: Array, answer: Array) -> float:
    """Normalized Gini: the area between the Lorenz curves, over that of the perfect order."""

    if not truth.sum():
        return float("nan")  # nothing to be ordered: it has no value

    def area(order: Array) -> float:
        lorenz = np.cumsum(truth[np.argsort(-order, kind="stable")]) / truth.sum()
        return float(np.sum(lorenz) - (len(truth) + 1) / 2)

    perfect = area(truth)
    return area(answer) / perfect if perfect else 0.0


def pinball(quantile: float) -> NamedMetric:
    """The loss whose best constant is the given quantile, between 0 and 1."""

    def loss(truth: Array, answer: Array) -> Array:
        return np.maximum(quantile * (truth - answer), (quantile - 1) * (truth - answer))

    return NamedMetric(f"pinball@{quantile:g}", "minimize", "values", _mean_of(loss), _rowwise(loss), best=0.0)


VALUES = (
    NamedMetric(
        "rmse",
        "minimize",
        "values",
        _root(_identity),
        _squares_of_one(_identity),
        best=0.0,
        aliases=("root_mean_squared_error", "mcrmse", "mean_columnwise_rmse"),
    ),
    NamedMetric("mse", "minimize", "values", _mean_of(_square), _rowwise(_square), best=0.0, aliases=("mean_squared_error",)),
    NamedMetric(
        "mae", "minimize", "values", _mean_of(_absolute), _rowwise(_absolute), best=0.0, aliases=("mean_absolute_error", "mcmae")
    ),
    NamedMetric(
        "medae",
        "minimize",
        "values",
        column_mean(lambda t, a: float(np.median(np.abs(t - a)))),
        best=0.0,
        aliases=("median_absolute_error",),
    ),
    NamedMetric(
        "rmsle",
        "minimize",
        "values",
        _root(_log1p),
        _squares_of_one(_log1p),
        link="log1p",
        best=0.0,
        aliases=("root_mean_squared_log_error", "mcrmsle"),
    ),
    NamedMetric(
        "rmse_log",
        "minimize",
        "values",
        _root(_log),
        _squares_of_one(_log),
        link="log",
        best=0.0,
        aliases=("log_rmse", "rmse_of_logs"),
    ),
    NamedMetric(
        "msle",
        "minimize",
        "values",
        column_mean(lambda t, a: float(np.mean((_log1p(t) - _log1p(a)) ** 2))),
        _rowwise(lambda t, a: (_log1p(t) - _log1p(a)) ** 2),
        link="log1p",
        best=0.0,
        aliases=("mean_squared_log_error",),
    ),
    NamedMetric(
        "male",
        "minimize",
        "values",
        _mean_of(_log_absolute),
        _rowwise(_log_absolute),
        link="log1p",
        best=0.0,
        aliases=("mean_absolute_log_error",),
    ),
    NamedMetric(
        "mape",
        "minimize",
        "values",
        _mean_of(_percentage),
        _rowwise(_percentage),
        link="log1p",
        best=0.0,
        aliases=("mean_absolute_percentage_error",),
    ),
    NamedMetric(
        "smape",
        "minimize",
        "values",
        _mean_of(_symmetric, 100.0),
        _rowwise(_symmetric),
        link="log1p",
        best=0.0,
        aliases=("symmetric_mean_absolute_percentage_error",),
    ),
    NamedMetric(
        "rmspe",
        "minimize",
        "values",
        column_mean(_rmspe),
        link="log1p",
        best=0.0,
        aliases=("root_mean_squared_percentage_error",),
    ),
    NamedMetric(
        "r2",
        "maximize",
        "values",
        column_mean(_r2),
        _squares_of_one(_identity),
        aliases=("r_squared", "r2_score", "coefficient_of_determination"),
    ),
    NamedMetric("pearson", "maximize", "values", column_mean(_pearson), aliases=("pearsonr", "correlation")),
    NamedMetric("spearman", "maximize", "values", column_mean(_spearman), aliases=("spearmanr", "rank_correlation")),
    NamedMetric("gini_values", "maximize", "values", column_mean(_gini), aliases=("normalized_gini_values",)),
    NamedMetric(
        "poisson_deviance",
        "minimize",
        "values",
        _mean_of(_poisson),
        _rowwise(_poisson),
        best=0.0,
        aliases=("mean_poisson_deviance",),
    ),
)
