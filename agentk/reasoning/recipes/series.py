"""The recipes for series in time, by what usually wins in the seconds it takes."""

from __future__ import annotations

from agentk.reasoning.recipes.recipe import Recipe
from agentk.types.competition import ColumnKind, Competition


def is_series(competition: Competition) -> bool:
    """Whether rows have dates and are held out by time."""
    dated = any(column.kind is ColumnKind.DATETIME for column in competition.columns)
    return dated and competition.validation.scheme in ("blocked", "rolling")


SERIES = (
    Recipe(
        name="time_boosting",
        entry="time_boosting",
        family="boosting",
        idea="boosted trees on a coarse calendar, the target's history and the table's columns",
        cost=2.0,
        growth=0.65,
        simplicity=5,
        suits=is_series,
        needs=("lightgbm",),
        variants={
            "patient": {"learning_rate": 0.02, "column_share": 0.4, "bags": 3},
            "history": {"history": "always", "relative": "never"},
            "relative": {"history": "always", "relative": "always"},
            "plain": {"history": "never", "relative": "never"},
            "months": {"resolution": "months"},
        },
    ),
    Recipe(
        name="time_linear",
        entry="time_linear",
        family="linear",
        idea="ridge regression on calendar indicators, waves of the year and a trend",
        cost=0.5,
        growth=0.9,
        simplicity=2,
        suits=is_series,
        variants={"stiff": {"penalty": 30.0, "waves": 2}, "flat": {"trend": 0.0}},
    ),
    Recipe(
        name="time_means",
        entry="time_means",
        family="naive",
        idea="seasonal means, each shrunk towards coarser ones, and the level of the nearest days",
        cost=0.1,
        simplicity=1,
        suits=is_series,
        variants={"long": {"memory": 200.0}},
    ),
)
