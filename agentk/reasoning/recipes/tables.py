"""The recipes for tables, by what usually wins in the seconds it takes."""

from __future__ import annotations

from typing import Any

from agentk.reasoning.recipes.recipe import Applies, Recipe
from agentk.types.competition import ColumnKind, Competition

MODELLED = frozenset(ColumnKind) - {
    ColumnKind.CONSTANT,
    ColumnKind.IMAGE,
    ColumnKind.PIXEL,
    ColumnKind.IDENTIFIER,
    ColumnKind.TEXT,
}


def is_table(competition: Competition) -> bool:
    """Whether the columns hold something that a table model can use."""
    return any(column.kind in MODELLED or column.kind is ColumnKind.PIXEL for column in competition.columns)


def _rows_up_to(limit: int) -> Applies:
    """A table of at most `limit` rows."""
    return lambda competition: is_table(competition) and competition.rows <= limit


HASTE = 0.25
"""The share of its usual work that boosting is still worth: one fit instead of two, in steps four times as large."""


def _table(name: str, family: str, idea: str, **rest: Any) -> Recipe:
    return Recipe(name=name, entry=f"table_{name}", family=family, idea=idea, **({"suits": is_table} | rest))


TABLES = (
    _table(
        "lightgbm",
        "boosting",
        "LightGBM: trees grown leaf by leaf, each on the errors of those before",
        cost=1.0,
        growth=0.65,
        least_work=HASTE,
        telling=10.0,
        simplicity=5,
        needs=("lightgbm",),
        variants={
            "regularised": {"learning_rate": 0.03, "leaves": 6, "leaf_rows": 30, "column_share": 0.4, "l2": 10.0},
            "deep": {"learning_rate": 0.03, "leaves": 96, "leaf_rows": 5, "column_share": 0.5},
            "patient": {"learning_rate": 0.015, "leaves": 16, "column_share": 0.4, "row_share": 0.7, "bags": 3},
            "ratios": {"pairs": "ratios", "learning_rate": 0.04, "column_share": 0.4},
            "crosses": {"crosses": True, "learning_rate": 0.04, "column_share": 0.4},
        },
    ),
    _table(
        "linear",
        "linear",
        "ridge or logistic regression on scaled numbers and indicator columns",
        cost=0.4,
        growth=0.8,
        joint=True,
        simplicity=1,
        variants={
            "stiff": {"penalty": 5.0, "category_rows": 20},
            "ranked": {"scaling": "quantile"},
            "straight": {"curves": "none"},
            "crosses": {"crosses": True, "penalty": 2.0},
        },
    ),
    _table(
        "random_cuts",
        "boosting",
        "LightGBM with cuts drawn at random, and categories split as sets: errs otherwise than with the best cuts",
        cost=1.2,
        growth=0.65,
        least_work=HASTE,
        telling=10.0,
        simplicity=5,
        needs=("lightgbm",),
        variants={
            "regularised": {"learning_rate": 0.04, "leaves": 8, "leaf_rows": 30, "column_share": 0.5, "l2": 10.0},
            "deep": {"learning_rate": 0.05, "leaves": 128, "leaf_rows": 5},
            "crosses": {"crosses": True, "column_share": 0.5},
            "patient": {"learning_rate": 0.025, "leaves": 24, "column_share": 0.6, "bags": 3},
        },
    ),
    _table(
        "catboost",
        "boosting",
        "CatBoost: symmetric trees with an encoding of categories of their own",
        cost=2.5,
        growth=0.8,
        least_work=HASTE,
        telling=2.0,
        simplicity=6,
        needs=("catboost",),
        variants={
            "shallow": {"depth": 4, "learning_rate": 0.08, "l2": 6.0},
            "patient": {"learning_rate": 0.04, "depth": 6, "column_share": 0.4, "l2": 5.0},
            "deep": {"depth": 8, "learning_rate": 0.08, "l2": 8.0, "column_share": 0.4},
            "combined": {"combined": 2},
        },
    ),
    _table(
        "extra_trees",
        "trees",
        "extremely randomised trees: a different bias from boosting, good in a blend",
        cost=2.5,
        growth=0.8,
        least_work=0.2,
        telling=60.0,
        simplicity=3,
        variants={
            "fine": {"leaf_rows": 1, "column_share": 0.8},
            "smooth": {"leaf_rows": 6, "column_share": 0.4},
            "decorrelated": {"leaf_rows": 2, "column_share": 0.1, "trees": 400},
        },
    ),
    _table(
        "xgboost",
        "boosting",
        "XGBoost: trees grown level by level, each on the errors of those before",
        cost=1.0,
        growth=0.65,
        least_work=HASTE,
        telling=5.0,
        simplicity=5,
        needs=("xgboost",),
        variants={
            "regularised": {"learning_rate": 0.03, "depth": 3, "leaf_weight": 8.0, "column_share": 0.4, "l2": 10.0},
            "deep": {"learning_rate": 0.03, "depth": 8, "leaf_weight": 2.0, "column_share": 0.5},
            "patient": {"learning_rate": 0.015, "depth": 5, "column_share": 0.4, "row_share": 0.7, "bags": 3},
            "crosses": {"crosses": True, "learning_rate": 0.04, "column_share": 0.4},
        },
    ),
    _table(
        "tabm",
        "neural",
        "TabM on torch: networks that are ensembles in themselves, numbers and categories embedded",
        cost=22.0,
        growth=0.5,
        least_work=0.35,
        simplicity=8,
        suits=_rows_up_to(100_000),
        needs=("torch",),
        variants={
            "stiff": {"decay": 0.1, "width": 64, "smoothing": 0.05},
            "free": {"dropout": 0.05, "rate": 0.02},
            "wide": {"width": 256},
            "many": {"networks": 8},
        },
    ),
    _table(
        "mlp",
        "neural",
        "small neural networks on scaled numbers, several seeds averaged",
        cost=4.0,
        growth=0.7,
        joint=True,
        simplicity=7,
        suits=_rows_up_to(100_000),
        variants={
            "stiff": {"decay": 1.0, "units": 32, "epochs": 40},
            "wide": {"units": 192, "layers": 2, "decay": 0.03, "rate": 0.001},
        },
    ),
    _table(
        "kernel",
        "kernel",
        "support vectors with a radial kernel, or a Gaussian process where rows are few",
        cost=3.0,
        growth=1.4,
        simplicity=4,
        suits=_rows_up_to(12_000),
        variants={
            "process": {"process": True, "width": 0.3},
            "smooth": {"cost": 1.0, "width": 0.2},
            "sharp": {"cost": 10.0, "width": 1.0},
        },
    ),
    _table(
        "random_forest",
        "trees",
        "deep trees on resampled rows, averaged",
        cost=5.0,
        growth=0.9,
        least_work=0.2,
        telling=60.0,
        simplicity=3,
        variants={"smooth": {"leaf_rows": 6}, "decorrelated": {"column_share": 0.15}},
    ),
    _table(
        "neighbors",
        "neighbors",
        "the nearest training rows on scaled numbers",
        cost=0.2,
        growth=1.0,
        joint=True,
        simplicity=2,
        suits=_rows_up_to(100_000),
        variants={"many": {"neighbors": 40}, "blocks": {"metric": "manhattan", "scaling": "quantile"}},
    ),
    _table(
        "hist",
        "boosting",
        "scikit-learn's histogram boosting",
        cost=0.8,
        growth=0.65,
        least_work=HASTE,
        telling=10.0,
        simplicity=5,
        variants={"regularised": {"learning_rate": 0.04, "leaves": 6, "column_share": 0.4, "l2": 10.0}},
    ),
)
