"""Pruning: whether a trial that has seen some folds can still beat the best one.

Fold by fold, a trial is paired with the best trial: folds differ far more from one another than two parameter sets do on one
fold. The variance of the paired difference is corrected for overlapping training sets (Nadeau and Bengio, "Inference for the
Generalization Error", Machine Learning 52, 2003, section 3) and steadied by the differences that finished trials showed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median, variance

STEADY = 3
"""Finished trials, apart from the best, that must have been seen before anything is pruned."""

RISK = 0.05
"""How likely a trial as good as the best may be pruned at one look, at most."""

_PRIOR_DEGREES = 4.0  # what the finished trials' variance counts for, in folds


def hopeless(losses: Sequence[float], best: Sequence[float], finished: Sequence[Sequence[float]], folds: int) -> bool:
    """Whether `losses`, one a fold so far, are worse than the best trial's beyond chance.

    best: the best trial's losses on these folds and perhaps later ones. finished: those of the other finished trials, on as
    many folds as the best's. folds: how many there are in all. Lower is better.
    """
    count = len(losses)
    if not 0 < count < folds or len(best) < max(count, 2) or len(finished) < STEADY:
        return False
    differences = [loss - reference for loss, reference in zip(losses, best, strict=False)]
    prior = median(variance([loss - reference for loss, reference in zip(other, best, strict=True)]) for other in finished)
    own = variance(differences) * (count - 1) if count > 1 else 0.0
    degrees = _PRIOR_DEGREES + count - 1
    pooled = (_PRIOR_DEGREES * prior + own) / degrees
    error = math.sqrt(pooled * (1 / count + 1 / (folds - 1)))
    from scipy.stats import t

    return sum(differences) / count > error * float(t.ppf(1 - RISK, degrees)) if error > 0 else False
