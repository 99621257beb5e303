"""Images by a least-squares support vector machine on histograms of gradients (Suykens & Vandewalle 1999).

Its leave-one-out outputs have a closed form, so strength and calibration cost no further fits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.linalg import cholesky, solve_triangular
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.image_pixels import SHAPE, TONE, image_features, prepared_matrices
from agentk.reasoning.recipes.blocks.table_scale import on_scale
from agentk.reasoning.recipes.blocks.task import Codes, Floats, predict_targets

SPACE: dict[str, Any] = {
    "kernel": {"type": "choice", "choices": ["radial", "linear"], "default": "radial"},
    "width": {"type": "float", "low": 0.2, "high": 5.0, "log": True, "default": 1.0, "when": {"kernel": "radial"}},
    "directions": {"type": "int", "low": 30, "high": 300, "log": True, "default": 120},
    "landmarks": {"type": "int", "low": 500, "high": 4000, "log": True, "default": 1500, "when": {"kernel": "radial"}},
    "tone": {"type": "float", "low": 0.0, "high": 1.0, "default": 0.2},
}
PENALTIES = np.geomspace(1e-3, 1e3, 13)


def prepare(rows: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> pd.DataFrame:
    """Shapes and tones of all images, decoded once."""
    return image_features(rows, data_dir)


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Calibrated probabilities, or values."""
    params = with_defaults(params, SPACE)
    known, unknown = kernel_features(*joint_directions(train, test, params, data_dir), params)

    def classify(codes: Codes) -> Floats:
        outputs, left_out = least_squares(known, np.eye(int(codes.max()) + 1)[codes], unknown)
        model = LogisticRegression(C=10.0, max_iter=300).fit(left_out, codes)
        return np.asarray(model.predict_proba(outputs))

    def regress(values: Floats) -> Floats:
        return on_scale(values, lambda scaled: least_squares(known, scaled[:, None], unknown)[0][:, 0])

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


def kernel_features(known: Floats, unknown: Floats, params: dict[str, Any]) -> tuple[Floats, Floats]:
    """Features whose products are the kernel's values (Nystroem's approximation, exact where all rows are landmarks)."""
    if params["kernel"] == "linear":
        return known, unknown
    generator = np.random.default_rng(params["seed"])
    landmarks = known[np.sort(generator.permutation(len(known))[: params["landmarks"]])]
    some = landmarks[:1000]
    spread = np.median(cdist(some, some, "sqeuclidean")) or 1.0
    alike = np.exp(-cdist(landmarks, landmarks, "sqeuclidean") / (params["width"] * spread))
    factor = cholesky(alike + 1e-6 * np.eye(len(alike)), lower=True)
    sides = []
    for side in (known, unknown):
        near = np.exp(-cdist(side, landmarks, "sqeuclidean") / (params["width"] * spread))
        sides.append(solve_triangular(factor, near.T, lower=True).T)
    return sides[0], sides[1]


def least_squares(known: Floats, truth: Floats, unknown: Floats) -> tuple[Floats, Floats]:
    """(N, K) outputs for the unknown rows and leave-one-out outputs of the known ones, penalty of the least left-out error."""
    center, mean = known.mean(axis=0), truth.mean(axis=0)
    values, vectors = np.linalg.eigh((known - center).T @ (known - center))
    turned = (known - center) @ vectors
    pull = turned.T @ (truth - mean)
    best: tuple[float, Floats, Floats] | None = None
    for penalty in PENALTIES:
        weight = 1.0 / (np.maximum(values, 0.0) + penalty)
        leverage = np.minimum(turned**2 @ weight + 1.0 / len(known), 0.999)
        left_out = truth - (truth - mean - turned @ (weight[:, None] * pull)) / (1.0 - leverage)[:, None]
        error = float(((left_out - truth) ** 2).mean())
        if best is None or error < best[0]:
            best = error, left_out, vectors @ (weight[:, None] * pull)
    assert best is not None
    return (unknown - center) @ best[2] + mean, best[1]
