"""Images by the features of pretrained networks that lie on this machine, and a linear model on top of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.preprocessing import StandardScaler

from agentk.reasoning.recipes.blocks.contract import CONTRACT, with_defaults
from agentk.reasoning.recipes.blocks.image.files import longest_side, picture_columns, read_pictures
from agentk.reasoning.recipes.blocks.net.backbone import load_backbone
from agentk.reasoning.recipes.blocks.table.fitting.scale import on_scale
from agentk.reasoning.recipes.blocks.task import Codes, Floats, predict_targets

SPACE: dict[str, Any] = {
    "directions": {"type": "int", "low": 30, "high": 600, "log": True, "default": 200},
    "strength": {"type": "float", "low": 0.0001, "high": 1.0, "log": True, "default": 0.01},
}
DEEP = "deep"
SIDES = (96, 160, 224)  # that pictures are brought to: the least that is no less than theirs
PIECE = 32  # pictures at a time


def prepare(rows: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> pd.DataFrame:
    """Float32 columns `deep0`, `deep1`, ...: the features of every network for every image column, one after the other."""
    params = with_defaults(params, SPACE)
    torch.set_num_threads(max(1, int(params["threads"])))
    folder = Path(params.get("weights_dir", data_dir / "weights"))
    parts: list[Any] = []
    for file in CONTRACT["backbones"]:
        network = load_backbone(folder / file, params["device"])
        parts += [seen_by(network, rows, name, data_dir, params["device"]) for name in picture_columns(rows)]
    found = np.hstack(parts)
    return pd.DataFrame(found, columns=[f"{DEEP}{i}" for i in range(found.shape[1])])


def seen_by(network: Any, rows: pd.DataFrame, name: str, data_dir: Path, device: str) -> Any:
    """(N, D) features of the pictures of a column."""
    longest = longest_side(rows, name, data_dir)
    side = next((size for size in SIDES if size >= longest), SIDES[-1])
    parts = []
    with torch.no_grad():
        for start in range(0, len(rows), PIECE):
            images = read_pictures(rows.iloc[start : start + PIECE], name, data_dir, side).transpose(0, 3, 1, 2)
            parts.append(network(torch.from_numpy(np.ascontiguousarray(images)).to(device)).float().cpu().numpy())
    return np.concatenate(parts)


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Class probabilities of a logistic regression, or values of a ridge, on the main directions of the features."""
    params = with_defaults(params, SPACE)
    sides = []
    for frame in (train, test):
        features = frame if f"{DEEP}0" in frame else prepare(frame, params, data_dir)
        names = [name for name in features if str(name).removeprefix(DEEP).isdecimal()]
        sides.append(features[names].to_numpy(np.float64))
    scale = StandardScaler().fit(sides[0])
    known, unknown = (scale.transform(side) for side in sides)
    reduce = PCA(min(params["directions"], *known.shape), svd_solver="covariance_eigh").fit(known)
    known, unknown = reduce.transform(known), reduce.transform(unknown)

    def classify(codes: Codes) -> Floats:
        model = LogisticRegression(C=params["strength"], max_iter=300).fit(known, codes)
        return np.asarray(model.predict_proba(unknown))

    def regress(values: Floats) -> Floats:
        penalties = np.geomspace(0.01, 100.0, 9) / params["strength"]
        return on_scale(values, lambda scaled: np.asarray(RidgeCV(penalties).fit(known, scaled).predict(unknown)))

    return predict_targets(train, len(test), classify, regress)
