"""The recipes for parts of texts: a baseline, rules, and models of words with the choice of the best span."""

from __future__ import annotations

from agentk.reasoning.recipes.recipe import Recipe
from agentk.types.competition import Competition, TaskKind


def asks_for_spans(competition: Competition) -> bool:
    """Whether answers are parts of a text."""
    return competition.task is TaskKind.SPANS


WHOLE_TEXT = Recipe("constant", "span_whole", "naive", "the whole text of every row", 0.01, 0, asks_for_spans)

SPANS = (
    Recipe(
        name="span_linear",
        entry="span_linear",
        family="linear",
        idea="linear models of words (in the answer, its first, its last), then the span expected to agree best",
        cost=2.0,
        simplicity=2,
        suits=asks_for_spans,
        variants={
            "strict": {"C": 5.0},
            "loose": {"C": 400.0},
            "ends": {"inside": 0.2},
            "insides": {"inside": 1.5, "sharpness": 1.0},
        },
    ),
    Recipe(
        name="span_boosting",
        entry="span_boosting",
        family="boosting",
        idea="boosted trees over words, on what linear models make of them out of fold; then the span expected to agree best",
        cost=8.0,
        simplicity=6,
        suits=asks_for_spans,
        variants={
            "slow": {"learning_rate": 0.04, "trees": 200},
            "small": {"leaves": 6, "leaf_rows": 60, "trees": 120},
            "insides": {"inside": 1.0},
        },
    ),
    Recipe(
        name="span_rules",
        entry="span_rules",
        family="rules",
        idea="by group of rows the rule that agrees best with the answers: the whole text, a part, the run of its telling words",
        cost=0.7,
        simplicity=1,
        suits=asks_for_spans,
        variants={"eager": {"reserve": 0.5}, "sparing": {"reserve": -0.5}},
    ),
)
