"""Images by a small convolutional network, trained on copies that are shifted, turned and scaled a little."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agentk.reasoning.recipes.blocks.contract import with_defaults
from agentk.reasoning.recipes.blocks.image.files import picture_columns, read_pictures
from agentk.reasoning.recipes.blocks.image.pixels import CHUNK, SMALL
from agentk.reasoning.recipes.blocks.table.fitting.sample import sampled
from agentk.reasoning.recipes.blocks.table.fitting.scale import on_scale
from agentk.reasoning.recipes.blocks.task import Codes, Floats, predict_targets

SPACE: dict[str, Any] = {
    "epochs": {"type": "int", "low": 4, "high": 60, "log": True, "default": 14},
    "channels": {"type": "int", "low": 8, "high": 64, "log": True, "default": 24},
    "rate": {"type": "float", "low": 0.0005, "high": 0.02, "log": True, "default": 0.004},
    "decay": {"type": "float", "low": 0.0001, "high": 0.3, "log": True, "default": 0.02},
    "dropout": {"type": "float", "low": 0.0, "high": 0.6, "default": 0.2},
    "motion": {"type": "float", "low": 0.0, "high": 0.3, "default": 0.1},
    "mirror": {"type": "choice", "choices": [False, True], "default": False},
}
BYTE = "small_picture"  # prefix of prepared columns
BATCH = 64
MOST_LOOKS = 600_000  # at an image in training, over all epochs


def prepare(rows: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> pd.DataFrame:
    """Bytes `small_picture0`, ... of all pictures of a row at 32 by 32, one color after the other."""
    parts = []
    for start in range(0, len(rows), CHUNK):
        some = rows.iloc[start : start + CHUNK]
        pictures = [read_pictures(some, name, data_dir, SMALL).transpose(0, 3, 1, 2) for name in picture_columns(rows)]
        layers = np.concatenate(pictures, axis=1) if pictures else np.full((len(some), 1, SMALL, SMALL), 0.5, np.float32)
        parts.append((255.0 * layers).round().astype(np.uint8).reshape(len(some), -1))
    pixels = np.concatenate(parts)
    return pd.DataFrame(pixels, columns=[f"{BYTE}{i}" for i in range(pixels.shape[1])])


def fit_predict(train: pd.DataFrame, test: pd.DataFrame, params: dict[str, Any], data_dir: Path) -> Floats:
    """Class probabilities, or values, of one network a target."""
    params = with_defaults(params, SPACE)
    train = sampled(train, params)
    sides = []
    for frame in (train, test):
        pixels = frame if f"{BYTE}0" in frame else prepare(frame, params, data_dir)
        images = pixels[[name for name in pixels if str(name).removeprefix(BYTE).isdecimal()]]
        sides.append(images.to_numpy(np.float32).reshape(len(frame), -1, SMALL, SMALL) / np.float32(255.0))
    center, spread = sides[0].mean(), max(float(sides[0].std()), 1e-3)
    known, unknown = ((side - center) / spread for side in sides)

    def classify(codes: Codes) -> Floats:
        outputs = train_network(known, codes, unknown, width=int(codes.max()) + 1, params=params)
        odds = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def forecast(values: Floats) -> Floats:
        scaled = (values - values.mean()) / max(values.std(), 1e-12)
        outputs = train_network(known, scaled, unknown, width=1, params=params)[:, 0]
        return np.asarray(outputs * values.std() + values.mean())

    return predict_targets(train, len(test), classify, lambda values: on_scale(values, forecast))


def train_network(
    known: NDArray[np.float32], truth: Codes | Floats, unknown: NDArray[np.float32], *, width: int, params: dict[str, Any]
) -> Floats:
    """(N, width) outputs for the unknown images: logits of the classes of `truth`, or values where `width` is 1."""
    import torch
    from torch import nn

    torch.manual_seed(params["seed"])
    torch.set_num_threads(max(1, int(params["threads"])))
    device = torch.device(params["device"])
    layers: list[Any] = []
    inputs = known.shape[1]
    for outputs in (params["channels"], 2 * params["channels"], 4 * params["channels"]):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]
        inputs = outputs
    head = [nn.Flatten(), nn.Dropout(params["dropout"]), nn.Linear(inputs * (SMALL // 8) ** 2, width)]
    network = nn.Sequential(*layers, *head).to(device)

    images = torch.from_numpy(np.ascontiguousarray(known)).to(device)
    labels = torch.from_numpy(truth if width > 1 else truth.astype(np.float32)[:, None]).to(device)
    loss = nn.CrossEntropyLoss(label_smoothing=0.03) if width > 1 else nn.MSELoss()
    epochs = max(2, min(params["epochs"], MOST_LOOKS // len(known)))
    steps = epochs * -(-len(known) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), lr=params["rate"], weight_decay=params["decay"])
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, params["rate"], total_steps=steps)
    network.train()
    for _ in range(epochs):
        order = torch.randperm(len(images))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            chosen = rows if len(rows) > 1 else rows.repeat(2)  # batch normalization needs two
            optimizer.zero_grad()
            loss(network(moved(images[chosen], params)), labels[chosen]).backward()
            optimizer.step()
            schedule.step()
    network.eval()
    with torch.no_grad():
        parts = [
            network(torch.from_numpy(np.ascontiguousarray(part)).to(device))
            for part in np.array_split(unknown, -(-len(unknown) // 512))
        ]
    return np.asarray(torch.cat(parts).cpu().numpy(), dtype=np.float64)


def moved(images: Any, params: dict[str, Any]) -> Any:
    """Each image of a batch shifted, turned and scaled at random by about `motion` of its size, mirrored half of the time."""
    import torch
    from torch.nn.functional import affine_grid, grid_sample

    count, motion = len(images), params["motion"]
    turn, scale, right, down = (motion * (2.0 * torch.rand(4, count) - 1.0)).unbind()
    flip = torch.where(torch.rand(count) < 0.5, -1.0, 1.0) if params["mirror"] else torch.ones(count)
    size = 1.0 + scale
    across = torch.stack([flip * size * torch.cos(1.5 * turn), -size * torch.sin(1.5 * turn), right], dim=1)
    along = torch.stack([flip * size * torch.sin(1.5 * turn), size * torch.cos(1.5 * turn), down], dim=1)
    grid = affine_grid(torch.stack([across, along], dim=1).to(images.device), list(images.shape), align_corners=False)
    return grid_sample(images, grid, padding_mode="border", align_corners=False)
