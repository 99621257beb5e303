"""Images by a least-squares support vector machine on histograms of gradients (Suykens & Vandewalle 1999).

Its leave-one-out outputs have a closed form, so strength and calibration cost no further fits. The kernel is Nystroem's
approximation (Williams & Seeger 2001), exact where all rows are landmarks.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.linalg import cholesky, solve_triangular
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.image.pixels import SHAPE, TONE, image_features, prepared_matrices
from agentk.reasoning.recipes.blocks.table.fitting.sample import sampled
from agentk.reasoning.recipes.blocks.table.fitting.scale import on_scale
from agentk.reasoning.recipes.blocks.task import Codes, Floats, predict_targets

SPACE: dict[str, Any] = {
    "kernel": {"type": "choice", "choices": ["radial", "linear"], "default": "radial"},
    "width": {"type": "float", "low": 0.2, "high": 5.0, "log": True, "default": 1.0, "when": {"kernel": "radial"}},
    "directions": {"type": "int", "low": 30, "high": 300, "log": True, "default": 120},
    "landmarks": {"type": "int", "low": 500, "high": 4000, "log": True, "default": 1500, "when": {"kernel": "radial"}},
    "tone": {"type": "float", "low": 0.0, "high": 1.0, "default": 0.2},
}
PENALTIES = np.geomspace(1e-3, 1e3, 13)
ROWS = 4096  # at a time


def prepare(rows: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> pd.DataFrame:
    """Shapes and tones of all images, decoded once."""
    return image_features(rows, data_dir)


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Calibrated probabilities, or values."""
    params = with_defaults(params, SPACE)
    train = sampled(train, params)
    known, unknown = joint_directions(train, test, params, data_dir)
    represent, basis = kernel(known, params)
    center, values, rotation, turned = decomposed(in_blocks(represent, known), basis)

    def outputs(truth: Floats) -> tuple[Floats, Floats]:
        weights, left_out = least_squares(values, turned, truth)
        given = rotation @ weights
        return in_blocks(lambda rows: (represent(rows) - center) @ given, unknown) + truth.mean(axis=0), left_out

    def classify(codes: Codes) -> Floats:
        found, left_out = outputs(np.eye(int(codes.max()) + 1)[codes])
        model = LogisticRegression(C=10.0, max_iter=300).fit(left_out, codes)
        return np.asarray(model.predict_proba(found))

    def regress(truth: Floats) -> Floats:
        return on_scale(truth, lambda scaled: outputs(scaled[:, None])[0][:, 0])

    return predict_targets(train, len(test), classify, regress)


def joint_directions(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> tuple[Floats, Floats]:
    """The main directions of shapes and, weighted by `tone`, of tones."""
    known, unknown = [], []
    for prefix, weight in ((SHAPE, 1.0), (TONE, params["tone"])):
        head, tail = prepared_matrices(train, test, data_dir, (prefix,))
        count = min(params["directions"], *head.shape)
        if count and weight:
            reduce = PCA(count, svd_solver="covariance_eigh").fit(head)
            size = np.sqrt(max(reduce.explained_variance_.sum(), 1e-12))
            known.append(reduce.transform(head) * (weight / size))
            unknown.append(reduce.transform(tail) * (weight / size))
    return np.hstack(known).astype(float), np.hstack(unknown).astype(float)


def kernel(known: Floats, params: dict[str, Any]) -> tuple[Callable[[Floats], Floats], Floats]:
    """A function from rows to (N, M) numbers, and the (M, M) basis in which their products are the kernel's values."""
    if params["kernel"] == "linear":
        return lambda rows: rows, np.eye(known.shape[1])
    generator = np.random.default_rng(params["seed"])
    landmarks = known[np.sort(generator.permutation(len(known))[: params["landmarks"]])]
    some = landmarks[:1000]
    scale = params["width"] * (np.median(squared_distances(some, some)) or 1.0)

    def near(rows: Floats) -> Floats:
        return np.asarray(np.exp(-squared_distances(rows, landmarks) / scale))

    factor = cholesky(near(landmarks) + 1e-6 * np.eye(len(landmarks)), lower=True)
    return near, solve_triangular(factor, np.eye(len(factor)), lower=True).T


def squared_distances(rows: Floats, others: Floats) -> Floats:
    """(N, M) by way of products, which are far faster than differences."""
    squared = (rows**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2.0 * rows @ others.T
    return np.asarray(np.maximum(squared, 0.0))


def in_blocks(function: Callable[[Floats], Floats], rows: Floats) -> Floats:
    """`function` of all rows, some at a time."""
    return np.concatenate([function(rows[start : start + ROWS]) for start in range(0, len(rows), ROWS)])


def decomposed(known: Floats, basis: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Center (M,), eigenvalues (M,), rotation (M, M) and the rotated rows (N, M) of known rows in the basis; overwrites them."""
    center = known.mean(axis=0)
    known -= center
    values, vectors = np.linalg.eigh(basis.T @ (known.T @ known) @ basis)
    rotation = basis @ vectors
    return center, np.maximum(values, 0.0), rotation, known @ rotation


def least_squares(values: Floats, turned: Floats, truth: Floats) -> tuple[Floats, Floats]:
    """(M, K) weights of the rotated rows and (N, K) leave-one-out outputs, of the penalty with the least left-out error."""
    mean = truth.mean(axis=0)
    pull = turned.T @ (truth - mean)
    shrunk = 1.0 / (values[:, None] + PENALTIES)
    leverages = np.minimum(in_blocks(lambda rows: rows**2 @ shrunk, turned) + 1.0 / len(turned), 0.999)
    best: tuple[float, Floats, Floats] | None = None
    for weight, leverage in zip(shrunk.T, leverages.T, strict=True):
        weights = weight[:, None] * pull
        left_out = truth - (truth - mean - turned @ weights) / (1.0 - leverage)[:, None]
        error = float(((left_out - truth) ** 2).mean())
        if best is None or error < best[0]:
            best = error, weights, left_out
    assert best is not None
    return best[1], best[2]
