"""The catalogue: all recipes, and which of them suit a competition."""

from __future__ import annotations

from agentk.reasoning.recipes.images import IMAGES
from agentk.reasoning.recipes.recipe import Recipe
from agentk.reasoning.recipes.series import SERIES
from agentk.reasoning.recipes.tables import TABLES
from agentk.reasoning.recipes.texts import TEXTS
from agentk.types.competition import Competition

__all__ = ["RECIPES", "Recipe", "recipes_for"]

CONSTANT = Recipe("constant", "constant", "naive", "the same prediction for every row", 0.01, 0, lambda _: True)
RECIPES = (CONSTANT, *IMAGES, *SERIES, *TEXTS, *TABLES)


def recipes_for(competition: Competition, libraries: frozenset[str] | None = None) -> list[Recipe]:
    """The recipes that apply, the baseline first, then by what usually wins in the seconds it takes."""
    return [recipe for recipe in RECIPES if recipe.applies(competition, libraries)]
