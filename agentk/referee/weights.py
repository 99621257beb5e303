"""Weights of an ensemble's members: greedy selection with replacement, non-negative least squares, logistic stacking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agentk.referee.apply import TINY, softmax
from agentk.types.metric import Array

STEPS = 20
PATIENCE = 4  # steps without gain after which greedy selection ends
BAGS = 5
SAMPLE = 6_000  # rows that weights are found on at most


Pool = NDArray[np.int64]
Losses = Callable[[Array, Pool], Array]
"""(counts (M,), pool (J,)) -> (J,) losses of the counts plus one of each member of the pool."""


class Objective(Protocol):
    """What greedy selection lowers."""

    def __call__(self, cells: Array) -> Losses:
        """The losses on cells (n, M)."""
        ...


def greedy(cells: Array, objective: Objective) -> Array:
    """(M,) weights that add up to 1: selection with replacement, bagged over halves of the members (Caruana 2004).

    cells: (N, ..., M) what the objective looks at, per row and member.
    """
    members = cells.shape[-1]
    rng = np.random.default_rng(0)
    cells = cells.reshape(-1, members)
    cells = cells[np.isfinite(cells[:, 0])]  # of several targets some may be unknown
    if len(cells) > SAMPLE:
        cells = cells[np.sort(rng.choice(len(cells), SAMPLE, replace=False))]
    losses = objective(cells)
    if members <= 4:
        pools = [np.arange(members)]
    else:
        pools = [np.sort(rng.choice(members, -(-members // 2), replace=False)) for _ in range(BAGS)]
    total = np.zeros(members)
    for pool in pools:
        total += _select(losses, pool, members)
    return np.asarray(total / len(pools))


def _select(losses: Losses, pool: Pool, members: int) -> Array:
    counts, best, least, stale = np.zeros(members), np.zeros(members), np.inf, 0
    for _ in range(STEPS):
        found = losses(counts, pool)
        winner = int(np.argmin(found))
        counts[pool[winner]] += 1
        if found[winner] < least - 1e-12:
            best, least, stale = counts.copy(), float(found[winner]), 0
        else:
            stale += 1
            if stale == PATIENCE:
                break
    return np.asarray(best / best.sum())


def squared(cells: Array) -> Losses:
    """Mean squared error of averaged residuals, from their Gram matrix: rows are looked at once."""
    gram = cells.T @ cells / len(cells)

    def losses(counts: Array, pool: Pool) -> Array:
        grown = counts @ gram @ counts + 2 * (gram @ counts)[pool] + np.diagonal(gram)[pool]
        return np.asarray(grown / (counts.sum() + 1) ** 2)

    return losses


def tilted(level: float) -> Objective:
    """Mean size of averaged residuals, those below the truth counting `level`, those above it the rest."""

    def objective(cells: Array) -> Losses:
        def losses(counts: Array, pool: Pool) -> Array:
            grown = (cells @ counts)[:, None] + cells[:, pool]
            return np.asarray(np.maximum((1.0 - level) * grown, -level * grown).mean(axis=0) / (counts.sum() + 1))

        return losses

    return objective


def log_loss(cells: Array) -> Losses:
    """Log loss of averaged probabilities of what is true."""

    def losses(counts: Array, pool: Pool) -> Array:
        grown = ((cells @ counts)[:, None] + cells[:, pool]) / (counts.sum() + 1)
        return np.asarray(-np.log(np.maximum(grown, TINY)).mean(axis=0))

    return losses


def non_negative(members: Array, truth: Array) -> Array:
    """(M,) weights of least squared error; (N, M) members, (N,) truth. Equal ones where none is above 0, or all members are 0."""
    from scipy.optimize import nnls

    even = np.full(members.shape[1], 1.0 / members.shape[1])
    if not members.any():
        return even
    ridge = 1e-3 * np.sqrt((members**2).sum() / members.shape[1])
    gram = members.T @ members + ridge * np.eye(members.shape[1])
    root = np.linalg.cholesky(gram + 1e-10 * np.trace(gram) * np.eye(len(gram)))
    found = nnls(root.T, np.linalg.solve(root, members.T @ truth + ridge * even))[0]
    return np.asarray(found if found.sum() > 0 else even)


def geometric(members: list[Array], truth: NDArray[np.int64]) -> Array:
    """(M,) non-negative weights of log probabilities with least log loss, drawn gently towards the even mean."""
    from scipy.optimize import minimize

    rows = np.arange(len(truth)) if len(truth) <= SAMPLE else np.random.default_rng(0).choice(len(truth), SAMPLE, replace=False)
    logs = np.stack([np.log(np.clip(member[rows], 1e-6, 1.0)) for member in members])  # (M, n, C)
    true = truth[rows]
    hot = np.eye(logs.shape[2])[true]
    even = np.full(len(members), 1.0 / len(members))

    def loss(x: Array) -> tuple[float, Array]:
        fitted = softmax(np.tensordot(x, logs, axes=1))
        pull = (x - even) / len(true)
        value = -float(np.log(np.maximum(fitted[np.arange(len(true)), true], TINY)).mean()) + 0.5 * len(true) * float(pull @ pull)
        return value, np.tensordot(logs, (fitted - hot) / len(true), axes=2) + pull

    found = minimize(loss, even, jac=True, method="L-BFGS-B", bounds=[(0.0, 3.0)] * len(members), options={"maxiter": 25})
    return np.asarray(found.x if found.x.sum() > 0 else even)
