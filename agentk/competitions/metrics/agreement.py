"""Metrics of values by how well they go along with the truth: explained variance, correlation, order."""

from __future__ import annotations

import numpy as np

from agentk.competitions.metrics.entry import NamedMetric, Weighing, column_mean, columns
from agentk.types.metric import Array


def _r2(truth: Array, answer: Array, w: Weighing) -> float:
    spread = w.mean((truth - w.mean(truth)) ** 2)
    left = w.mean((truth - answer) ** 2)
    return 1 - left / spread if spread else float(left == 0)


def _squares_of_one(truth: Array, answer: Array, _: Weighing) -> Array | None:
    """Squared errors order as r2 does; for several targets each has a spread of its own."""
    pairs = columns(truth, answer)
    return (pairs[0][0] - pairs[0][1]) ** 2 if len(pairs) == 1 else None


def _explained_variance(truth: Array, answer: Array, w: Weighing) -> float:
    """As r2, but an error that all rows share costs nothing."""
    middle = w.mean(truth)
    return _r2(truth - middle, answer - middle - w.mean(answer - truth), w)


def _pearson(truth: Array, answer: Array, w: Weighing) -> float:
    if np.ptp(truth) == 0 or np.ptp(answer) == 0:
        return 0.0  # a constant goes along with nothing
    if w.rows is None:
        return float(np.corrcoef(truth, answer)[0, 1])
    apart, from_it = truth - w.mean(truth), answer - w.mean(answer)
    size = np.sqrt(w.mean(apart**2) * w.mean(from_it**2))
    return w.mean(apart * from_it) / float(size) if size else 0.0


def _spearman(truth: Array, answer: Array, w: Weighing) -> float:
    from scipy.stats import rankdata

    return _pearson(rankdata(truth), rankdata(answer), w)


def _gini(truth: Array, answer: Array, _: Weighing) -> float:
    """Normalized Gini: the area between the Lorenz curves, over that of the perfect order."""

    if not truth.sum():
        return float("nan")  # nothing to be ordered: it has no value

    def area(order: Array) -> float:
        lorenz = np.cumsum(truth[np.argsort(-order, kind="stable")]) / truth.sum()
        return float(np.sum(lorenz) - (len(truth) + 1) / 2)

    perfect = area(truth)
    return area(answer) / perfect if perfect else 0.0


def _ties(values: Array) -> float:
    """Pairs of equal values."""
    _, count = np.unique(values, return_counts=True)
    return float((count * (count - 1) / 2).sum())


def _kendall(truth: Array, answer: Array, _: Weighing) -> float:
    from scipy.stats import kendalltau

    if np.ptp(truth) == 0 or np.ptp(answer) == 0:
        return 0.0
    return float(kendalltau(truth, answer).statistic)


def _concordance(truth: Array, answer: Array, w: Weighing) -> float:
    """The share of pairs of different truth that are answered in the right order, equal answers as one half."""
    pairs = len(truth) * (len(truth) - 1) / 2
    differing = pairs - _ties(truth)
    if not differing:
        return 0.5
    surplus = _kendall(truth, answer, w) * np.sqrt(differing * (pairs - _ties(answer)))  # right pairs less wrong ones
    return float(0.5 + surplus / (2 * differing))


def _lin(truth: Array, answer: Array, w: Weighing) -> float:
    """Lin's coefficient (1989): Pearson's, less what differs in mean and spread; moments over N."""
    middle, said = w.mean(truth), w.mean(answer)
    covariance = w.mean((truth - middle) * (answer - said))
    below = w.mean((truth - middle) ** 2) + w.mean((answer - said) ** 2) + (middle - said) ** 2
    return 2 * covariance / below if below else 1.0


AGREEMENT = (
    NamedMetric(
        "r2",
        "maximize",
        "values",
        column_mean(_r2),
        _squares_of_one,
        aliases=("r_squared", "r2_score", "coefficient_of_determination"),
    ),
    NamedMetric(
        "explained_variance", "maximize", "values", column_mean(_explained_variance), aliases=("explained_variance_score",)
    ),
    NamedMetric(
        "pearson",
        "maximize",
        "values",
        column_mean(_pearson),
        aliases=("pearsonr", "correlation", "pearson_correlation", "pearson_correlation_coefficient", "mean_columnwise_pearson"),
    ),
    NamedMetric(
        "spearman",
        "maximize",
        "values",
        column_mean(_spearman),
        weighs_rows=False,
        aliases=("spearmanr", "rank_correlation", "spearman_correlation", "mean_columnwise_spearman"),
    ),
    NamedMetric("kendall", "maximize", "values", column_mean(_kendall), weighs_rows=False, aliases=("kendall_tau", "kendalltau")),
    NamedMetric(
        "concordance",
        "maximize",
        "values",
        column_mean(_concordance),
        weighs_rows=False,
        aliases=("concordance_index", "c_index"),
    ),
    NamedMetric("ccc", "maximize", "values", column_mean(_lin), aliases=("concordance_correlation_coefficient", "lins_ccc")),
    NamedMetric("gini_values", "maximize", "values", column_mean(_gini), weighs_rows=False, aliases=("normalized_gini_values",)),
)
