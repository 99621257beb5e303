"""Screening: which families of features help on this competition, one switch at a time on one cheap recipe.

A switch is compared with the program as it was, all else equal, fold by fold. What gains on the first folds has to gain on the
others too, which had no say in its choice. What does is what later recipes begin with; of what does not, later searches keep off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import mean, median, variance

from pydantic import JsonValue

from agentk.reasoning.clock import FEW, Clock
from agentk.reasoning.questions import Effort, Plan, PlanQuestion
from agentk.reasoning.recipes.compose import BLOCKS, compose
from agentk.reasoning.recipes.recipe import Recipe
from agentk.types.attempt import Switch
from agentk.types.competition import ColumnKind, Competition
from agentk.types.space import ChoiceDimension, Params, Space, Value

CHEAP = ("lightgbm", "hist")
"""Recipes to screen on, the first that there is."""
TAKERS = ("boosting", "trees", "linear")
"""Families of recipes that take over what was confirmed: more columns blur the distances that others go by."""
TRIED: tuple[tuple[str, Value], ...] = (
    ("crosses", True),
    ("pairs", "ratios"),
    ("groups", True),
    ("pairs", "products"),
    ("clusters", 8),
    ("dates", "season"),
    ("encoding", "target"),
    ("pairs", "differences"),
    ("missing", False),
    ("strings", "none"),
    ("encoding", "codes"),
    ("text_directions", 24),
)
"""Switches by name and value, those that help most often first."""
OWN_WAY = ("crosses", "encoding")
"""Families of which each recipe makes something of its own, as each splits categories in its way: no verdict holds for all."""
FAMILIES = tuple(dict.fromkeys(name for name, _ in TRIED))
FEW_VALUES = 4
"""So many categories and less are never encoded by what their rows have in common."""
MOST_DIMENSIONS = 12
"""That one search goes over: of forty switches thirty trials tell nothing."""
LEAST = 3
"""Switches that a screening is worth its while for."""
SURE = 1.0
"""Standard errors by which a switch has to gain on the folds that confirm it."""
PRIOR_DEGREES = 4.0
"""What the variance of the other switches counts for in that of one, in folds."""


def screening(recipes: Sequence[Recipe], question: PlanQuestion, clock: Clock, giver: str) -> Plan | None:
    """A search over single switches of the cheap recipe, once a few recipes are scored and before the others begin."""
    known = {recipe.name: recipe for recipe in recipes}
    recipe = next((known[name] for name in CHEAP if name in known), None)
    if recipe is None or question.scored < FEW or question.meanwhile or clock.cut or question.resources.attempts_left == 1:
        return None
    effort = question.efforts.get(recipe.name, Effort())
    parent = question.best_of(recipe.name)
    if parent is None or not parent.fold_merits or effort.switches is not None or effort.tunings:
        return None
    starts = switches(space_of(recipe, question), parent.params, question.competition)[: clock.screen_trials(effort)]
    if len(starts) < LEAST:
        return None
    return Plan(
        giver=giver,
        action="tune",
        recipe=recipe.name,
        parent=parent.number,
        idea=f"which families of features help: {len(starts)} switches of {recipe.name}, one at a time",
        starts=tuple(starts),
        trials=len(starts),
        seconds=clock.screen_limit(),
        screen=True,
    )


def catching_up(recipes: Sequence[Recipe], question: PlanQuestion, clock: Clock, giver: str) -> Plan | None:
    """A recipe that was drafted before the screening and has not been searched, made again with what was confirmed, once."""
    for recipe in recipes if not question.meanwhile else ():
        effort, parent = question.efforts.get(recipe.name, Effort()), question.best_of(recipe.name)
        if parent is None or effort.drafts != 1 or effort.tunings or recipe.name in question.started:
            continue
        helps = helping(recipe, question)
        if all(parent.params.get(name) == value for name, value in helps.items()) or not clock.affords(recipe, question.scored):
            continue
        return Plan(
            giver=giver,
            action="improve",
            recipe=recipe.name,
            parent=parent.number,
            idea=f"{recipe.name} as it was{told(helps)}",
            params=parent.params | helps,
            seconds=clock.fold_limit(question.scored),
        )
    return None


def space_of(recipe: Recipe, question: PlanQuestion) -> Space:
    """What there is to search of a recipe on this competition."""
    return compose(recipe.entry, question.competition.contract(), recipe.home or BLOCKS).space


def tried(recipe: Recipe | None, question: PlanQuestion) -> tuple[Switch, ...]:
    """What single switches were worth to the recipe that they were tried on; none for recipes that take no advice."""
    if recipe is None or recipe.family not in TAKERS:
        return ()
    return next((effort.switches for effort in question.efforts.values() if effort.switches), ())


def helping(recipe: Recipe | None, question: PlanQuestion) -> Params:
    """Of the switches that help here those that a recipe has."""
    helps = confirmed(tried(recipe, question))
    space = space_of(recipe, question) if recipe is not None and helps else {}
    return {
        name: value
        for name, value in helps.items()
        if isinstance(dimension := space.get(name), ChoiceDimension) and value in dimension.choices
    }


def told(helps: Params) -> str:
    """What is taken over, in words that follow a recipe's idea."""
    return f"; with {', '.join(f'{name}={value}' for name, value in helps.items())}, which helped before" if helps else ""


def switches(space: Space, params: Params, competition: Competition) -> list[Params]:
    """`params` with one switch set otherwise each, of those that the space has and that make a difference."""
    found = []
    for name, value in TRIED:
        dimension = space.get(name)
        if dimension is None or params.get(name, dimension.default) == value or idle(name, competition):
            continue
        if (value in dimension.choices) if isinstance(dimension, ChoiceDimension) else True:
            found.append({**params, name: value})
    return found


def idle(name: str, competition: Competition) -> bool:
    """Whether a family changes nothing here, whatever its space says."""
    if name in ("pairs", "clusters"):
        return sum(column.kind is ColumnKind.NUMERIC for column in competition.columns) < 2
    if name == "missing":
        return not any(column.missing > 0 for column in competition.columns)
    if name == "encoding":
        return not any(column.kind is ColumnKind.CATEGORICAL and column.unique > FEW_VALUES for column in competition.columns)
    return False


def confirmed(tried: Sequence[Switch]) -> Params:
    """The switches that help, of each family the one that gains most."""
    best: dict[str, tuple[float, JsonValue]] = {}
    usual = median(variance(one.gains) for one in tried) if all(len(one.gains) > 1 for one in tried) and tried else 0.0
    for one in tried:
        gain = mean(one.gains)
        if _holds(one.gains, usual) and gain > best.get(one.name, (0.0, None))[0]:
            best[one.name] = gain, one.value
    return {name: value for name, (_, value) in best.items()}


def _holds(gains: Sequence[float], usual: float) -> bool:
    """Whether a gain on the first half of the folds is one on the others too, beyond their corrected error (see `pruning.py`)."""
    folds, first = len(gains), len(gains) // 2
    if not first or mean(gains[:first]) <= 0:
        return False
    pooled = (PRIOR_DEGREES * usual + (folds - 1) * variance(gains)) / (PRIOR_DEGREES + folds - 1)
    return mean(gains[first:]) > SURE * math.sqrt(pooled * (1 / (folds - first) + 1 / (folds - 1)))


def held(space: Space, tried: Sequence[Switch], helps: Mapping[str, object]) -> tuple[str, ...]:
    """The families that a search should keep off: those that did not help, and more where there are too many dimensions."""
    open_ = [name for name, one in space.items() if not isinstance(one, ChoiceDimension) or len(one.choices) > 1]
    families = [name for name in reversed(FAMILIES) if name in open_ and name not in helps]
    told = {one.name for one in tried} - set(OWN_WAY)
    kept_off = [name for name in families if name in told]
    untold = [name for name in families if name not in told]
    return tuple(kept_off + untold[: max(0, len(open_) - len(kept_off) - MOST_DIMENSIONS)])
