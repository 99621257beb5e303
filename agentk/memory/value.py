"""The learned value of a lesson: an estimate with its uncertainty, from evidence kept apart by competition."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from pydantic import FiniteFloat

from agentk.types.competition import Frozen

MOST_COMPETITIONS = 32
"""Competitions whose evidence is kept apart; earlier ones are pooled."""

EARLIER = ""

_SHAPE, _RATE = 2.0, 1.0  # prior of the variance of rewards: mean 1, heavy-tailed


class Evidence(Frozen):
    """Rewards earned in one competition, or, pooled, in several earlier ones (Welford 1962: count, mean, sum of squares)."""

    competition: str
    count: int
    mean: FiniteFloat
    squares: FiniteFloat = 0.0  # sum of squared deviations from the mean
    competitions: int = 1

    @property
    def weight(self) -> float:
        """The unit of evidence is the competition: further rewards from the same one add like a logarithm."""
        return self.competitions * (1.0 + math.log(self.count / self.competitions))

    def merged(self, other: Evidence, competition: str, competitions: int) -> Evidence:
        """Both together (Chan, Golub & LeVeque 1979)."""
        count = self.count + other.count
        gap = other.mean - self.mean
        squares = self.squares + other.squares + gap * gap * self.count * other.count / count
        mean = self.mean + gap * other.count / count
        return Evidence(competition=competition, count=count, mean=mean, squares=squares, competitions=competitions)


@dataclass(frozen=True)
class Posterior:
    """Normal-inverse-gamma belief about the mean reward (Murphy 2007, Conjugate Bayesian analysis of the Gaussian, section 3)."""

    mean: float
    strength: float  # as many observations the mean is worth
    shape: float
    rate: float

    @property
    def scale(self) -> float:
        """Scale of the mean's Student t distribution, which has 2 * shape degrees of freedom."""
        return math.sqrt(self.rate / (self.shape * self.strength))

    def draw(self, generator: np.random.Generator) -> float:
        """A plausible mean reward: choosing by such draws is Thompson sampling (Thompson 1933; Russo et al. 2018, A Tutorial)."""
        return self.mean + self.scale * float(generator.standard_t(2 * self.shape))

    @property
    def chance(self) -> float:
        """Probability that the mean reward is above zero."""
        from scipy.special import stdtr

        return float(stdtr(2 * self.shape, self.mean / self.scale))


class Value(Frozen):
    """What using a lesson has earned, in standard errors of the score, against what was expected without it."""

    prior: float = 0.0  # believed mean before any evidence
    strength: float = 1.0  # competitions that belief is worth
    evidence: tuple[Evidence, ...] = ()  # latest competition last

    @property
    def count(self) -> int:
        """Rewards seen."""
        return sum(entry.count for entry in self.evidence)

    @property
    def competitions(self) -> int:
        """Competitions they came from."""
        return sum(entry.competitions for entry in self.evidence)

    @property
    def mean(self) -> float:
        """Believed mean reward, all evidence at full weight."""
        return self.posterior().mean

    @property
    def spread(self) -> float:
        """Scale of the uncertainty about `mean`."""
        return self.posterior().scale

    def add(self, competition: str, reward: float) -> Value:
        """With one more reward."""
        return self.merge(self.model_copy(update={"evidence": (Evidence(competition=competition, count=1, mean=reward),)}))

    def merge(self, other: Value) -> Value:
        """With the evidence of `other` as well; the prior stays this one's."""
        entries = {entry.competition: entry for entry in self.evidence}
        for entry in other.evidence:
            known = entries.pop(entry.competition, None)
            pooled = 1 if known is None or entry.competition != EARLIER else known.competitions + entry.competitions
            entries[entry.competition] = entry if known is None else known.merged(entry, entry.competition, pooled)
        return self._with(entries.values())

    def hear(self, other: Value) -> Value:
        """With what `other` knows of competitions that are known less here: for copies of a lesson at another scope."""
        entries = {entry.competition: entry for entry in self.evidence}
        for entry in other.evidence:
            known = entries.get(entry.competition)
            if known is None or entry.count > known.count:
                entries.pop(entry.competition, None)
                entries[entry.competition] = entry
        return self._with(entries.values())

    def without(self, competition: str) -> Value:
        """As if that competition had never been seen (leave-one-out); pooled evidence is dropped too, as it may hold it."""
        return self._with(entry for entry in self.evidence if entry.competition not in (competition, EARLIER))

    def under(self, prior: float, strength: float) -> Value:
        """The same evidence seen from another belief."""
        return self.model_copy(update={"prior": prior, "strength": strength})

    def posterior(self, weight: float = 1.0) -> Posterior:
        """The belief when evidence counts `weight` (0..1) of its worth: a power prior (Ibrahim & Chen 2000, Statist. Sci. 15)."""
        total = first = second = 0.0  # one pass: a read asks for hundreds of these, and rewards are small enough for it
        for entry in self.evidence:
            share = weight * entry.weight
            total += share
            first += share * entry.mean
            second += share * (entry.mean * entry.mean + entry.squares / entry.count)
        strength = self.strength + total
        if not total:
            return Posterior(self.prior, strength, _SHAPE, _RATE)
        seen = first / total
        spread = max(0.0, second - first * seen)
        return Posterior(
            mean=(self.strength * self.prior + total * seen) / strength,
            strength=strength,
            shape=_SHAPE + total / 2,
            rate=_RATE + spread / 2 + self.strength * total * (seen - self.prior) ** 2 / (2 * strength),
        )

    def _with(self, entries: Iterable[Evidence]) -> Value:
        kept = sorted(entries, key=lambda entry: entry.competition != EARLIER)  # stable: the pool first, the rest in order
        while len(kept) > MOST_COMPETITIONS:
            first, second, *rest = kept
            kept = [first.merged(second, EARLIER, first.competitions + second.competitions), *rest]
        return self.model_copy(update={"evidence": tuple(kept)})
