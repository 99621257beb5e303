"""Ranking: of the lessons found, those that promise most here: similarity times learned value times evidence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from agentk.memory.features import Features, likeness
from agentk.memory.lesson import Lesson
from agentk.memory.protocol import Recalled
from agentk.memory.scope import Scope
from agentk.memory.value import Value

HALF_LIFE = 200
"""Runs after which evidence that nothing has renewed counts half."""

GENERAL = 0.7
"""Similarity of a lesson that was not learned in one place but holds wherever its conditions do."""

TEXT = 0.35
"""Weight of the text beside the structure of the competition, where a text is asked for."""


@dataclass(frozen=True)
class Candidate:
    """A lesson with the cosine of its text to what was asked."""

    lesson: Lesson
    cosine: float


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
) -> list[Recalled]:
    """The best of `candidates`, at most one a subject, with withheld ones among them marked.

    A lesson's mean reward is drawn from what is believed of it (Thompson sampling), its evidence discounted by similarity
    and age; lessons are then ordered by similarity * exp(draw), so that a useless twin and a splendid stranger both stand back.
    """
    generator = np.random.default_rng(seed)
    drawn: list[tuple[float, Recalled]] = []
    around = {place: place.depth for place in scope.climb()}
    for lesson, cosine in sorted(((c.lesson, c.cosine) for c in candidates), key=lambda pair: pair[0].id):
        if lesson.scope not in around or not lesson.conditions.holds(features):
            continue
        similarity = likeness(features, lesson.features) if lesson.features else GENERAL
        if asked:
            similarity = (1 - TEXT) * similarity + TEXT * max(cosine, 0.0)
        value = believed(lesson, similarity, clock, generator)
        drawn.append((similarity * math.exp(value), Recalled(lesson, similarity, value, _why(lesson, similarity, value))))
    drawn.sort(key=lambda pair: (-around[pair[1].lesson.scope], -pair[0]))
    subjects: dict[str, tuple[float, Recalled]] = {}
    for score, recalled in drawn:
        subjects.setdefault(recalled.lesson.subject, (score, recalled))
    chosen: list[Recalled] = []
    kept = 0
    for _, recalled in sorted(subjects.values(), key=lambda pair: -pair[0]):
        if kept == limit:
            break
        held = withhold > 0 and bool(generator.random() < withhold)
        chosen.append(replace(recalled, withheld=held))
        kept += not held
    return chosen


def believed(lesson: Lesson, similarity: float, clock: int, generator: np.random.Generator) -> float:
    """A draw of the mean reward of using the lesson, less what followed when it was withheld."""
    weight = similarity * 0.5 ** (max(clock - lesson.used, 0) / HALF_LIFE)
    return lesson.value.posterior(weight).draw(generator) - lesson.control.posterior(weight).mean


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


def _why(lesson: Lesson, similarity: float, value: float) -> str:
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
    return f"{place} ({lesson.conditions}); {similarity:.0%} alike, {seen}, drawn {value:+.1f}"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def net(value: Value, control: Value) -> float:
    """Believed reward of use over withholding."""
    return value.mean - control.mean
