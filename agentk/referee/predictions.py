"""The border: a file of predictions comes back from an untrusted process as plain numbers, checked before anyone uses it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from agentk.types.competition import TaskKind
from agentk.types.metric import Array

HEADER = 4096  # bytes that the form of an .npy file takes besides its numbers
DRIFT = 0.01  # how far from 1 the probabilities of a row may add up
EDGE = 1e-6  # how far outside [0, 1] rounding may carry a probability


class RefusedError(ValueError):
    """Predictions that cannot be used; the message is a plain reason for the program's author."""


def read_predictions(path: Path, rows: int, width: int, task: TaskKind) -> Array:
    """The checked (rows, width) matrix. One column is enough in a binary task: the probability of the positive class, the last.

    Raises RefusedError where it is too large, not an array of floats, of another shape, not finite, or not probabilities
    or spans where those are asked for.
    """
    limit = rows * max(width, 2) * 8 + HEADER
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(file)
    except (ValueError, OSError, EOFError) as error:
        raise RefusedError(f"its predictions are no readable array: {error}") from None
    if dtype != np.float64:
        raise RefusedError(f"its predictions are {dtype}, not float64")
    widths = (1, 2) if task is TaskKind.BINARY else (width,)
    if len(shape) != 2 or shape[0] != rows or shape[1] not in widths:
        raise RefusedError(f"fit_predict returned a matrix of shape {shape}, expected ({rows}, {width}): one row a test row")
    if size > limit:
        raise RefusedError(f"its predictions take {size:,} bytes, at most {limit:,} were expected")
    return check_predictions(np.load(path, allow_pickle=False), task)


def check_predictions(matrix: Array, task: TaskKind) -> Array:
    """Finite values, and probabilities that are ones: small drift is mended, more is refused."""
    bad = ~np.isfinite(matrix)
    if bad.any():
        raise RefusedError(f"{int(bad.any(axis=1).sum())} of {len(matrix)} predicted rows hold NaN or infinity")
    if task is TaskKind.SPANS and matrix.size and (matrix.min() < 0 or (matrix[:, 0] > matrix[:, 1]).any()):
        odd = matrix[(matrix.min(axis=1) < 0) | (matrix[:, 0] > matrix[:, 1])][0]
        raise RefusedError(f"a span goes from character {odd[0]:g} to {odd[1]:g}: it begins at 0 or later, and ends behind that")
    if not (task.classifies or task is TaskKind.MULTILABEL):
        return np.ascontiguousarray(matrix)
    if matrix.size and (matrix.min() < -EDGE or matrix.max() > 1 + EDGE):
        raise RefusedError(f"probabilities lie between {matrix.min():.6g} and {matrix.max():.6g}, outside [0, 1]")
    matrix = np.clip(matrix, 0.0, 1.0)
    if not task.classifies:
        return matrix
    if matrix.shape[1] == 1:
        return np.concatenate([1.0 - matrix, matrix], axis=1)
    sums = matrix.sum(axis=1, keepdims=True)
    if matrix.size and np.abs(sums - 1.0).max() > DRIFT:
        raise RefusedError(f"probabilities of a row add up to between {sums.min():.4g} and {sums.max():.4g}, not to 1")
    return np.asarray(matrix / sums)
