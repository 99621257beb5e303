"""Ranking: of the lessons found, those that promise most here: similarity times learned value times evidence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Literal, NamedTuple

import numpy as np

from agentk.memory.features import Features, likeness, read_features
from agentk.memory.lesson import Lesson
from agentk.memory.protocol import Recalled
from agentk.memory.scope import Scope
from agentk.memory.value import EARLIER

HALF_LIFE = 200
"""Runs after which evidence that nothing has renewed counts half."""

GENERAL = 0.7
"""Similarity of a lesson that was not learned in one place but holds wherever its conditions do."""

INHERITED = 2.0
"""Competitions that an inner lesson takes the belief of the outer one to be worth."""

LIMIT = 3.0
"""No reward is larger, and no draw of a mean may be: the tails of little evidence are heavy."""

TEXT = 0.35
"""Weight of the text beside the structure of the competition, where a text is asked for."""

NARROW = 4.0
"""Power of the likeness of two competitions with which what one tells counts for the other: half of all competitions are
more alike than not, and those say little."""

Explore = Literal["thompson", "ucb", "greedy"]
"""How a mean reward is guessed: a plausible one drawn at random (Thompson 1933; Russo et al. 2018, A Tutorial on Thompson
Sampling), the optimistic end of what is believed (Auer, Cesa-Bianchi & Fischer 2002, Finite-time Analysis of the Multiarmed
Bandit Problem), or the believed mean."""

EXPLORE: Explore = "thompson"


class Candidate(NamedTuple):
    """A lesson with the cosine of its text to what was asked."""

    lesson: Lesson
    cosine: float
    id: str


def rank(
    candidates: Sequence[Candidate],
    features: Features,
    *,
    scope: Scope,
    limit: int,
    seed: int,
    clock: int,
    asked: bool,
    withhold: float,
    explore: Explore = EXPLORE,
    places: Mapping[str, str] | None = None,
) -> list[Recalled]:
    """The best of `candidates`, at most one a subject and of its innermost scope, with withheld ones among them marked.

    A lesson's mean reward is drawn from what is believed of it (Thompson sampling), its evidence discounted by similarity
    and age; lessons are then ordered by similarity * exp(draw), so that a useless twin and a splendid stranger both stand back.
    `places`: features as JSON by the competition's digest, to tell how near each is that a lesson has evidence from.
    """
    generator = np.random.default_rng(seed)
    around, depth = set(scope.climb()), features.scope.depth
    fitting = [c for c in candidates if c.lesson.scope in around and c.lesson.conditions.holds(features)]
    subjects: dict[str, list[_Drawn]] = {}
    records: dict[str, dict[str, tuple[float, float]]] = {}
    outermost_first = sorted(fitting, key=lambda candidate: (candidate.lesson.scope.depth, candidate.id))
    near = lru_cache(maxsize=None)(partial(_near, features, places or {}))  # many lessons have evidence from the same few
    alike: dict[Features, float] = {}
    for lesson, cosine, _ in outermost_first:  # an order that no index decides: a seed draws the same for the same lesson
        similarity = GENERAL
        if lesson.features and (similarity := alike.get(lesson.features, -1.0)) < 0:
            similarity = alike[lesson.features] = likeness(features, lesson.features)
        if asked:
            similarity = (1 - TEXT) * similarity + TEXT * max(cosine, 0.0)
        known = subjects.setdefault(lesson.subject, [])
        nested = (1 + lesson.scope.depth) / (1 + depth)  # of a competition that only its scope is known of
        told = {
            entry.competition: (entry.mean, near(entry.competition) or nested)
            for entry in lesson.value.evidence
            if entry.competition != EARLIER
        }
        records.setdefault(lesson.subject, {}).update(told)  # from further in, nearer
        entry = _drawn(lesson, similarity, clock, known[-1] if known else None, generator, explore)
        while known and known[-1].lesson.scope.depth < lesson.scope.depth:
            known.pop()
        known.append(entry)
    best = [max(entries, key=lambda entry: entry.score) for entries in subjects.values()]
    chosen: list[Recalled] = []
    kept = 0
    for entry in sorted(best, key=lambda entry: -entry.score):
        if kept == limit:
            break
        held = withhold > 0 and bool(generator.random() < withhold)
        chosen.append(Recalled(entry.lesson, entry.similarity, entry.value, _why(entry), held, records[entry.lesson.subject]))
        kept += not held
    return chosen


def worth(lesson: Lesson) -> float:
    """The optimistic end of what is believed of a lesson, all evidence at full weight: what a first choice among many goes by."""
    belief = lesson.value.posterior()
    return min(LIMIT, belief.mean + belief.scale)


def _near(features: Features, places: Mapping[str, str], competition: str) -> float:
    """How much of what that competition tells counts here; 0 where nothing is known of it."""
    place = places.get(competition)
    return 0.0 if place is None else likeness(features, read_features(place)) ** NARROW


class _Drawn(NamedTuple):
    lesson: Lesson
    similarity: float
    believed: float
    value: float
    score: float


def _drawn(
    lesson: Lesson, similarity: float, clock: int, outer: _Drawn | None, generator: np.random.Generator, explore: Explore
) -> _Drawn:
    """A draw of the mean reward of using the lesson, less what followed when it was withheld.

    Where a lesson further out speaks about the same subject, what is believed of that is where this one starts from.
    """
    weight = similarity * 0.5 ** (max(clock - lesson.used, 0) / HALF_LIFE)
    inherits = outer is not None and outer.lesson.scope.depth < lesson.scope.depth
    value = lesson.value.under(outer.believed, INHERITED) if outer is not None and inherits else lesson.value
    posterior = value.posterior(weight)
    guess = posterior.draw(generator) if explore == "thompson" else posterior.mean + (explore == "ucb") * posterior.scale
    # What recipes and parameters earned is measured against the other drafts of a run: these are their control.
    if lesson.kind not in ("recipe", "params"):
        guess -= lesson.control.posterior(weight).mean if lesson.control.evidence else lesson.control.prior
    draw = max(-LIMIT, min(LIMIT, guess))
    return _Drawn(lesson, similarity, posterior.mean, draw, similarity * math.exp(draw))


def blind(lesson: Lesson, competition: str) -> Lesson | None:
    """The lesson as if that competition had never been seen; None where it came from nowhere else."""
    if lesson.scope.competition == competition:
        return None
    value, control = lesson.value.without(competition), lesson.control.without(competition)
    learned = lesson.provenance.origin != "starter"
    if learned and not value.evidence and (lesson.provenance.competition == competition or lesson.value.evidence):
        return None
    features = None if lesson.features and lesson.features.digest == competition else lesson.features
    return lesson.model_copy(update={"value": value, "control": control, "features": features})


def _why(entry: _Drawn) -> str:
    lesson = entry.lesson
    place = {
        "everything": "holds in general",
        "family": f"learned on {' '.join(lesson.scope.family)} competitions",
        "competition": "learned on this competition",
        "run": "learned in this run",
        "step": "learned in this step",
    }[lesson.scope.level]
    if not lesson.value.evidence:
        seen = f"not yet tried, believed worth {lesson.value.prior:+.1f}"
    else:
        seen = f"earned {lesson.value.mean:+.1f} standard errors over {_plural(lesson.evidence, 'competition')}"
    return f"{place} ({lesson.conditions}); {entry.similarity:.0%} alike, {seen}, drawn {entry.value:+.1f}"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
