"""What one fit of a recipe costs: expected seconds by rows, columns and classes, before the run has measured anything.

Measured with this project's generators of tall and wide tables on one core, 2026 (docs/sizes.md). A prior: the run's own first
attempts correct it by one factor, since machines differ, and are busy, by about one factor.
"""

from __future__ import annotations

from agentk.reasoning.recipes.recipe import Recipe
from agentk.types.competition import ColumnKind, Competition

CELLS = 2e4
"""Rows x columns x classes up to which a fit takes what starting up takes."""
UNIT = 0.2
"""Seconds of a fit at cost 1 on so few cells."""
READING = 1.5e-7
"""Seconds that each cell of training, held-out and test rows takes to become a feature, and its row to be predicted."""
WORDS = 6.0
"""A column of words takes as long to read as so many of numbers."""
SCREENED, KEPT = 300, 0.1
"""Columns that a model sees all of, and the share of further ones that a screen leaves."""
MOST_CELLS = 60_000_000
"""Rows x columns that one fit is given at most: its copies must fit into the memory that a program may use."""
LEAST_ROWS = 2_000
"""Rows below which a sample teaches too little."""


def seconds_of(recipe: Recipe, competition: Competition, rows: int) -> float:
    """Of one fit on `rows` training rows, predictions of held-out and test rows included; `recipe.growth` must be known."""
    assert recipe.growth is not None
    columns = competition.columns
    if recipe.seen is None:
        seen = len(columns) if len(columns) <= SCREENED else SCREENED + KEPT * (len(columns) - SCREENED)
        trees = len(competition.classes) if len(competition.classes) > 2 else max(1, len(competition.targets))
        cells = rows * seen * trees
        read = sum(WORDS if column.kind in (ColumnKind.CATEGORICAL, ColumnKind.DATETIME) else 1.0 for column in columns)
    else:
        cells, read = rows * recipe.seen, recipe.seen
    held_out = min(competition.validation.most or competition.rows, competition.rows)
    others = competition.test_rows + held_out / max(competition.validation.folds, 2)
    return float(READING * (rows + others) * read + UNIT * recipe.cost * max(1.0, cells / CELLS) ** recipe.growth)


def rows_within(recipe: Recipe, competition: Competition, seconds: float) -> int:
    """The most training rows, of two digits, on which one fit takes at most `seconds`; 0 where they would be too few."""
    if seconds_of(recipe, competition, competition.rows) <= seconds:
        return competition.rows
    low, high = 0, competition.rows
    while high - low > max(1, low // 100):
        middle = (low + high) // 2
        low, high = (middle, high) if seconds_of(recipe, competition, middle) <= seconds else (low, middle)
    digits = 10 ** max(0, len(str(low)) - 2)
    rounded = low // digits * digits
    return rounded if rounded >= min(LEAST_ROWS, competition.rows // 2) else 0
