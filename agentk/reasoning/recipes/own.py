"""Recipes of a person's own: from a file, or from an installed package that names them in the entry point `agentk.recipes`."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from agentk.errors import ReasonerError, SettingError
from agentk.reasoning.recipes.compose import read_block
from agentk.reasoning.recipes.recipe import Recipe
from agentk.types.competition import ColumnKind, Competition, Frozen, TaskKind
from agentk.types.space import Params

GROUP = "agentk.recipes"
LITERAL = "RECIPE"


class Header(Frozen):
    """What the literal RECIPE of a file may say; all of it may be left out."""

    name: str = ""  # by default the file's
    family: str = "own"
    cost: float = Field(default=1.0, gt=0)  # of one fit, LightGBM on the same table being 1
    tasks: tuple[TaskKind, ...] = ()  # empty: all
    kinds: tuple[ColumnKind, ...] = ()  # at least one column of these is needed; empty: none is
    needs: tuple[str, ...] = ()  # modules
    variants: dict[str, Params] = {}  # named parameter sets to try before any search

    def suits(self, competition: Competition) -> bool:
        """Whether it should be tried on a competition."""
        task = not self.tasks or competition.task in self.tasks
        kinds = {column.kind for column in competition.columns}
        if ColumnKind.PIXEL in kinds:
            kinds.add(ColumnKind.NUMERIC)  # each of them is a number, too
        return task and (not self.kinds or not kinds.isdisjoint(self.kinds))


def from_file(path: Path) -> Recipe:
    """A recipe that is one file: fit_predict, perhaps SPACE, and what it takes from agentk's blocks by import.

    The first line of its docstring is the idea. Raises SettingError for what is no such file.
    """
    try:
        source = path.read_text(encoding="utf-8")
        block = read_block(path.stem, path.parent)
        header = Header.model_validate(_literal(source))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"the recipe {path} cannot be read: {error}") from None
    except (ReasonerError, ValueError) as error:
        told = error.errors()[0] if isinstance(error, ValidationError) else None
        what = f"{LITERAL}: {'.'.join(map(str, told['loc']))}: {told['msg']}" if told else str(error)
        raise SettingError(f"{path} is no recipe: {what}") from None
    if "fit_predict" not in {name for definition in block.definitions for name in definition.names}:
        raise SettingError(f"{path} is no recipe: it has no fit_predict(train, test, params, data_dir)")
    idea = block.docstring.strip().partition("\n")[0] or f"the recipe of {path.name}"
    name = header.name or path.stem
    return Recipe(
        name,
        path.stem,
        header.family,
        idea,
        header.cost,
        0,
        header.suits,
        header.needs,
        header.variants,
        home=path.parent.absolute(),
    )


def _literal(source: str) -> Any:
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == LITERAL for one in node.targets):
            return ast.literal_eval(node.value)
    return {}


def installed() -> tuple[Recipe, ...]:
    """The recipes of installed packages: an entry point is a `Recipe` or several. Raises SettingError for anything else."""
    found: list[Recipe] = []
    for point in entry_points(group=GROUP):
        loaded = point.load()
        recipes = tuple(loaded) if isinstance(loaded, Iterable) else (loaded,)
        if not all(isinstance(recipe, Recipe) for recipe in recipes):
            raise SettingError(f"the entry point {point.name} of {GROUP} ({point.value}) is no Recipe and no tuple of them")
        found += recipes
    return tuple(found)
