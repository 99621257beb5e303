"""A Gaussian process for few, costly, rough observations: warped inputs, lengths and noise with priors.

scikit-learn's has neither warps nor priors, and with ten points in as many dimensions it is the priors that matter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int_]]
Switches = np.ndarray[Any, np.dtype[np.bool_]]

LENGTH, LENGTHS = 0.25, 0.8
"""Of the prior of a length scale in one dimension, log-normal: its median, and the spread of its logarithm. In d dimensions the
median is sqrt(d) times that, as the distance of two points is (Hvarfner et al. 2024)."""
SIGNAL, SIGNALS = 1.0, 0.7
NOISE, NOISES = 0.02, 1.5
"""Of the variances, as shares of the values' own."""
WARPS = 0.3
"""Spread of the logarithm of a warp's two powers around no warp."""
EDGE = 1e-6
"""Of the warps' range: their slope is infinite at its ends."""
JITTER = 1e-8
STEPS = 60


@dataclass(frozen=True)
class Process:
    """A fitted process: Matérn kernel of smoothness 3/2 over features that are warped by Kumaraswamy's distribution function.

    A warp stretches one part of a range against the other, so that a function may vary faster at one end of it than at the
    other (Snoek et al. 2014; HEBO: Cowen-Rivers et al. 2022, section 3.2).
    """

    features: Floats  # (points, features), between 0 and 1
    values: Floats  # (points,), of mean 0 and variance 1
    groups: Whole  # (features,): the dimension of each feature; one length a dimension
    warped: Switches  # (dimensions,): those of a range
    theta: Floats  # logarithms of: lengths, powers a and b of the warped dimensions, signal and noise variance

    @property
    def noise(self) -> float:
        """Variance of what no feature explains."""
        return float(np.exp(self.theta[-1]))

    def believing(self, features: Floats) -> Process:
        """The same process, told its own means as further observations: it is surer there, and thinks what it thought."""
        told = np.concatenate([self.values, self.predict(features)[0]])
        return replace(self, features=np.vstack([self.features, features]), values=told)

    def predict(self, features: Floats) -> tuple[Floats, Floats]:
        """Mean and standard deviation of the function without noise at points of shape (points, features)."""
        from scipy.linalg import solve_triangular

        lower, weights, scaled = self._solved
        signal = math.exp(self.theta[-2])
        across = signal * _matern(_squares(_scaled(features, self.groups, self.warped, self.theta), scaled))
        half = solve_triangular(lower, across.T, lower=True, check_finite=False)
        return across @ weights, np.sqrt(np.maximum(signal - np.einsum("ij,ij->j", half, half), 1e-12))

    @cached_property
    def _solved(self) -> tuple[Floats, Floats, Floats]:
        """The kernel's lower root, the weights of the observations, and their scaled features."""
        from scipy.linalg import cho_solve

        scaled = _scaled(self.features, self.groups, self.warped, self.theta)
        kernel = math.exp(self.theta[-2]) * _matern(_squares(scaled, scaled))
        lower = np.asarray(np.linalg.cholesky(kernel + (self.noise + JITTER) * np.eye(len(scaled))), dtype=np.float64)
        return lower, cho_solve((lower, True), self.values, check_finite=False), scaled


def fitted(features: Floats, values: Floats, groups: Whole, warped: Switches, rng: np.random.Generator) -> Process:
    """The process of the highest posterior density found from two starts: the priors' medians, and a draw near them."""
    from scipy.optimize import minimize

    dimensions, warps = len(warped), int(warped.sum())
    length = math.log(LENGTH * math.sqrt(max(dimensions, 1)))
    middle = np.array([length] * dimensions + [0.0] * 2 * warps + [math.log(SIGNAL), math.log(NOISE)])
    spread = np.array([LENGTHS] * dimensions + [WARPS] * 2 * warps + [SIGNALS, NOISES])
    bounds = [(low, high) for low, high in zip(middle - 4 * spread, middle + 4 * spread, strict=True)]

    def loss(theta: Floats) -> tuple[float, Floats]:
        value, gradient = _evidence(features, values, groups, warped, theta)
        away = (theta - middle) / spread
        return value + 0.5 * float(away @ away), gradient + away / spread

    starts = (middle, middle + 0.5 * spread * rng.normal(size=len(middle)))
    found = [minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": STEPS}) for start in starts]
    return Process(features, values, groups, warped, np.asarray(min(found, key=lambda one: float(one.fun)).x))


def _evidence(features: Floats, values: Floats, groups: Whole, warped: Switches, theta: Floats) -> tuple[float, Floats]:
    """The negative logarithm of the marginal likelihood, but for a constant, and its gradient."""
    from scipy.linalg import cho_solve, lapack

    dimensions, warps = len(warped), int(warped.sum())
    scaled = _scaled(features, groups, warped, theta)
    root = math.sqrt(3.0) * np.sqrt(_squares(scaled, scaled))
    decay = np.exp(-root)
    signal, noise = math.exp(theta[-2]), math.exp(theta[-1])
    kernel = signal * (1.0 + root) * decay
    lower = np.linalg.cholesky(kernel + (noise + JITTER) * np.eye(len(values)))
    weights = cho_solve((lower, True), values, check_finite=False)
    inverse = lapack.dpotri(lower, lower=1)[0]
    inverse = inverse + np.tril(inverse, -1).T
    outer = inverse - np.outer(weights, weights)  # the gradient is half the trace of its product with the kernel's
    value = 0.5 * float(values @ weights) + float(np.log(np.diag(lower)).sum())

    gradient = np.empty(len(theta))
    gradient[-2] = 0.5 * float(np.sum(outer * kernel))
    gradient[-1] = 0.5 * noise * float(np.trace(outer))
    # Of a coordinate u of scaled features the kernel changes by -3 signal e^(-root) (u_i - u_j), times what u changes by.
    pull = 3.0 * signal * outer * decay
    sums = pull.sum(axis=1)
    # Half the sum over pairs of pull (u_i - u_j) (v_i - v_j), for a pull that is symmetric, is v'(sums u - pull u).
    moved = sums[:, None] * scaled - pull @ scaled
    gradient[:dimensions] = np.bincount(groups, np.einsum("ij,ij->j", scaled, moved), minlength=dimensions)
    slopes_a, slopes_b = _slopes(features, groups, warped, theta)
    gradient[dimensions : dimensions + warps] = -np.einsum("ij,ij->j", slopes_a, moved[:, warped[groups]])
    gradient[dimensions + warps : dimensions + 2 * warps] = -np.einsum("ij,ij->j", slopes_b, moved[:, warped[groups]])
    return value, gradient


def _scaled(features: Floats, groups: Whole, warped: Switches, theta: Floats) -> Floats:
    """Features as they count: warped, each by its dimension's length, two choices of a dimension one length apart."""
    a, b = _powers(warped, theta)
    inside = np.clip(features[:, warped[groups]], EDGE, 1.0 - EDGE)
    found = features * math.sqrt(0.5)
    found[:, warped[groups]] = 1.0 - (1.0 - inside**a) ** b
    scaled: Floats = found / np.exp(theta[: len(warped)])[groups]
    return scaled


def _slopes(features: Floats, groups: Whole, warped: Switches, theta: Floats) -> tuple[Floats, Floats]:
    """Of the scaled features of ranges, by the logarithms of their powers a and b."""
    a, b = _powers(warped, theta)
    inside = np.clip(features[:, warped[groups]], EDGE, 1.0 - EDGE)
    power = inside**a
    rest = 1.0 - power
    lengths = np.exp(theta[: len(warped)])[warped]
    return b * rest ** (b - 1.0) * a * power * np.log(inside) / lengths, -b * rest**b * np.log(rest) / lengths


def _powers(warped: Switches, theta: Floats) -> tuple[Floats, Floats]:
    dimensions, warps = len(warped), int(warped.sum())
    return np.exp(theta[dimensions : dimensions + warps]), np.exp(theta[dimensions + warps : dimensions + 2 * warps])


def _squares(left: Floats, right: Floats) -> Floats:
    """Squared distances of the rows, shape (left, right)."""
    squares = (left * left).sum(1)[:, None] + (right * right).sum(1)[None] - 2.0 * left @ right.T
    found: Floats = np.maximum(squares, 0.0)
    return found


def _matern(squares: Floats) -> Floats:
    root = math.sqrt(3.0) * np.sqrt(squares)
    found: Floats = (1.0 + root) * np.exp(-root)
    return found
