"""Metrics of values by how far off they are; of several targets the mean over targets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from agentk.competitions.metrics.entry import Losses, NamedMetric, Score, Weighing, column_mean, columns
from agentk.types.metric import Array

_SMALLEST = 1e-15  # stands for anything that has no logarithm


def _log1p(values: Array) -> Array:
    return np.log1p(np.maximum(values, 0.0))


def _log(values: Array) -> Array:
    return np.log(np.maximum(values, _SMALLEST))


def _identity(values: Array) -> Array:
    return values


def _root(scale: Callable[[Array], Array]) -> Score:
    return column_mean(lambda t, a, w: float(np.sqrt(w.mean((scale(t) - scale(a)) ** 2))))


def _squares_of_one(scale: Callable[[Array], Array]) -> Losses:
    """Squared errors; for several targets the mean of roots is no mean over rows."""

    def losses(truth: Array, answer: Array, _: Weighing) -> Array | None:
        pairs = columns(truth, answer)
        return (scale(pairs[0][0]) - scale(pairs[0][1])) ** 2 if len(pairs) == 1 else None

    return losses


def _rowwise(loss: Callable[[Array, Array], Array]) -> Losses:
    return lambda truth, answer, w: w.together([loss(t, a) for t, a in columns(truth, answer)])


def _mean_of(loss: Callable[[Array, Array], Array], factor: float = 1.0) -> Score:
    return column_mean(lambda t, a, w: factor * w.mean(loss(t, a)))


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


def _log_cosh(truth: Array, answer: Array) -> Array:
    error = np.abs(truth - answer)
    return np.asarray(error + np.log1p(np.exp(-2 * error)) - np.log(2))  # of large errors too: cosh itself would overflow


def _wape(truth: Array, answer: Array, w: Weighing) -> float:
    """All absolute errors over all absolute values."""
    size = w.mean(np.abs(truth))
    return w.mean(np.abs(truth - answer)) / size if size else 0.0


def _distances(truth: Array, answer: Array, _: Weighing) -> Array:
    """(N,) Euclidean distance between the points that targets are the coordinates of."""
    return np.asarray(np.sqrt(np.sum([(t - a) ** 2 for t, a in columns(truth, answer)], axis=0)))


def _pooled_rmse(truth: Array, answer: Array, w: Weighing) -> float:
    return float(np.sqrt(w.mean(w.together([(t - a) ** 2 for t, a in columns(truth, answer)]))))


def _squared_percentages(truth: Array, answer: Array, w: Weighing) -> float:
    known = truth != 0  # rows whose truth is 0 are left out, as Kaggle does
    counted = w.of(known)
    if not known.any() or (counted.rows is not None and not counted.rows.any()):
        return 0.0
    return counted.mean(((truth[known] - answer[known]) / truth[known]) ** 2)


def _rmspe(truth: Array, answer: Array, w: Weighing) -> float:
    return float(np.sqrt(_squared_percentages(truth, answer, w)))


def pinball(quantile: float) -> NamedMetric:
    """The loss whose best constant is the given quantile, between 0 and 1."""

    def loss(truth: Array, answer: Array) -> Array:
        return np.maximum(quantile * (truth - answer), (quantile - 1) * (truth - answer))

    return NamedMetric(f"pinball@{quantile:g}", "minimize", "values", _mean_of(loss), _rowwise(loss), best=0.0)


def huber(delta: float) -> NamedMetric:
    """Half the square of errors up to `delta`, beyond it `delta` times the error less half of `delta`."""

    def loss(truth: Array, answer: Array) -> Array:
        error = np.abs(truth - answer)
        return np.where(error <= delta, error**2 / 2, delta * (error - delta / 2))

    return NamedMetric(f"huber@{delta:g}", "minimize", "values", _mean_of(loss), _rowwise(loss), best=0.0)


VALUES = (
    NamedMetric(
        "rmse",
        "minimize",
        "values",
        _root(_identity),
        _squares_of_one(_identity),
        best=0.0,
        aliases=(
            "root_mean_squared_error",
            "root_mean_square_error",
            "rmsd",
            "mcrmse",
            "mean_columnwise_rmse",
            "mean_columnwise_root_mean_squared_error",
        ),
    ),
    NamedMetric("mse", "minimize", "values", _mean_of(_square), _rowwise(_square), best=0.0, aliases=("mean_squared_error",)),
    NamedMetric(
        "mae",
        "minimize",
        "values",
        _mean_of(_absolute),
        _rowwise(_absolute),
        best=0.0,
        aliases=("mean_absolute_error", "mcmae", "mean_columnwise_mae"),
    ),
    NamedMetric(
        "medae",
        "minimize",
        "values",
        column_mean(lambda t, a, w: w.median(np.abs(t - a))),
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
        aliases=("root_mean_squared_log_error", "root_mean_squared_logarithmic_error", "mcrmsle", "mean_columnwise_rmsle"),
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
        column_mean(lambda t, a, w: w.mean((_log1p(t) - _log1p(a)) ** 2)),
        _rowwise(lambda t, a: (_log1p(t) - _log1p(a)) ** 2),
        link="log1p",
        best=0.0,
        aliases=("mean_squared_log_error", "mean_squared_logarithmic_error"),
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
        "mspe",
        "minimize",
        "values",
        column_mean(_squared_percentages),
        link="log1p",
        best=0.0,
        aliases=("mean_squared_percentage_error",),
    ),
    NamedMetric(
        "medape",
        "minimize",
        "values",
        column_mean(lambda t, a, w: w.median(_percentage(t, a))),
        link="log1p",
        best=0.0,
        aliases=("median_absolute_percentage_error", "mdape"),
    ),
    NamedMetric(
        "wape", "minimize", "values", column_mean(_wape), best=0.0, aliases=("wmape", "weighted_absolute_percentage_error")
    ),
    NamedMetric(
        "max_error",
        "minimize",
        "values",
        column_mean(lambda t, a, _: float(np.max(np.abs(t - a)))),
        best=0.0,
        weighs_rows=False,
        aliases=("maximum_error", "maximum_absolute_error"),
    ),
    NamedMetric("log_cosh", "minimize", "values", _mean_of(_log_cosh), _rowwise(_log_cosh), best=0.0, aliases=("log_cosh_loss",)),
    NamedMetric(
        "rmse_pooled", "minimize", "values", _pooled_rmse, _rowwise(_square), best=0.0, aliases=("rmse_all", "flattened_rmse")
    ),
    NamedMetric(
        "euclidean",
        "minimize",
        "values",
        lambda t, a, w: w.mean(_distances(t, a, w)),
        _distances,
        best=0.0,
        aliases=("mean_euclidean_distance", "euclidean_distance"),
    ),
)
