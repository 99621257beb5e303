"""The recipes for images, by what usually wins in the seconds it takes."""

from __future__ import annotations

from dataclasses import replace

from agentk.reasoning.recipes.recipe import Recipe
from agentk.reasoning.recipes.tables import is_table
from agentk.types.competition import ColumnKind, Competition


def has_images(competition: Competition) -> bool:
    """Whether rows have pictures, in files or in columns of pixels."""
    pictured = (ColumnKind.IMAGE, ColumnKind.PIXEL)
    return bool(competition.file_columns) or any(column.kind in pictured for column in competition.columns)


def has_files(competition: Competition) -> bool:
    """Whether rows have pictures in files."""
    return has_images(competition) and competition.pixels is None


def has_images_in_a_table(competition: Competition) -> bool:
    """Whether other columns stand beside the pictures that a model can learn from."""
    return has_files(competition) and is_table(competition)


JOINED = (
    Recipe(
        name="image_boosting",
        entry="image_boosting",
        family="boosting",
        idea="boosted trees on the table's columns and what a linear model makes of the pictures, out of fold",
        cost=6.0,
        simplicity=6,
        suits=has_images_in_a_table,
        needs=("PIL", "lightgbm"),
        variants={"regularised": {"learning_rate": 0.02, "leaves": 6, "leaf_rows": 40, "column_share": 0.3}},
    ),
)
BACKBONES = (
    Recipe(
        name="image_backbone",
        entry="image_backbone",
        family="neural",
        idea="a linear model on the features of pretrained networks that lie on this machine",
        cost=20.0,
        simplicity=6,
        suits=lambda competition: has_files(competition) and bool(competition.backbones),
        needs=("PIL", "torch"),
        variants={"bold": {"strength": 0.1, "directions": 400}, "plain": {"strength": 0.001}},
    ),
)
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

FILES = (*JOINED, *IMAGES[:1], *BACKBONES, *IMAGES[1:])
"""Those for pictures in files."""
SEEN = 64
"""Columns of a table that take as long as a picture that is small enough to lie in columns."""
_IN_PIXELS = {"image_svm": (1.2, 0.8), "image_trees": (1.8, 1.1), "image_cnn": (19.0, 0.9)}  # cost and growth, as measured

PIXELS = tuple(
    replace(recipe, cost=cost, growth=growth, seen=SEEN, needs=tuple(name for name in recipe.needs if name != "PIL"))
    for recipe in IMAGES
    for cost, growth in [_IN_PIXELS[recipe.name]]
)
"""The same for pictures in columns of pixels: what they cost is known, so that a fit can be given a sample of the rows."""
