"""The catalogue: all recipes, and which of them suit a competition."""

from __future__ import annotations

from itertools import zip_longest

from agentk.reasoning.recipes.images import FILES, PIXELS
from agentk.reasoning.recipes.recipe import Recipe
from agentk.reasoning.recipes.series import SERIES
from agentk.reasoning.recipes.spans import SPANS, WHOLE_TEXT, asks_for_spans
from agentk.reasoning.recipes.tables import MODELLED, TABLES
from agentk.reasoning.recipes.texts import TEXTS
from agentk.types.competition import Competition

__all__ = ["RECIPES", "Recipe", "recipes_for"]

CONSTANT = Recipe("constant", "constant", "naive", "the same prediction for every row", 0.01, 0, lambda _: True)
RECIPES = (CONSTANT, *FILES, *SERIES, *TEXTS, *TABLES, *SPANS)
MIXED = 3  # columns beside texts or pictures from which on they may tell more than those


def recipes_for(competition: Competition, libraries: frozenset[str] | None = None, own: tuple[Recipe, ...] = ()) -> list[Recipe]:
    """The recipes that apply, the baseline first, then a person's own, then by what usually wins in the seconds it takes.

    One of a person's own takes the place of the one of the same name. For pictures and texts come those for them first; where a
    table stands beside them, they take turns. Where answers are parts of a text, recipes for that are the only ones.
    """
    replaced = {recipe.name for recipe in own}
    spans = asks_for_spans(competition)
    pictures = PIXELS if competition.pixels else FILES
    offered = SPANS if spans else (*pictures, *SERIES, *TEXTS, *TABLES)
    fit = [recipe for recipe in offered if recipe.name not in replaced and recipe.applies(competition, libraries)]
    if not spans and sum(column.kind in MODELLED for column in competition.columns) >= MIXED:
        groups = (pictures, TEXTS, TABLES) if competition.pixels else (TEXTS, TABLES, pictures)  # tables are wide with pixels
        turns = zip_longest(*([recipe for recipe in fit if recipe in group] for group in groups))
        fit = [recipe for recipe in fit if recipe in SERIES] + [recipe for turn in turns for recipe in turn if recipe is not None]
    return [WHOLE_TEXT if spans else CONSTANT, *(recipe for recipe in own if recipe.applies(competition, libraries)), *fit]
