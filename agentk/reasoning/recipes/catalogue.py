"""The catalogue: which recipes there are, when each applies, what it costs, and where its search starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec

from agentk.types.competition import ColumnKind, Competition
from agentk.types.space import Params

Applies = Callable[[Competition], bool]


@dataclass(frozen=True)
class Recipe:
    """A piece of know-how: an entry block, and when and how to use it.

    cost: a prior of the seconds of one fit, relative to the other recipes at the same rows and columns.
    simplicity: rank for ties, 0 the simplest. variants: named parameter sets, diverse, to try before any search.
    """

    name: str
    entry: str
    family: str
    idea: str
    cost: float
    simplicity: int
    suits: Applies
    needs: tuple[str, ...] = ()  # modules
    variants: Mapping[str, Params] = field(default_factory=dict)

    def applies(self, competition: Competition, libraries: frozenset[str] | None = None) -> bool:
        """Whether it can and should be tried; `libraries` are the modules at hand, None for those that can be imported here."""
        present = all(name in libraries if libraries is not None else find_spec(name) is not None for name in self.needs)
        return present and self.suits(competition)


def is_table(competition: Competition) -> bool:
    """Whether there is something in the columns that a table model can use."""
    return any(column.kind not in (ColumnKind.CONSTANT, ColumnKind.IMAGE) for column in competition.columns)


RECIPES = (
    Recipe("constant", "constant", "naive", "the same prediction for every row", 0.01, 0, lambda _: True),
    Recipe(
        "lightgbm",
        "table_lightgbm",
        "boosting",
        "boosted trees, leaf by leaf",
        1.0,
        4,
        is_table,
        ("lightgbm",),
        {
            "regularised": {"learning_rate": 0.03, "leaves": 6, "leaf_rows": 30, "column_share": 0.4, "l2": 10.0},
            "deep": {"learning_rate": 0.03, "leaves": 96, "leaf_rows": 5, "column_share": 0.5},
            "patient": {"learning_rate": 0.015, "leaves": 16, "column_share": 0.4, "row_share": 0.7, "bags": 3},
        },
    ),
)


def recipes_for(competition: Competition, libraries: frozenset[str] | None = None) -> list[Recipe]:
    """The recipes that apply, a cheap sound baseline first, then by what usually wins and what it costs."""
    return [recipe for recipe in RECIPES if recipe.applies(competition, libraries)]
