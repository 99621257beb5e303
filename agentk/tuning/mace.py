"""MACE, the sampler of HEBO (Cowen-Rivers et al. 2022, JAIR 74), on Optuna's interface.

Losses are power-transformed and modelled by a Gaussian process with warped inputs. Three acquisitions are weighed against one
another, expected improvement, probability of improvement and the lower confidence bound, each shaken by the noise of the model
(section 3.3); the next point is a random one of those that no other is better than in all three (Lyu et al. 2018).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import StudyDirection
from optuna.trial import TrialState
from threadpoolctl import threadpool_limits

from agentk.tuning.dimensions import contains, distribution
from agentk.tuning.encoding import Encoding, Floats
from agentk.tuning.process import Process, fitted

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial

    from agentk.types.space import Space

MOST_STARTS = 5  # random points before the model is trusted, at most; HEBO has one more than dimensions
DRAWN = 8  # of so many, the one farthest from all that was tried is taken
MOST = 150  # trials that are modelled
FAR = 3.0  # losses further above the upper quartile, in distances of the quartiles, are moved there
KEPT, BORN, GENERATIONS = 60, 120, 15
WIDTHS = (0.3, 0.1, 0.03)  # of steps, shares of a range
UPSI = 0.5  # of the bound's width, as HEBO has it
EPSILON = 1e-4


class MaceSampler(BaseSampler):
    """Draws points of a SPACE, conditional dimensions only where they are active.

    The same seed and the same trials lead to the same points. A trial that runs counts with the loss that is expected of it, a
    pruned one with the upper quartile of all losses; failed ones are no trials, as for Optuna's samplers.
    """

    def __init__(self, space: Space, seed: int) -> None:
        """space: what the objective suggests, as `agentk.tuning.dimensions.suggest` does."""
        self._encoding = Encoding(space)
        self._rng = np.random.default_rng(seed)
        self._others = RandomSampler(seed=seed)
        self._distributions = {name: distribution(dimension) for name, dimension in space.items()}

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """The whole space."""
        return self._distributions

    def sample_relative(self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]) -> dict[str, Any]:
        """The next point, without inactive dimensions. Raises ValueError for a study of several objectives."""
        if len(study.directions) > 1:
            raise ValueError("MaceSampler has one objective; use Optuna's NSGAIISampler for several")
        states = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)
        trials = [one for one in study.get_trials(deepcopy=False, states=states) if one.number != trial.number]
        known = [one for one in trials if one.params and self._holds(one)]
        places = np.array([self._encoding.places(one.params) for one in known]).reshape(len(known), len(self._encoding.space))
        sign = -1.0 if study.direction is StudyDirection.MAXIMIZE else 1.0
        losses = np.array([_loss(one, sign) for one in known])
        with threadpool_limits(1, "blas"):  # the cores belong to solutions, and matrices of a hundred rows gain nothing from two
            return self._encoding.params(_next(self._encoding, places, losses, self._rng))

    def sample_independent(self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution) -> Any:
        """What is not of the space is drawn at random."""
        return self._others.sample_independent(study, trial, param_name, param_distribution)

    def reseed_rng(self) -> None:
        """Gives this copy of the sampler a course of its own."""
        self._rng = np.random.default_rng()
        self._others.reseed_rng()

    def _holds(self, trial: FrozenTrial) -> bool:
        space = self._encoding.space
        return all(contains(space[name], value) for name, value in trial.params.items() if name in space)


def _loss(trial: FrozenTrial, sign: float) -> float:
    """What a trial came to: infinity where it was pruned, not a number while it runs."""
    if trial.state is TrialState.COMPLETE and trial.value is not None:
        return sign * trial.value
    return math.inf if trial.state is TrialState.PRUNED else math.nan


def _next(encoding: Encoding, places: Floats, losses: Floats, rng: np.random.Generator) -> Floats:
    """The places of the next point, shape (dimensions,)."""
    features = encoding.features(places)
    scored, told = np.isfinite(losses), ~np.isnan(losses)
    if scored.sum() < max(2, min(MOST_STARTS, 1 + len(encoding.space))) or np.ptp(losses[scored]) == 0.0:
        return _farthest(encoding, features, rng)
    chosen = _modelled(losses[told], rng)
    values = _transformed(losses[told])[chosen]
    model = fitted(features[told][chosen], values, encoding.groups, encoding.ranges, rng)
    if not told.all():
        model = model.believing(features[~told])
    best = places[scored][np.argsort(losses[scored], kind="stable")[:5]]
    front = _front_of(encoding, _acquisitions(encoding, model, best[:1], int(told.sum()), rng), best, rng)
    new = front[~_repeated(encoding.features(front), features)]
    found: Floats = new[rng.integers(len(new))] if len(new) else _farthest(encoding, features, rng)
    return found


def _farthest(encoding: Encoding, features: Floats, rng: np.random.Generator) -> Floats:
    """Of random points the one farthest from all that were tried: what was given first is part of the design."""
    drawn = rng.random((DRAWN, len(encoding.space)))
    distances = np.abs(encoding.features(drawn)[:, None] - features[None]).sum(2)
    found: Floats = drawn[int(np.argmax(distances.min(1, initial=math.inf)))]
    return found


def _modelled(losses: Floats, rng: np.random.Generator) -> Any:
    """Which trials the model learns from: all, or the best half of as many as it bears and a draw of the others."""
    if len(losses) <= MOST:
        return np.arange(len(losses))
    order = np.argsort(losses, kind="stable")
    return np.concatenate([order[: MOST // 2], rng.choice(order[MOST // 2 :], MOST - MOST // 2, replace=False)])


def _transformed(losses: Floats) -> Floats:
    """Losses drawn together to a normal shape (Yeo & Johnson 2000), of mean 0 and variance 1.

    What failed or lies far beyond the others would otherwise be all that the transformation sees.
    """
    from sklearn.preprocessing import power_transform

    low, middle, high = np.quantile(losses[np.isfinite(losses)], [0.25, 0.5, 0.75])
    values = np.where(np.isfinite(losses), losses, high)
    spread = high - low or float(np.ptp(values)) or 1.0
    values = (np.minimum(values, high + FAR * spread) - middle) / spread
    found: Floats = power_transform(values[:, None], method="yeo-johnson")[:, 0]
    if found.std() < 0.5:  # it failed
        found = (values - values.mean()) / (values.std() or 1.0)
    return found


def _acquisitions(
    encoding: Encoding, model: Process, best: Floats, count: int, rng: np.random.Generator
) -> Callable[[Floats], Floats]:
    """What makes three numbers of places, lower is better: the bound, and the logarithms of two improvements."""
    from scipy.special import log_ndtr

    target = float(model.predict(encoding.features(best))[0][0])
    # The bound's width grows with trials and dimensions (Srinivas et al. 2010; halved, as in HEBO).
    growth = (2.0 + len(encoding.space) / 2.0) * math.log(max(count, 1)) + math.log(math.pi**2 / 0.01)
    kappa, noise = math.sqrt(2.0 * UPSI * growth), math.sqrt(2.0 * model.noise)

    def acquisitions(places: Floats) -> Floats:
        mean, deviation = model.predict(encoding.features(places))
        bound = mean + noise * rng.normal(size=len(mean)) - kappa * deviation
        steps = (target - EPSILON - mean - noise * rng.normal(size=len(mean))) / deviation
        return np.stack([bound, -np.log(deviation) - _log_gain(steps), -log_ndtr(steps)], axis=1)

    return acquisitions


def _log_gain(steps: Floats) -> Floats:
    """log(phi(z) + z Phi(z)), of which far below zero only phi(z) / z^2 is left."""
    from scipy.special import ndtr

    density = np.exp(-0.5 * steps**2) / math.sqrt(2.0 * math.pi)
    near = np.log(np.maximum(density + steps * ndtr(steps), 1e-300))
    far = -0.5 * steps**2 - 0.5 * math.log(2.0 * math.pi) - 2.0 * np.log(np.maximum(np.abs(steps), 1.0))
    found: Floats = np.where(steps > -6.0, near, far)
    return found


def _front_of(encoding: Encoding, acquisitions: Callable[[Floats], Floats], best: Floats, rng: np.random.Generator) -> Floats:
    """Points that no other found is better than in all acquisitions, by crossing and moving those of the front so far."""
    places = np.vstack([best, rng.random((2 * BORN, len(encoding.space)))])
    told = acquisitions(places)
    for _ in range(GENERATIONS):
        kept = _undominated(told)
        if len(kept) > KEPT:
            kept = rng.choice(kept, KEPT, replace=False)
        children = _children(encoding, places[kept], rng)
        places = np.vstack([places[kept], children])
        told = np.vstack([told[kept], acquisitions(children)])
    found: Floats = places[_undominated(told)]
    return found


def _undominated(told: Floats) -> Any:
    better = (told[:, None] <= told[None]).all(2) & (told[:, None] < told[None]).any(2)
    return np.flatnonzero(~better.any(0))


def _children(encoding: Encoding, parents: Floats, rng: np.random.Generator) -> Floats:
    """Each takes every place from one of two parents, and moves a few: along a range, to another choice."""
    count, dimensions = BORN, parents.shape[1]
    left, right = (parents[rng.integers(len(parents), size=count)] for _ in range(2))
    children = np.where(rng.random((count, dimensions)) < 0.5, left, right)
    moved = rng.random((count, dimensions)) < 1.0 / dimensions
    moved[np.arange(count), rng.integers(dimensions, size=count)] = True
    near = children + rng.choice(WIDTHS, size=(count, 1)) * rng.normal(size=children.shape)
    near = np.abs(near) % 2.0
    near = np.minimum(near, 2.0 - near)  # what steps over an end is reflected
    anew = rng.random((count, dimensions))
    found: Floats = np.where(moved, np.where(encoding.ranges, near, anew), children)
    return found


def _repeated(features: Floats, tried: Floats) -> Any:
    """Which points were tried already."""
    return (np.abs(features[:, None] - tried[None]).max(2) < 1e-9).any(1)
