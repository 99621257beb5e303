"""Expectation: what each arm may be hoped to gain here, by what arms earned together elsewhere and what this run has seen.

What all arms earn on one competition is taken as a draw from one Gaussian, whose mean and covariance earlier competitions tell:
where kernels won, other kernels did too and trees did not (Swersky, Snoek & Adams 2013, Multi-task Bayesian optimization; Fusi,
Sheth & Elibol 2018, Probabilistic matrix factorization for automated machine learning). Conditioned on the drafts of this run it
foretells the rest, each by its expected improvement (Jones, Schonlau & Welch 1998, section 4.1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

NOISE = 1.0
"""Variance of a reward about what it would be on endless rows: rewards are told in standard errors."""
OWN, ALIKE = 1.0, 0.5
"""Before any record: the variance of what an arm earns from one competition to another, and the share of it that arms of one
recipe have in common."""
PRIOR = 3.0
"""Competitions that this is worth beside the records."""
LEVEL = 1.0
"""Variance of a run's zero: it measures its drafts by each other, and those of another run may have been better or worse."""

Array = NDArray[np.float64]


def improvements(
    means: Sequence[float],
    records: Sequence[Mapping[str, tuple[float, float]]],
    recipes: Sequence[str],
    seen: Mapping[int, float],
) -> list[float]:
    """By how much each arm is expected to beat the best of those seen, in standard errors.

    Of each arm the mean believed, the record by competition (reward, how near it is) and the recipe; `seen`: by index of an
    arm, at least one, what it earned in this run.
    """
    expected, variances = _foretold(np.asarray(means), _covariance(means, records, recipes), seen)
    best = max(float(expected[index]) for index in seen)
    scales = np.sqrt(np.maximum(variances, 1e-9))
    return [_improvement(float(mean) - best, float(scale)) for mean, scale in zip(expected, scales, strict=True)]


def _covariance(means: Sequence[float], records: Sequence[Mapping[str, tuple[float, float]]], recipes: Sequence[str]) -> Array:
    """(A, A): of what arms earn beyond their means; an arm without a record of a competition earned its mean there."""
    near: dict[str, float] = {}
    for record in records:
        for name, (_, close) in record.items():
            near[name] = max(near.get(name, 0.0), close)
    gaps = np.array(
        [
            [record[name][0] - mean if name in record else 0.0 for mean, record in zip(means, records, strict=True)]
            for name in near
        ]
    ).reshape(len(near), len(records))
    weights = np.array(list(near.values()))
    same = np.array([[one == other for other in recipes] for one in recipes])
    prior = OWN * (ALIKE * same + (1 - ALIKE) * np.eye(len(recipes)))
    learned: Array = (PRIOR * prior + (weights[:, None] * gaps).T @ gaps) / (PRIOR + weights.sum())
    return learned


def _foretold(means: Array, covariance: Array, seen: Mapping[int, float]) -> tuple[Array, Array]:
    """(A,) means and variances given what was seen, wherever rewards begin here (universal kriging with a prior on the level)."""
    known = list(seen)
    inverse = np.linalg.inv(covariance[np.ix_(known, known)] + NOISE * np.eye(len(known)))
    gaps = np.array([seen[index] for index in known]) - means[known]
    level = inverse.sum(axis=0) @ gaps / (inverse.sum() + 1.0 / LEVEL)
    gain = covariance[:, known] @ inverse
    return means + gain @ (gaps - level), np.diag(covariance) - np.einsum("ij,ij->i", gain, covariance[:, known])


def _improvement(ahead: float, scale: float) -> float:
    z = ahead / scale
    density = math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    return ahead * 0.5 * (1 + math.erf(z / math.sqrt(2))) + scale * density
