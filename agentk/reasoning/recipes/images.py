"""The recipes for images, by what usually wins in the seconds it takes."""

from __future__ import annotations

from agentk.reasoning.recipes.recipe import Recipe
from agentk.types.competition import ColumnKind, Competition


def has_images(competition: Competition) -> bool:
    """Whether rows have image files."""
    return bool(competition.file_columns) or any(column.kind is ColumnKind.IMAGE for column in competition.columns)


IMAGES = (
    Recipe(
        name="image_svm",
        entry="image_svm",
        family="kernel",
        idea="a least-squares support vector machine on histograms of gradients",
        cost=2.0,
        simplicity=4,
        suits=has_images,
        needs=("PIL",),
        variants={
            "linear": {"kernel": "linear", "directions": 250},
            "narrow": {"width": 0.5, "directions": 200},
            "colorful": {"tone": 0.7, "directions": 200},
        },
    ),
    Recipe(
        name="image_trees",
        entry="image_trees",
        family="trees",
        idea="extremely randomised trees on gradients and coarse pixels",
        cost=2.0,
        simplicity=3,
        suits=has_images,
        needs=("PIL",),
    ),
    Recipe(
        name="image_cnn",
        entry="image_cnn",
        family="neural",
        idea="a small convolutional network, trained on shifted and scaled copies",
        cost=25.0,
        simplicity=8,
        suits=has_images,
        needs=("PIL", "torch"),
        variants={"patient": {"epochs": 30, "channels": 48}},
    ),
)
