"""Networks are made of a file of weights alone, and what they see of pictures is learned from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from agentk.reasoning.recipes.compose import compose

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402 (behind importorskip)

from agentk.reasoning.recipes.blocks.net.backbone import load_backbone  # noqa: E402

WIDTHS = (4, 4, 6, 8)


class Part(nn.Module):
    """A block of a residual network as torchvision builds it: `deep` of three convolutions, else of two."""

    def __init__(self, inputs: int, width: int, stride: int, *, deep: bool) -> None:
        super().__init__()
        outputs = 4 * width if deep else width
        sizes = [(inputs, width, 1), (width, width, 3), (width, outputs, 1)] if deep else [(inputs, width, 3), (width, width, 3)]
        strided = 1 if deep else 0
        for at, (come, go, size) in enumerate(sizes):
            step = stride if at == strided else 1
            setattr(self, f"conv{at + 1}", nn.Conv2d(come, go, size, step, size // 2, bias=False))
            setattr(self, f"bn{at + 1}", nn.BatchNorm2d(go))
        self.count = len(sizes)
        self.downsample = None
        if stride > 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, held: Any) -> Any:
        found = held
        for at in range(1, self.count + 1):
            found = getattr(self, f"bn{at}")(getattr(self, f"conv{at}")(found))
            found = found.relu() if at < self.count else found
        return (found + (held if self.downsample is None else self.downsample(held))).relu()


class Residual(nn.Module):
    """A small residual network with torchvision's names and a head that is not looked at."""

    def __init__(self, *, deep: bool) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, WIDTHS[0], 7, 2, 3, bias=False), nn.BatchNorm2d(WIDTHS[0])
        inputs = WIDTHS[0]
        for layer, width in enumerate(WIDTHS, start=1):
            parts = []
            for at in range(2):
                parts.append(Part(inputs, width, 2 if layer > 1 and at == 0 else 1, deep=deep))
                inputs = 4 * width if deep else width
            setattr(self, f"layer{layer}", nn.Sequential(*parts))
        self.fc = nn.Linear(inputs, 5)

    def forward(self, images: Any) -> Any:
        held = nn.functional.max_pool2d(self.bn1(self.conv1(images)).relu(), 3, 2, 1)
        for layer in range(1, 5):
            held = getattr(self, f"layer{layer}")(held)
        return held.mean(dim=(2, 3))


def made(deep: bool) -> Residual:
    """With weights and moments at random, as after some training."""
    torch.manual_seed(0)
    network = Residual(deep=deep)
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.uniform_(-0.5, 0.5)
            part.running_var.uniform_(0.5, 2.0)
    return network.eval()


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_residual_network_is_made_of_its_tensors(deep: bool, wrapped: bool, tmp_path: Path) -> None:
    network = made(deep)
    state = network.state_dict()
    torch.save(
        {"state_dict": {f"module.{name}": value for name, value in state.items()}} if wrapped else state, tmp_path / "w.pth"
    )
    images = torch.rand(2, 3, 70, 50)
    mean, spread = (torch.tensor(values)[:, None, None] for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    with torch.no_grad():
        torch.testing.assert_close(load_backbone(tmp_path / "w.pth", "cpu")(images), network((images - mean) / spread))


def test_torchscript_is_taken_as_it_is_and_maps_are_averaged(tmp_path: Path) -> None:
    torch.jit.trace(nn.Conv2d(3, 7, 3), torch.zeros(1, 3, 8, 8)).save(str(tmp_path / "w.pt"))
    assert load_backbone(tmp_path / "w.pt", "cpu")(torch.rand(2, 3, 20, 30)).shape == (2, 7)


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "w.pt").write_bytes(b"no weights at all")
    with pytest.raises(ValueError, match="neither TorchScript nor"):
        load_backbone(tmp_path / "w.pt", "cpu")
    torch.save({"weight": torch.zeros(3)}, tmp_path / "w.pt")
    with pytest.raises(ValueError, match="save it as TorchScript"):
        load_backbone(tmp_path / "w.pt", "cpu")


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_what_networks_see_is_learned_from(task: str, tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    torch.save(made(deep=False).state_dict(), tmp_path / "weights" / "small.pt")
    torch.jit.trace(nn.Sequential(nn.Conv2d(3, 32, 24, 12), nn.ReLU(), nn.Flatten()), torch.zeros(1, 3, 96, 96)).save(
        str(tmp_path / "weights" / "wide.pt")
    )
    data = load_digits(n_class=3)
    for row, image in enumerate(data.images[:240]):
        Image.fromarray((image * 15.9).astype(np.uint8)).save(tmp_path / f"{row}.png")
    rows = pd.DataFrame({"picture": [f"{row}.png" for row in range(240)], "digit": data.target[:240]})
    told = {
        "task": task, "targets": ["digit"], "classes": [0, 1, 2] if task == "multiclass" else [], "kinds": {"picture": "image"},
        "id_columns": [], "train_only": [], "metric": "accuracy", "rows": 160, "backbones": ["small.pt", "wide.pt"],
    }  # fmt: skip
    program: dict[str, Any] = {}
    exec(compile(compose("image_backbone", told).source, "<image_backbone>", "exec"), program)
    found = program["fit_predict"](rows[:160], rows[160:].drop(columns="digit"), {"seed": 0, "threads": 1}, tmp_path)
    truth = data.target[160:240]
    if task == "multiclass":
        assert np.allclose(found.sum(axis=1), 1) and (found.argmax(axis=1) == truth).mean() > 0.9
    else:
        assert np.corrcoef(found[:, 0], truth)[0, 1] > 0.8
