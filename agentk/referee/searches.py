"""The searches behind decisions: class weights, cuts, thresholds, calibration, lines; milliseconds at ten thousand rows."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agentk.referee.apply import TINY, from_link, softmax, to_link
from agentk.referee.formulas import Codes, Formula, tables
from agentk.types.metric import Array, Metric

STEPS = 64
PASSES = 2
NEWTON = 12
"""Steps of a calibration at most."""
LEVELS = (0.01, 0.02, 0.05, *np.linspace(0.1, 0.9, 17), 0.95, 0.98, 0.99)  # quantiles of residuals
POWERS = tuple(np.linspace(0.0, 1.5, 16).tolist())
"""Of rarity, as a class's weight: at 1 all classes are believed to be equally frequent."""
CERTAIN = 1e-3
SAMPLE = 6_000
"""Rows that a calibration is fitted on at most."""


def class_weights(probabilities: Array, truth: Codes, formula: Formula) -> Array:
    """(C,) positive weights, geometric mean 1, whose weighted argmax scores best: coordinate ascent on log weights.

    For one class at a time a row is answered with it exactly when its log weight exceeds the row's margin, so that all
    candidates are scored by one cumulative count. A row counts as what it is and as what it was likely to be, half and half:
    labels alone place a threshold by the chance of the few rows near it, calibrated probabilities alone trust the calibration.
    """
    classes = probabilities.shape[1]
    logs = np.log(np.clip(probabilities, 1e-12, 1.0))
    weights, true = np.zeros(classes), (np.eye(classes)[truth] + calibrated(probabilities, truth)) / 2
    for _ in range(PASSES if classes > 2 else 1):
        for own in range(1 if classes == 2 else 0, classes):
            rivals = logs + weights
            rivals[:, own] = -np.inf
            rival = rivals.argmax(axis=1)
            margin = rivals[np.arange(len(logs)), rival] - logs[:, own]
            grid = np.unique(np.append(_steps(margin, truth == own), weights[own]))
            below = np.searchsorted(grid, margin, side="right")  # answered with `own` from this candidate on
            cells, size = below * classes + rival, (len(grid) + 1) * classes
            counts = [np.bincount(cells, column, size).reshape(-1, classes) for column in true.T]
            lost = np.stack(counts, axis=1)
            for step in range(1, len(lost)):  # numpy's own running sums are slow along the first axis
                lost[step] += lost[step - 1]
            tables = lost[-1] - lost[:-1]
            tables[:, :, own] += lost[:-1].sum(axis=2)
            weights[own] = grid[_summit(formula(tables), grid, weights[own])]
    return np.asarray(np.exp(np.clip(weights - weights.mean(), -20, 20)))


def rarity_weights(probabilities: Array, truth: Codes, formula: Formula) -> Array:
    """(C,) positive weights, geometric mean 1: the classes' rarity to the power that scores best.

    One number for all classes: where they are many, most are too rare to tell a weight of their own, and trying each takes long.
    """
    classes = probabilities.shape[1]
    rarity = -np.log(np.bincount(truth, minlength=classes) + 0.5)
    logs = np.log(np.clip(probabilities, 1e-12, 1.0))
    group = np.zeros(len(truth), dtype=np.int64)
    found = [tables(truth, (logs + power * rarity).argmax(axis=1), group, classes) for power in POWERS]
    power = POWERS[_summit(np.array([float(formula(each)[0]) for each in found]), np.array(POWERS), 0.0)]
    return np.asarray(np.exp(np.clip(power * (rarity - rarity.mean()), -20, 20)))


def _steps(margin: Array, own: NDArray[np.bool_]) -> Array:
    """Candidates, half of them among the rows of the class itself: they are dense where a rare class is decided."""
    parts = [margin[rows] for rows in (own, ~own) if rows.any()]
    return np.concatenate([np.quantile(part, np.linspace(0.005, 0.995, STEPS // len(parts))) for part in parts])


def matched_cuts(values: Array, truth: Array, grades: Array) -> Array:
    """(G - 1,) cuts at which the predictions fall into the grades as often as the truth does."""
    shares = np.array([(truth <= grade).mean() for grade in grades[:-1]])
    return np.asarray(np.quantile(values, shares))


def search_cuts(values: Array, truth: Codes, start: Array, formula: Formula) -> Array:
    """The cuts from `start` on, moved one at a time between their neighbors to where the formula scores best."""
    grid = np.unique(np.concatenate([np.quantile(values, np.linspace(0, 1, 4 * STEPS)), start]))
    grades = len(start) + 1
    counts = np.zeros((len(grid) + 1, grades))
    np.add.at(counts, (np.searchsorted(grid, values, side="right"), truth), 1.0)
    under = np.concatenate([np.zeros((1, grades)), counts.cumsum(axis=0)])  # under[i]: rows below grid[i], by truth
    chosen = np.searchsorted(grid, start)
    total = under[-1]
    for _ in range(PASSES):
        for cut in range(grades - 1):
            low = chosen[cut - 1] if cut else 0
            high = chosen[cut + 1] if cut < grades - 2 else len(grid) - 1
            moves = np.arange(low, high + 1)
            places = np.tile(chosen, (len(moves), 1))
            places[:, cut] = moves
            edges = np.concatenate(
                [np.zeros((len(moves), 1, grades)), under[places + 1], np.tile(total, (len(moves), 1, 1))], axis=1
            )
            scores = formula(np.diff(edges, axis=1).transpose(0, 2, 1))
            chosen[cut] = moves[_summit(scores, grid[moves], grid[chosen[cut]])]
    return np.asarray(grid[chosen])


def thresholds(probabilities: Array, truth: Array, *, common: bool) -> Array:
    """(T,) thresholds of highest F1: of each target, or one for all of highest F1 over all cells."""
    grid = np.linspace(0.02, 0.98, 49)
    hits, said = (
        np.stack([(mask & (probabilities >= at)).sum(axis=0) for at in grid]) for mask in (truth > 0.5, ~np.isnan(truth))
    )
    true = np.broadcast_to((truth > 0.5).sum(axis=0), hits.shape)
    if common:
        hits, said, true = (np.broadcast_to(part.sum(axis=1, keepdims=True), part.shape) for part in (hits, said, true))
    scores = 2 * hits / np.maximum(true + said, 1)
    return np.array([grid[_summit(scores[:, target], grid, 0.5)] for target in range(truth.shape[1])])


def calibration(probabilities: Array, truth: Codes) -> tuple[float, Array]:
    """Scale and (C,) bias of least log loss, drawn gently towards 1 and 0; beyond twenty classes the scale alone.

    Newton's method: the loss is convex, and a handful of steps end it.
    """
    rows, classes = probabilities.shape
    if rows > SAMPLE:
        drawn, rows = np.random.default_rng(0).choice(rows, SAMPLE, replace=False), SAMPLE
        probabilities, truth = probabilities[drawn], truth[drawn]
    logs = np.log(np.clip(probabilities, TINY, 1.0))
    hot = np.eye(classes)[truth]
    free = classes if classes <= 20 else 0
    start = np.concatenate([[1.0], np.zeros(free)])

    def at(x: Array) -> tuple[float, Array]:
        fitted = softmax(x[0] * logs + (x[1:] if free else 0.0))
        pull = x - start
        return 0.5 * float(pull @ pull) - float(np.log(np.maximum((fitted * hot).sum(axis=1), TINY)).sum()), fitted

    x = start
    loss, fitted = at(x)
    for _ in range(NEWTON):
        mean = (fitted * logs).sum(axis=1, keepdims=True)
        slope, curve = x - start, np.eye(1 + free)
        slope[0] += ((fitted - hot) * logs).sum()
        curve[0, 0] += (fitted * (logs - mean) ** 2).sum()
        if free:
            slope[1:] += (fitted - hot).sum(axis=0)
            curve[0, 1:] = curve[1:, 0] = (fitted * (logs - mean)).sum(axis=0)
            curve[1:, 1:] += np.diag(fitted.sum(axis=0)) - fitted.T @ fitted
        step, length = np.linalg.solve(curve, slope), 1.0
        for _ in range(NEWTON):
            found, then = at(x - length * step)
            if found < loss:
                break
            length /= 2
        if found > loss - 1e-9 * max(rows, 1):
            break
        x, loss, fitted = x - length * step, found, then
    return float(x[0]), x[1:] if free else np.zeros(classes)


def calibrated(probabilities: Array, truth: Codes) -> Array:
    """(N, C) probabilities as scale and bias mend them; those near 0 or 1 count as `CERTAIN`, as forests and neighbors say it."""
    kept = np.clip(probabilities, CERTAIN, 1.0)
    scale, bias = calibration(kept, truth)
    return softmax(scale * np.log(kept) + bias)


def median_shift(predictions: Array, truth: Array, link: Literal["identity", "log", "log1p"]) -> float:
    """The median residual on the link scale: what absolute errors want added."""
    return float(np.nanmedian(to_link(truth.reshape(predictions.shape), link) - to_link(predictions, link)))


def best_shift(predictions: Array, truth: Array, metric: Metric) -> float:
    """The quantile of the residuals on the metric's link scale that it wants added: of most metrics the median, or near it."""
    placed = to_link(predictions, metric.link)
    residuals = to_link(truth.reshape(predictions.shape), metric.link) - placed
    shifts = np.unique(np.nanquantile(residuals, LEVELS))
    scores = [metric.score(truth, from_link(placed + shift, metric.link)) for shift in shifts]
    return float(shifts[int(np.argmax(scores) if metric.direction == "maximize" else np.argmin(scores))])


def median_scale(predictions: Array, truth: Array) -> float:
    """The factor on predictions of least absolute error: the median of truth / prediction, weighted by the prediction."""
    x, y = predictions.reshape(-1), truth.reshape(-1)
    kept = (x != 0) & ~np.isnan(y)
    x, y = x[kept], y[kept]
    if not len(x):
        return 1.0
    order = np.argsort(y / x)
    weight = np.abs(x[order]).cumsum()
    return float((y / x)[order[np.searchsorted(weight, weight[-1] / 2)]])


def line(predictions: Array, truth: Array, link: Literal["identity", "log", "log1p"]) -> tuple[float, float]:
    """Slope and shift of the least-squares line from prediction to truth on the link scale."""
    x, y = to_link(predictions, link).reshape(-1), to_link(truth.reshape(predictions.shape), link).reshape(-1)
    x, y = x[~np.isnan(y)], y[~np.isnan(y)]
    spread = float(x.var())
    slope = float(((x - x.mean()) * (y - y.mean())).mean()) / spread if spread > 0 else 1.0
    return slope, float(y.mean() - slope * x.mean())


def _summit(scores: Array, places: Array, current: float) -> int:
    """The middle of the highest ground: scores smoothed over neighbors, ties to the place nearest to where we are."""
    width = min(5, len(scores))
    padded = np.pad(scores, (width // 2, width - 1 - width // 2), mode="edge")
    smooth = np.convolve(padded, np.ones(width) / width, mode="valid")
    return int(np.lexsort((np.abs(places - current), -np.round(smooth, 12)))[0])
