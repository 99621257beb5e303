"""Vectors: where a lesson lies, by the structure of its competition and by its text, in one row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agentk.memory.features import DIMENSION, outline, structure
from agentk.memory.lesson import Lesson
from agentk.memory.protocol import Vectors
from agentk.memory.ranking import TEXT

_MEANT = float(np.sqrt(TEXT))
_BUILT = float(np.sqrt(1 - TEXT))


def built(lesson: Lesson) -> Vectors:
    """(DIMENSION,) of the competition where it was last seen to hold, or of those that its conditions ask for."""
    if lesson.features is not None:
        return structure(lesson.features).astype(np.float32)
    conditions = lesson.conditions
    return outline(conditions.modality, conditions.task, conditions.metric).astype(np.float32)


def joined(shapes: NDArray[np.floating], meant: Vectors) -> Vectors:
    """(N, DIMENSION + d): cosines of joined rows are the weighted mean of the cosines of their parts."""
    return np.hstack([_BUILT * shapes, _MEANT * meant]).astype(np.float32)


def cosine(one: Vectors, other: Vectors) -> float:
    """Of the texts within joined vectors."""
    return float(one[DIMENSION:] @ other[DIMENSION:]) / TEXT
