"""Worlds of plain tables: a hidden score made of mixed columns, cut into labels, grades, sets or values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from agentk.bench.synthetic.layout import Generator, Maker, World
from agentk.types.competition import TaskKind
from agentk.types.metric import Array

NUMBERS = ("age", "height", "income", "tenure", "pressure", "volume", "load", "width", "visits", "balance", "delay", "humidity",
           "Dose", "SpeedMax", "n_calls", "ratio.a", "Total Area", "temp_c", "depth", "fuel")  # fmt: skip
WORDS = {
    "region": ("north", "south", "east", "west"),
    "Color": ("red", "green", "blue", "grey", "black"),
    "plan": ("basic", "plus", "premium"),
    "source": ("web", "phone", "agent", "partner"),
    "material": ("wood", "steel", "glass"),
    "Quality": ("Po", "Fa", "TA", "Gd", "Ex"),
}
IDS = ("id", "Id", "ID", "row_id", "uid", "customer_id", "RecordId", "sample_id", "obs_id", "ItemID")
LABEL_NAMES = ("target", "outcome", "status", "Churned", "label", "is_ripe", "Survives", "Defect", "approved", "verdict")
CLASS_NAMES = ("Class", "species", "category", "Variety", "kind", "NObey", "segment", "Stage")
CLASSES = (("A", "B", "C"), ("low", "mid", "high"), ("setal", "virgic", "colorate", "montane"), ("C", "CL", "D"),
           ("Class_1", "Class_2", "Class_3", "Class_4", "Class_5"))  # fmt: skip
VALUE_NAMES = ("target", "price", "yield", "strength", "Consumption", "loss", "duration_min", "Salary", "rings", "charges")


def rng_choice(options: Sequence[str], rng: Generator, count: int = 1) -> list[str]:
    """Different ones of some names."""
    return [options[at] for at in rng.choice(len(options), count, replace=False)]


def features(rng: Generator, rows: int, numbers: int = 5, words: int = 2) -> tuple[pd.DataFrame, Array]:
    """Mixed columns with holes, and the hidden score they make."""
    frame = pd.DataFrame(index=range(rows))
    hidden = rng.normal(0, 0.7, rows)
    for name in rng_choice(NUMBERS, rng, numbers):
        values = rng.normal(rng.uniform(-2, 60), rng.uniform(1, 15), rows)
        hidden += rng.uniform(-1, 1) * (values - values.mean()) / values.std()
        frame[name] = values.round(int(rng.integers(0, 4)))
    for name in rng_choice(list(WORDS), rng, words):
        own = WORDS[name]
        codes = rng.integers(0, len(own), rows)
        hidden += rng.normal(0, 0.6, len(own))[codes]
        frame[name] = np.array(own)[codes]
    holed = str(frame.columns[int(rng.integers(0, len(frame.columns)))])
    frame[holed] = frame[holed].astype("object").where(rng.random(rows) > 0.1)
    return frame, (hidden - hidden.mean()) / hidden.std()


def world(rng: Generator, frame: pd.DataFrame, task: TaskKind, targets: dict[str, Any]) -> World:
    """Rows in no order whose test part is random."""
    names = [name for name in IDS if name not in frame.columns]
    own = rng_choice(names, rng)[0]
    rows = len(frame)
    start = int(rng.integers(0, 50_000))
    numbers = np.arange(start, start + rows) if rng.random() < 0.6 else rng.permutation(rows * 7)[:rows] + 100_000
    frame = pd.concat([pd.Series(numbers, name=own), frame.reset_index(drop=True)], axis=1).assign(**targets)
    schemes = ("stratified",) if task.classifies or task is TaskKind.ORDINAL else ("random",)
    return World(frame, tuple(targets), task, rng.random(rows) < rng.uniform(0.2, 0.5), own, schemes)


def binary(labels: tuple[object, object] = (0, 1), share: float = 0.4, rows: int = 700, named: bool = False) -> Maker:
    """Two classes; the second is the one asked for, which matters where they are `named`."""

    def make(rng: Generator) -> World:
        frame, hidden = features(rng, rows)
        yes = hidden > np.quantile(hidden, 1 - share)
        name = rng_choice([n for n in LABEL_NAMES if n not in frame], rng)[0]
        made = world(rng, frame, TaskKind.BINARY, {name: np.array(labels, dtype="object")[yes.astype(int)]})
        made.positive = labels[1] if named else None
        return made

    return make


def multiclass(numbers: int = 0, many: int = 0, rows: int = 900, words: Sequence[str] = ()) -> Maker:
    """Several classes by name, or `numbers` of them as whole numbers, or `many` of them as words."""

    def make(rng: Generator) -> World:
        frame, hidden = features(rng, rows)
        labels: Sequence[object] = CLASSES[int(rng.integers(0, len(CLASSES)))]
        if words:
            labels = words
        elif numbers or many:
            labels = list(range(int(rng.integers(0, 2)), numbers + 2))[:numbers] or [f"type{at:02d}" for at in range(many)]
        codes = np.minimum((rng.permutation(np.arange(len(labels)))[(hidden.argsort().argsort() * len(labels)) // rows]), rows)
        name = rng_choice([n for n in CLASS_NAMES if n not in frame], rng)[0]
        values = np.array(labels, dtype="object")[codes]
        column = pd.Series(values).astype("int64") if numbers else values
        return world(rng, frame, TaskKind.MULTICLASS, {name: column})

    return make


def ordinal(rng: Generator) -> World:
    """Grades of whole numbers."""
    frame, hidden = features(rng, 900)
    grades = 1 + np.searchsorted([-1.2, -0.4, 0.4, 1.2], hidden)
    return world(rng, frame, TaskKind.ORDINAL, {rng_choice(("quality_grade", "Response", "severity", "stars"), rng)[0]: grades})


def regression(positive: bool = True, counts: bool = False, rows: int = 700) -> Maker:
    """A number: positive and skewed, a count, or anything."""

    def make(rng: Generator) -> World:
        frame, hidden = features(rng, rows)
        values = np.exp(3 + 0.6 * hidden).round(2) if positive else (10 * hidden).round(3)
        if counts:
            values = rng.poisson(np.exp(2.5 + 0.7 * hidden))
        name = rng_choice([n for n in (("rentals", "claims_n", "count") if counts else VALUE_NAMES) if n not in frame], rng)[0]
        return world(rng, frame, TaskKind.REGRESSION, {name: values})

    return make


def multioutput(rng: Generator) -> World:
    """Three numbers of each row."""
    frame, hidden = features(rng, 700)
    stem = rng_choice(("target", "reading", "Y"), rng)[0]
    names = [f"{stem}_{at}" for at in range(1, 4)]
    values: dict[str, Any] = {n: np.exp(1 + rng.normal() * hidden * 0.5 + rng.normal(0, 0.2, 700)).round(3) for n in names}
    return world(rng, frame, TaskKind.MULTIOUTPUT, values)


def multilabel(rng: Generator) -> World:
    """Four things of each row that are true or not."""
    frame, hidden = features(rng, 800)
    names = rng_choice(("EC1", "EC2", "scratch", "dirt", "bump", "stain", "toxic", "insult"), rng, 4)
    values: dict[str, Any] = {n: (rng.normal() * hidden + rng.normal(0, 1, 800) > 0.5).astype(int) for n in names}
    return world(rng, frame, TaskKind.MULTILABEL, values)


def wide(rng: Generator) -> World:
    """Many anonymous columns, a rare positive class."""
    rows = 800
    X = rng.normal(0, 1, (rows, 120)).round(4)
    prefix = rng_choice(("var_", "f", "feature_"), rng)[0]
    frame = pd.DataFrame(X, columns=[f"{prefix}{at}" for at in range(120)])
    frame[f"{prefix}120"] = 0  # constant
    return world(rng, frame, TaskKind.BINARY, {"target": (X[:, 0] + X[:, 1] > 1.8).astype(int)})
