"""Pretrained networks for pictures, made of a file of weights alone: TorchScript, or residual networks in torchvision's names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

Backbone = Callable[[Tensor], Tensor]
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of the pictures that published networks have learned from


def load_backbone(path: Path, device: str) -> Backbone:
    """The network of a file: (N, 3, H, W) pictures in 0..1 -> (N, D) features. Raises ValueError for a file of another form."""
    mean, spread = (torch.tensor(values, device=device)[:, None, None] for values in (MEAN, SPREAD))
    try:
        module = torch.jit.load(str(path), map_location=device).eval()  # type: ignore[no-untyped-call]
    except RuntimeError:
        state = residual_state(path, device)
        return lambda images: residual_features((images - mean) / spread, state)
    return lambda images: pooled(module((images - mean) / spread))


def pooled(found: Any) -> Tensor:
    """(N, D) of what a network gives: maps are averaged over their places."""
    if not isinstance(found, Tensor) or found.dim() < 2:
        raise ValueError("the network gives no tensor of features for each picture")
    return found.flatten(2).mean(dim=2) if found.dim() > 2 else found


def residual_state(path: Path, device: str) -> dict[str, Tensor]:
    """The tensors of a residual network by name. Raises ValueError where the file holds none."""
    try:
        held = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # unpickling raises what it likes
        raise ValueError(f"it is neither TorchScript nor a file of tensors ({type(error).__name__})") from None
    held = held.get("state_dict", held) if isinstance(held, dict) else {}
    state = {str(name).removeprefix("module."): value for name, value in held.items() if isinstance(value, Tensor)}
    if not {"conv1.weight", "bn1.running_mean", "layer4.0.conv1.weight"} <= state.keys():
        raise ValueError("its tensors are not those of a residual network (conv1, bn1, layer1 to layer4): save it as TorchScript")
    return state


def residual_features(images: Tensor, state: dict[str, Tensor]) -> Tensor:
    """(N, D) means of the last layer's maps (He et al. 2016, Deep residual learning for image recognition, table 1)."""
    held = normed(functional.conv2d(images, state["conv1.weight"], stride=2, padding=3), "bn1", state).relu()
    held = functional.max_pool2d(held, 3, stride=2, padding=1)
    for layer in range(1, 5):
        block = 0
        while f"layer{layer}.{block}.conv1.weight" in state:
            held = residual_block(held, f"layer{layer}.{block}", 2 if layer > 1 and block == 0 else 1, state)
            block += 1
    return held.mean(dim=(2, 3))


def residual_block(held: Tensor, name: str, stride: int, state: dict[str, Tensor]) -> Tensor:
    """Two or three convolutions beside a way around them; the first that is wider than a point has the stride."""
    found, strides = held, stride
    for place in range(1, 4):
        if f"{name}.conv{place}.weight" not in state:
            break
        found = normed(convolved(found, state[f"{name}.conv{place}.weight"], strides), f"{name}.bn{place}", state)
        strides = strides if state[f"{name}.conv{place}.weight"].shape[-1] == 1 and place == 1 else 1
        found = found.relu() if f"{name}.conv{place + 1}.weight" in state else found
    if f"{name}.downsample.0.weight" in state:
        around = functional.conv2d(held, state[f"{name}.downsample.0.weight"], stride=stride)
        held = normed(around, f"{name}.downsample.1", state)
    return (found + held).relu()


def convolved(held: Tensor, weight: Tensor, stride: int) -> Tensor:
    """A convolution that keeps the size but for the stride, in as many groups as the weights tell; points have no stride."""
    size = weight.shape[-1]
    groups = held.shape[1] // weight.shape[1]
    return functional.conv2d(held, weight, stride=1 if size == 1 else stride, padding=size // 2, groups=groups)


def normed(held: Tensor, name: str, state: dict[str, Tensor]) -> Tensor:
    """Batch normalization by what was seen in training."""
    mean, spread, weight, bias = (state[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
    return functional.batch_norm(held, mean, spread, weight, bias)
