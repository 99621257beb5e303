"""The catalogue: all recipes, and which of them suit a competition."""

from __future__ import annotations

from itertools import zip_longest

from agentk.reasoning.recipes.images import IMAGES
from agentk.reasoning.recipes.recipe import Recipe
from agentk.reasoning.recipes.series import SERIES
from agentk.reasoning.recipes.tables import MODELLED, TABLES
from agentk.reasoning.recipes.texts import TEXTS
from agentk.types.competition import Competition

__all__ = ["RECIPES", "Recipe", "recipes_for"]

CONSTANT = Recipe("constant", "constant", "naive", "the same prediction for every row", 0.01, 0, lambda _: True)
RECIPES = (CONSTANT, *IMAGES, *SERIES, *TEXTS, *TABLES)
BY_TURNS = tuple(recipe for pair in zip_longest(TEXTS, TABLES) for recipe in pair if recipe is not None)
MIXED = 3  # columns beside a text from which on they may tell more than it


def recipes_for(competition: Competition, libraries: frozenset[str] | None = None, own: tuple[Recipe, ...] = ()) -> list[Recipe]:
    """The recipes that apply, the baseline first, then a person's own, then by what usually wins in the seconds it takes.

    One of a person's own takes the place of the one of the same name. For texts come those for texts first; where a table stands
    beside them, the two take turns.
    """
    mixed = sum(column.kind in MODELLED for column in competition.columns) >= MIXED
    order = (CONSTANT, *IMAGES, *SERIES, *BY_TURNS) if mixed else RECIPES
    taken = {recipe.name for recipe in own}
    order = (CONSTANT, *own, *(recipe for recipe in order[1:] if recipe.name not in taken))
    return [recipe for recipe in order if recipe.applies(competition, libraries)]
