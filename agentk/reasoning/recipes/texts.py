"""The recipes for texts, by what usually wins in the seconds it takes."""

from __future__ import annotations

from agentk.reasoning.recipes.recipe import Recipe
from agentk.types.competition import ColumnKind, Competition

HASTE = 0.1  # the share of its work that a recipe for texts is said to do where it reads words alone
DIFFERING = 100  # lists that differ so much hold many members: what a row says is told by them as by words


def has_text(competition: Competition) -> bool:
    """Whether a column holds words, or lists of many members."""
    return any(
        column.kind is ColumnKind.TEXT or (column.kind is ColumnKind.LIST and column.unique >= DIFFERING)
        for column in competition.columns
    )


TEXTS = (
    Recipe(
        name="text_linear",
        entry="text_linear",
        family="text",
        idea="tf-idf of words and characters, then a linear model; NB-SVM where features are weighed by class",
        cost=1.5,
        growth=1.0,
        worded=True,
        least_work=HASTE,
        simplicity=2,
        suits=has_text,
        variants={
            "lowercase": {"lowercase": True, "characters": 4},
            "words": {"characters": 0, "words": 2, "lowercase": True},
            "plain": {"weigh": "never"},
            "long": {"characters": 6},
        },
    ),
    Recipe(
        name="text_bayes",
        entry="text_bayes",
        family="text",
        idea="naive Bayes on tf-idf, calibrated: quick, and unlike the linear models in a blend",
        cost=0.6,
        growth=1.0,
        worded=True,
        least_work=HASTE,
        simplicity=1,
        suits=has_text,
        variants={"words": {"characters": 0}, "smooth": {"prior": 0.5, "lowercase": True}},
    ),
    Recipe(
        name="text_boosting",
        entry="text_boosting",
        family="boosting",
        idea="boosted trees on the table's columns and what a linear model makes of the texts, out of fold",
        cost=2.5,
        growth=1.0,
        worded=True,
        least_work=HASTE,
        simplicity=6,
        suits=has_text,
        needs=("lightgbm",),
        variants={
            "weighed": {"weigh": "always"},
            "regularised": {"learning_rate": 0.02, "leaves": 6, "leaf_rows": 40, "column_share": 0.3},
        },
    ),
)
