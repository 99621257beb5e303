"""A recipe: an entry block, and when and how to use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from agentk.types.competition import Competition
from agentk.types.space import Params

Applies = Callable[[Competition], bool]


@dataclass(frozen=True)
class Recipe:
    """A piece of know-how: an entry block, and when and how to use it.

    cost: a prior of the seconds of one fit, relative to the other recipes on a small table.
    growth: the power of rows x columns that a fit's seconds grow with; None where that is not known. Who has one can be given
    a sample of the rows.
    least_work: the share of its usual work that is still worth trying; below 1 its blocks heed the parameter `most_work`.
    telling: microseconds that the prediction of one row takes (by boosting: of each class), where rows to predict may be many.
    seen: the columns that it counts as, whatever the table has and however many classes there are; None: those of the table.
    worded: it learns from texts alone: not columns are counted, but their characters. joint: it fits many targets at once.
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
    home: Path | None = None  # the folder of its blocks, where they are not agentk's own
    growth: float | None = None
    least_work: float = 1.0
    telling: float = 0.0
    seen: int | None = None
    worded: bool = False
    joint: bool = False

    def applies(self, competition: Competition, libraries: frozenset[str] | None = None) -> bool:
        """Whether it can and should be tried; `libraries` are the modules at hand, None for those that can be imported here."""
        present = all(_importable(name) if libraries is None else name in libraries for name in self.needs)
        return present and self.suits(competition)


@cache
def _importable(name: str) -> bool:
    return find_spec(name) is not None
