"""What one fit of a recipe costs: expected seconds by rows, columns and classes, before the run has measured anything.

Measured with this project's generators of tall and wide tables on one core, 2026 (docs/sizes.md). A prior: the run's own first
attempts correct it by one factor, since machines differ, and are busy, by about one factor.
"""

from __future__ import annotations

import math

from agentk.reasoning.recipes.recipe import Recipe
from agentk.types.competition import ColumnKind, Competition

CELLS = 2e4
"""Rows x columns x classes up to which a fit takes what starting up takes."""
UNIT = 0.2
"""Seconds of a fit at cost 1 on so few cells."""
EACH = 0.3
"""Times these that each class or target takes, however few the rows are."""
READING = 4e-8
"""Seconds that each cell of training, held-out and test rows takes to become a feature."""
WORDS = 5.0
"""A column of words takes as long to read as so many of numbers."""
DATED = 12
"""So many columns are made of a column of dates."""
LETTERS, LEARNED = 15.0, 0.02
"""What a character of a text counts: so many numbers to read, and so many columns to who learns from words alone."""
WORDS_ALONE, ONE_MODEL = 0.2, 0.06
"""Of reading texts and of fitting to their words, what is left where not all of the work is done: `text.haste`."""
MANY_TARGETS, JOINTLY = 8, 0.02
"""So many targets are fitted at once by who can, at this share of what each of them costs alone: `table.fitting.joint`."""
ROWS_IN_ORDER, FOLLOWED, ORDERED = 5.0, 6, 11
"""From so many rows a sequence on, so many numbers become so many columns more."""
SCREENED, KEPT = 300, 0.1
"""Columns that a model sees all of, and the share of further ones that a screen leaves."""
MOST_CELLS = 60_000_000
"""Rows x columns that one fit is given at most: its copies must fit into the memory that a program may use."""
SEEN_READ = 4.0
"""Numbers that a column counts as to read, where a recipe counts as so many columns whatever the table has."""
LEAST_ROWS = 2_000
"""Rows below which a sample teaches too little."""


def seconds_of(recipe: Recipe, competition: Competition, rows: int, work: float = 1.0) -> float:
    """Of one fit on `rows` training rows, with a share of its usual work, predictions of held-out and test rows included.

    `recipe.growth` must be known. What has to be read is read whatever the work, except of texts.
    """
    assert recipe.growth is not None
    columns = competition.columns
    if recipe.seen is None:
        width = width_of(competition)
        seen = width if width <= SCREENED else SCREENED + KEPT * (width - SCREENED)
        letters = sum(column.length for column in columns)
        trees = _trees(recipe, competition)
        cells = rows * (LEARNED * letters if recipe.worded else seen) * trees
        read = LETTERS * letters
        if not recipe.worded:
            read += sum(WORDS if column.kind in (ColumnKind.CATEGORICAL, ColumnKind.DATETIME) else 1.0 for column in columns)
    else:
        cells, read, trees = rows * recipe.seen, recipe.seen * SEEN_READ, 1.0
    held_out = min(competition.validation.most or competition.rows, competition.rows)
    others = competition.test_rows + held_out / max(competition.validation.folds, 2)
    fitted = UNIT * recipe.cost * max(max(1.0, cells / CELLS) ** recipe.growth, EACH * trees)
    if not recipe.joint and len(competition.targets) >= MANY_TARGETS:
        work = 1.0  # however little is done for each of them, beginning takes its time
    if recipe.worded and work < 1:
        read, work = WORDS_ALONE * read, ONE_MODEL
    told = 1e-6 * recipe.telling * others * (trees if recipe.family == "boosting" else 1.0)
    return float(READING * (rows + others) * read + work * (fitted + told))


def width_of(competition: Competition) -> int:
    """The columns that features make of a table's, where these are many more: of dates, and of what follows in sequences."""
    dates = sum(column.kind is ColumnKind.DATETIME for column in competition.columns)
    return max(1, len(competition.columns) + (DATED - 1) * dates + _followed(competition))


def _trees(recipe: Recipe, competition: Competition) -> float:
    """How many times as long as one target or two classes it takes."""
    targets = len(competition.targets)
    if recipe.joint and targets >= MANY_TARGETS:
        return 1.0 + JOINTLY * targets
    return float(len(competition.classes) if len(competition.classes) > 2 else max(1, targets))


def _followed(competition: Competition) -> int:
    """The columns that `table.features.order` makes where folds keep sequences of rows together."""
    groups = competition.validation.column if competition.validation.scheme == "grouped" else None
    sequences = next((column.unique for column in competition.columns if column.name == groups), 0)
    if not sequences or competition.rows < ROWS_IN_ORDER * sequences:
        return 0
    return ORDERED * min(FOLLOWED, sum(column.kind is ColumnKind.NUMERIC for column in competition.columns))


def rows_within(recipe: Recipe, competition: Competition, seconds: float, work: float = 1.0) -> int:
    """The most training rows, of two digits, on which one fit takes at most `seconds`; 0 where they would be too few."""
    if seconds_of(recipe, competition, competition.rows, work) <= seconds:
        return competition.rows
    low, high = 0, competition.rows
    while high - low > max(1, low // 100):
        middle = (low + high) // 2
        low, high = (middle, high) if seconds_of(recipe, competition, middle, work) <= seconds else (low, middle)
    digits = 10 ** max(0, len(str(low)) - 2)
    rounded = low // digits * digits
    return rounded if rounded >= min(LEAST_ROWS, competition.rows // 2) else 0


def work_within(recipe: Recipe, competition: Competition, seconds: float) -> float:
    """The share of its usual work on all rows, in hundredths, for which one fit takes at most `seconds`."""
    none, whole = (seconds_of(recipe, competition, competition.rows, work) for work in (0.0, 1.0))
    if recipe.worded:
        return float(whole <= seconds)  # all of it, or the least
    share = (seconds - none) / max(whole - none, 1e-9)
    return max(0.0, min(1.0, math.floor(100 * share) / 100))
