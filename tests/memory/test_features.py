"""Features: the shape of a competition without its names, and how alike two are."""

from __future__ import annotations

import numpy as np
import pytest

from agentk.memory.features import DIMENSION, Features, features_of, likeness, metric_kind, outline, private_words, structure
from agentk.testing.memory import features
from agentk.types.competition import Column, ColumnKind, Competition, Pixels, TaskKind


def test_say_the_shape_of_a_competition(competition: Competition) -> None:
    found = features_of(competition, class_shares=[0.8, 0.2])
    assert found.family == ("tabular", "binary", "accuracy", "small")
    assert (found.columns, found.numeric, found.categorical, found.classes, found.rarest, found.widest) == (
        4,
        0.5,
        0.5,
        2,
        0.2,
        45,
    )
    assert found.missing == pytest.approx(0.1)


def test_hold_no_name_of_it(competition: Competition) -> None:
    written = features_of(competition).model_dump_json().lower()
    assert all(name.lower() not in written for name in private_words(competition))
    assert {"LoanKey", "Income", "Branch", "Defaulted", "paid", "secretive-lenders"} <= private_words(competition)


def test_a_moved_competition_is_the_same_and_another_is_not(competition: Competition) -> None:
    moved = competition.model_copy(update={"folder": competition.folder / "elsewhere", "name": "renamed", "metric": "roc_auc"})
    fewer = competition.model_copy(update={"rows": 1100})
    assert features_of(moved).digest == features_of(competition).digest
    assert features_of(fewer).digest != features_of(competition).digest


@pytest.mark.parametrize(
    ("kinds", "scheme", "modality"),
    [
        ([ColumnKind.NUMERIC, ColumnKind.CATEGORICAL], "random", "tabular"),
        ([ColumnKind.TEXT], "random", "text"),
        ([ColumnKind.TEXT, ColumnKind.NUMERIC, ColumnKind.NUMERIC], "random", "mixed"),
        ([ColumnKind.IMAGE], "random", "image"),
        ([ColumnKind.DATETIME, ColumnKind.NUMERIC], "rolling", "time"),
    ],
)
def test_modality_follows_the_columns(competition: Competition, kinds: list[ColumnKind], scheme: str, modality: str) -> None:
    columns = tuple(Column(name=f"c{number}", kind=kind) for number, kind in enumerate(kinds))
    validation = competition.validation.model_copy(update={"scheme": scheme})
    assert features_of(competition.model_copy(update={"columns": columns, "validation": validation})).modality == modality


def test_a_picture_in_columns_is_one_picture_however_many_there_are(competition: Competition) -> None:
    pixels = Pixels(name="p{}", counts=(144,), height=12, width=12)
    columns = (
        *(Column(name=name, kind=ColumnKind.PIXEL) for name in pixels.columns),
        Column(name="age", kind=ColumnKind.NUMERIC),
    )
    found = features_of(competition.model_copy(update={"columns": columns, "pixels": pixels}))
    assert (found.modality, found.columns, found.numeric) == ("image", 2, 0.5)


@pytest.mark.parametrize(
    ("metric", "kind"),
    [
        ("rmse", "error"),
        ("rmsle", "relative"),
        ("roc_auc", "ranking"),
        ("log_loss", "likelihood"),
        ("f1", "accuracy"),
        ("strange", "other"),
        ("quadratic_weighted_kappa", "agreement"),
        ("accuracy", "accuracy"),
        ("rmse_log", "error"),
    ],
)
def test_metrics_have_a_kind(metric: str, kind: str) -> None:
    assert metric_kind(metric) == kind


def test_likeness_orders_competitions_as_a_person_would() -> None:
    here = features()
    twin, bigger, other_metric = features("twin", rows=1600), features("big", rows=200_000), features("m", metric="roc_auc")
    regression = features("r", task=TaskKind.REGRESSION, metric="rmse")
    image = here.model_copy(update={"modality": "image", "columns": 1, "numeric": 0.0, "categorical": 0.0})
    order = [likeness(here, there) for there in (here, twin, other_metric, bigger, regression, image)]
    assert order[0] == 1.0
    assert order[1] > 0.99 > order[2] > order[3] > order[4] > 0
    assert order[5] < order[2]


def test_structure_is_a_unit_vector_that_agrees_with_likeness() -> None:
    generator = np.random.default_rng(0)

    def some() -> Features:
        modality = str(generator.choice(["tabular", "text", "image"]))
        task = generator.choice([TaskKind.BINARY, TaskKind.REGRESSION, TaskKind.MULTICLASS])
        metric = str(generator.choice(["accuracy", "rmse", "log_loss"]))
        rows, columns = (int(10 ** generator.uniform(2, 6)), int(10 ** generator.uniform(0, 3)))
        return Features(digest="d", modality=modality, task=task, metric=metric, rows=rows, columns=columns)  # type: ignore[arg-type]

    here = some()
    others = [some() for _ in range(200)]
    alike = [likeness(here, other) for other in others]
    cosines = [float(structure(here) @ structure(other)) for other in others]
    assert structure(here).shape == outline().shape == (DIMENSION,)
    assert np.linalg.norm(structure(here)) == pytest.approx(1.0)
    assert np.corrcoef(alike, cosines)[0, 1] > 0.9
