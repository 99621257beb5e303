"""Portfolio: which recipe with which parameters to draft next, by what each earned on earlier competitions.

Recipes that win together on the same competitions are worth one draft, not two. So the next one is the one that is expected
to improve most on those drafted already, competition by competition: a greedy portfolio (Feurer et al. 2022, Auto-sklearn
2.0, section 3.1). Competitions on which the drafts of this run came out in the same order count for more (active testing:
Leite, Brazdil & Vanschoren 2012). Once there are enough drafts to tell where this competition stands, a model of what arms earn
together says more than any one competition (`expectation.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from pydantic import JsonValue

from agentk.reasoning.expectation import improvements
from agentk.reasoning.questions import Lesson, PlanQuestion
from agentk.reasoning.recipes.recipe import Recipe
from agentk.types.attempt import Attempt, merits
from agentk.types.outcome import Status
from agentk.types.solution import RESERVED

CATALOGUE = ""
"""The catalogue's order counts as one competition more."""
STEP = 0.25
"""Standard errors by which a recipe of the catalogue is taken to be ahead of the next one."""
AGREEING = 4.0
"""Power of the share of pairs of drafts that a competition puts into the same order as this run."""
UNKNOWN = 1.0
"""Competitions without a record that the mean of an arm's records is shrunk by, towards `PLAIN`."""
PLAIN = -0.5
"""What is expected of an arm that nothing is known of: a little less than of the better drafts."""
LEAST = 0.1
"""Expected improvement, in standard errors, below which a search promises more than a draft with remembered parameters."""
ENOUGH = 3
"""Scored drafts from which on a run says by itself where its competition stands."""


@dataclass(frozen=True)
class Arm:
    """A recipe with parameters."""

    recipe: Recipe
    params: Mapping[str, JsonValue]
    lessons: tuple[str, ...]  # ids of those it rests on
    record: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # see `Lesson.record`

    @property
    def mean(self) -> float:
        """The mean of its records, shrunk."""
        total = sum(near for _, near in self.record.values())
        return (UNKNOWN * PLAIN + sum(near * reward for reward, near in self.record.values())) / (UNKNOWN + total)

    def on(self, competition: str) -> float:
        """What it earned there, or would be expected to."""
        return self.record[competition][0] if competition in self.record else self.mean


def ranked(recipes: Sequence[Recipe], question: PlanQuestion) -> list[tuple[Arm, float]]:
    """Arms that were not drafted yet, with the expected improvement of each, the most promising first; none without records."""
    arms = _arms(recipes, question.lessons)
    if not any(set(arm.record) - {CATALOGUE} for arm in arms):
        return []
    if sum(attempt.score is not None and attempt.kind != "blend" for attempt in question.tree) >= ENOUGH:
        return _foretold(arms, question)
    drafted = {_key(str(attempt.recipe), attempt.params): attempt for attempt in question.tree if attempt.kind != "blend"}
    done = [arm for arm in arms if _key(arm.recipe.name, arm.params) in drafted]
    open_ = [arm for arm in arms if arm not in done]
    seen = [(arm, drafted[_key(arm.recipe.name, arm.params)]) for arm in done]
    weights = _weights(arms, seen, merits(question.tree, question.direction))
    total = sum(weights.values())
    best = {name: max((arm.on(name) for arm in done), default=2 * PLAIN) for name in weights}
    gains = [
        (arm, sum(weight * max(0.0, arm.on(name) - best[name]) for name, weight in weights.items()) / total) for arm in open_
    ]
    return sorted(gains, key=lambda pair: (-pair[1], -pair[0].mean))


def _foretold(arms: Sequence[Arm], question: PlanQuestion) -> list[tuple[Arm, float]]:
    """The same by the model of all arms. What a search was given to begin with is not drafted again."""
    earned = {
        _key(str(attempt.recipe), attempt.params): question.standing[attempt.number]
        for attempt in question.tree
        if attempt.number in question.standing
    }
    keys = [_key(arm.recipe.name, arm.params) for arm in arms]
    seen = {index: earned[key] for index, key in enumerate(keys) if key in earned}
    if not seen:
        return []
    records = [{name: told for name, told in arm.record.items() if name != CATALOGUE} for arm in arms]
    gains = improvements([arm.mean for arm in arms], records, [arm.recipe.name for arm in arms], seen)
    searched = {name for name, effort in question.efforts.items() if effort.tunings > 0}
    open_ = [
        (arm, gain)
        for index, (arm, gain) in enumerate(zip(arms, gains, strict=True))
        if index not in seen and not (arm.params and arm.recipe.name in searched)
    ]
    return sorted(open_, key=lambda pair: (-pair[1], -pair[0].mean))


def _arms(recipes: Sequence[Recipe], lessons: Sequence[Lesson]) -> list[Arm]:
    by_recipe = {str(lesson.payload.get("recipe")): lesson for lesson in lessons if lesson.kind == "recipe"}
    arms = []
    for index, recipe in enumerate(recipes):
        lesson = by_recipe.get(recipe.name)
        record = {CATALOGUE: (-STEP * index, 1.0)} | ({} if lesson is None else lesson.record)
        arms.append(Arm(recipe, {}, () if lesson is None else (lesson.id,), record))
        for known in lessons:
            params = known.payload.get("params")
            if known.kind == "params" and known.payload.get("recipe") == recipe.name and isinstance(params, dict):
                arms.append(Arm(recipe, params, (known.id,), known.record))
    return arms


def _weights(arms: Sequence[Arm], seen: Sequence[tuple[Arm, Attempt]], merit: Mapping[int, float]) -> dict[str, float]:
    """Of each competition: how near it is, and how well it foretells the order of this run's drafts."""
    near: dict[str, float] = {}
    for arm in arms:
        near |= {name: max(near.get(name, 0.0), close) for name, (_, close) in arm.record.items()}
    scored = [(arm, merit[attempt.number]) for arm, attempt in seen if attempt.number in merit]
    scored += [(arm, float("-inf")) for arm, attempt in seen if attempt.outcome.status is Status.FAILED]
    weights = {}
    for name, close in near.items():
        alike = pairs = 0
        for (one, first), (other, second) in combinations(scored, 2):
            if name in one.record and name in other.record and first != second:
                pairs += 1
                alike += (one.on(name) > other.on(name)) == (first > second)
        weights[name] = close * ((alike + 1.0) / (pairs + 2.0)) ** AGREEING
    return weights


def _key(recipe: str, params: Mapping[str, JsonValue]) -> str:
    return json.dumps([recipe, {name: value for name, value in params.items() if name not in RESERVED}], sort_keys=True)
