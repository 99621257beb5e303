"""Features: what may be known of a competition outside of it: its shape, never a name, never a row."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agentk.memory.scope import Scope
from agentk.types.competition import Column, ColumnKind, Competition, Frozen, TaskKind

Modality = Literal["tabular", "text", "mixed", "image", "time"]
MODALITIES: tuple[Modality, ...] = ("tabular", "text", "mixed", "image", "time")
SIZES = ("small", "medium", "large")

METRIC_KINDS: dict[str, tuple[str, ...]] = {
    "likelihood": ("log_loss", "logloss", "brier", "cross_entropy", "likelihood"),
    "ranking": ("auc", "gini", "average_precision", "ndcg", "map@", "mrr", "top@", "lrap"),
    "agreement": ("kappa", "spearman", "pearson", "kendall", "concordance", "correlation"),
    "accuracy": (
        "accuracy",
        "f1",
        "fbeta",
        "f_beta",
        "precision",
        "recall",
        "matthews",
        "mcc",
        "hamming",
        "jaccard",
        "error_rate",
        "exact_match",
    ),
    "relative": ("log_error", "rmsle", "msle", "mape", "smape", "percentage"),
    "error": ("rmse", "mae", "mse", "r2", "squared", "absolute", "pinball", "quantile", "huber"),
}
"""Kind of metric -> what its name contains; the first that fits."""

KINDS = (*METRIC_KINDS, "other")


@lru_cache(maxsize=1000)
def metric_kind(metric: str) -> str:
    """What a metric rewards: likelihood, ranking, agreement, accuracy, relative or error; "other" for names unheard of."""
    name = metric.lower().replace("-", "_").replace(" ", "_")
    return next((kind for kind, words in METRIC_KINDS.items() if any(word in name for word in words)), "other")


class Features(Frozen):
    """The shape of a competition. Shares are of feature columns, identifiers and constants left out."""

    digest: str  # of the competition's identity; tells whether two are the same, and nothing else
    modality: Modality
    task: TaskKind
    metric: str
    rows: int
    columns: int
    numeric: float = 0.0
    categorical: float = 0.0  # booleans and lists too
    text: float = 0.0
    missing: float = 0.0  # share of empty cells
    classes: int = 0  # or targets, where there are several; 0: a single value
    rarest: float = 0.0  # share of the rarest class, where it is known
    widest: int = 0  # distinct values of the widest categorical column
    temporal: bool = False  # test lies after train

    @property
    def size(self) -> str:
        """small below 5,000 rows, medium below 100,000, else large."""
        return SIZES[(self.rows >= 5_000) + (self.rows >= 100_000)]

    @property
    def family(self) -> tuple[str, ...]:
        """modality, task, kind of metric, size."""
        return (self.modality, self.task.value, metric_kind(self.metric), self.size)

    @property
    def scope(self) -> Scope:
        """The scope of this competition."""
        return Scope(self.family, self.digest)

    def run(self, run: str) -> Scope:
        """The scope of one run at it."""
        return Scope(self.family, self.digest, run)


def features_of(competition: Competition, class_shares: Sequence[float] = ()) -> Features:
    """What a competition looks like from outside. `class_shares`: share of rows of each class, where known."""
    untold = (ColumnKind.IDENTIFIER, ColumnKind.CONSTANT, ColumnKind.PIXEL)
    columns = [column for column in competition.columns if column.kind not in untold]
    kinds = Counter(column.kind for column in columns)
    in_pixels = int(competition.pixels is not None)  # one picture, as a file is one
    images = kinds[ColumnKind.IMAGE] + len(competition.file_columns) + in_pixels
    count = max(len(columns) + len(competition.file_columns) + in_pixels, 1)
    temporal = competition.validation.scheme in ("blocked", "rolling")
    return Features(
        digest=_digest(competition),
        modality=_modality(columns, images, temporal),
        task=competition.task,
        metric=competition.metric,
        rows=competition.rows,
        columns=count,
        numeric=kinds[ColumnKind.NUMERIC] / count,
        categorical=(kinds[ColumnKind.CATEGORICAL] + kinds[ColumnKind.BOOLEAN] + kinds[ColumnKind.LIST]) / count,
        text=kinds[ColumnKind.TEXT] / count,
        missing=sum(column.missing for column in columns) / count,
        classes=competition.width if competition.width > 1 else len(competition.classes),
        rarest=min(class_shares, default=0.0),
        widest=max((column.unique for column in columns if column.kind is ColumnKind.CATEGORICAL), default=0),
        temporal=temporal,
    )


def likeness(one: Features, other: Features) -> float:
    """How alike two competitions are, 0..1: Gower's coefficient (Gower 1971), what decides methods weighing most."""
    both = one.task.classifies and other.task.classifies
    parts = (
        (3.0, float(one.modality == other.modality)),
        (2.0, 1.0 if one.task == other.task else 0.5 if both else 0.0),
        (1.0, float(metric_kind(one.metric) == metric_kind(other.metric))),
        (1.5, _near(math.log10(one.rows + 1), math.log10(other.rows + 1), 3.0)),
        (1.0, _near(math.log10(one.columns + 1), math.log10(other.columns + 1), 2.0)),
        (0.5, _near(one.numeric, other.numeric, 1.0)),
        (0.5, _near(one.categorical, other.categorical, 1.0)),
        (0.5, _near(one.text, other.text, 1.0)),
        (0.5, _near(one.missing, other.missing, 0.5)),
        (0.5, _near(math.log10(one.classes + 1), math.log10(other.classes + 1), 1.5)),
        (0.5, _near(one.rarest, other.rarest, 0.5)),
        (0.5, float(one.temporal == other.temporal)),
    )
    return sum(weight * part for weight, part in parts) / sum(weight for weight, _ in parts)


@lru_cache(maxsize=4096)
def read_features(text: str) -> Features:
    """The features that this JSON holds."""
    return Features.model_validate_json(text)


_WEIGHTS = np.sqrt([1.5, 1.0, 0.5, 0.5, 0.5, 0.5])  # rows, columns, numeric, categorical, missing, classes
_MIDDLE = (0.5,) * len(_WEIGHTS)
DIMENSION = len(MODALITIES) + len(TaskKind) + len(KINDS) + 2 * len(_WEIGHTS)
"""Length of `structure`."""
PLACES = hashlib.sha256(repr((MODALITIES, [task.value for task in TaskKind], KINDS, _WEIGHTS.tolist())).encode()).hexdigest()[:8]
"""Tells what the places of `structure` stand for: a memory whose vectors have others is embedded again."""


def structure(features: Features) -> NDArray[np.float64]:
    """(DIMENSION,) unit vector whose cosine orders neighbors roughly as `likeness` does; the index's view of a competition."""
    numbers = (
        math.log10(features.rows + 1) / 6,
        math.log10(features.columns + 1) / 4,
        features.numeric,
        features.categorical,
        features.missing,
        math.log10(features.classes + 1) / 3,
    )
    return outline((features.modality,), (features.task,), (metric_kind(features.metric),), numbers)


def outline(
    modalities: Sequence[str] = (), tasks: Sequence[str] = (), metrics: Sequence[str] = (), numbers: Sequence[float] = _MIDDLE
) -> NDArray[np.float64]:
    """(DIMENSION,) unit vector of competitions known in outline: nothing said stands for all alike, or for the middle."""
    blocks = [
        math.sqrt(3.0) * _share(MODALITIES, modalities),
        math.sqrt(2.0) * _share([task.value for task in TaskKind], tasks),
        _share(KINDS, metrics),
    ]
    angles = np.clip(np.asarray(numbers), 0.0, 1.0) * math.pi / 2
    vector = np.concatenate([*blocks, _WEIGHTS * np.cos(angles), _WEIGHTS * np.sin(angles)])
    unit: NDArray[np.float64] = vector / np.linalg.norm(vector)
    return unit


def _share(known: Sequence[str], said: Sequence[str]) -> NDArray[np.float64]:
    hits = np.array([not said or name in said for name in known], dtype=np.float64)
    return hits / max(float(np.linalg.norm(hits)), 1.0)


def private_words(competition: Competition) -> frozenset[str]:
    """The names that belong to a competition alone: what a lesson must have lost before it leaves it."""
    names = {column.name for column in competition.columns} | {column.name for column in competition.file_columns}
    names |= {competition.name, competition.folder.name, competition.train.path, competition.test.path}
    names |= (
        set(competition.id_columns) | set(competition.targets) | set(competition.train_only) | set(competition.submission.columns)
    )
    names |= {label for label in competition.classes if isinstance(label, str) and len(label) > 3}  # yes and no are no names
    return frozenset(name for name in names if name and not name.isdigit())


def _near(one: float, other: float, span: float) -> float:
    return max(0.0, 1.0 - abs(one - other) / span)


def _modality(columns: Sequence[Column], images: int, temporal: bool) -> Modality:
    if images:
        return "image"
    texts = sum(column.kind is ColumnKind.TEXT for column in columns)
    if texts:
        return "text" if texts * 2 >= len(columns) else "mixed"
    return "time" if temporal else "tabular"


def _digest(competition: Competition) -> str:
    """Of the columns, the targets and the rows: a moved or renamed folder is the same competition."""
    identity = [
        sorted(column.name for column in competition.columns),
        sorted(competition.targets),
        competition.task.value,
        [str(label) for label in competition.classes],
        competition.rows,
        competition.test_rows,
    ]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
