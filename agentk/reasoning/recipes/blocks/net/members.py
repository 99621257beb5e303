"""A network that is several: members see the inputs scaled in their own ways, share the layers, and have outputs of their own.

Members: Gorishniy, Kotelnikov, Babenko: "TabM: Advancing Tabular Deep Learning with Parameter-Efficient Ensembling", ICLR 2025,
section 3 (TabM-mini). Embedded numbers, scaling layer, parametric activation and weights of unit size: Holzmüller, Grinsztajn,
Steinwart: "Better by Default", NeurIPS 2024, section 3 (RealMLP); SiLU stands for Mish, which takes eight times as long here.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from agentk.reasoning.recipes.blocks.net.inputs import Inputs

MEMBERS = 8
WAVES = 16  # frequencies an embedded number is seen at
PARTS = 3  # numbers that an embedding adds to the number itself
SLOWEST = 0.1  # spread of the frequencies, in cycles a unit
MOST_WAVES = 300  # numbers up to which they are embedded: more tell enough as they are
DIRECTIONS = 8  # numbers that stand for an embedded category
SPREAD = 0.3  # of the members' scales about 1
FAST, SLOW = 6.0, 0.1  # times the rate: the members' scales; offsets, bends and waves


class Part(NamedTuple):
    """Some of the weights."""

    start: Tensor
    pace: float  # times the rate
    decay: float  # times the decay


class Members:
    """The shapes of all weights, which lie in one vector: so a step of the optimizer is a handful of operations.

    weights: the vector to start from; paces, decays: for each weight, times what rate and decay are.
    """

    def __init__(self, inputs: Inputs, prior: Tensor, params: dict[str, Any]) -> None:
        numbers, width = inputs.numbers.shape[1], params["width"]
        self.waves = 0 < numbers <= MOST_WAVES
        self.layers, self.outputs = params["layers"], len(prior)
        self.first = torch.tensor([0, *inputs.sizes], dtype=torch.int64).cumsum(0)[:-1].to(prior.device)  # place of each column
        size = numbers + inputs.flags.shape[1] + DIRECTIONS * len(inputs.sizes) + PARTS * numbers * self.waves
        self.parts: dict[str, Part] = {}
        if self.waves:
            self.parts["frequency"] = Part(SLOWEST * torch.randn(numbers, WAVES), SLOW, 0.0)
            self.parts["phase"] = Part(2.0 * torch.rand(numbers, WAVES) - 1.0, SLOW, 0.0)
            self.parts["mix"] = Part(torch.randn(numbers, WAVES, PARTS) / math.sqrt(WAVES), SLOW, 0.0)
        if inputs.sizes:
            self.parts["categories"] = Part(0.1 * torch.randn(sum(inputs.sizes), DIRECTIONS), 1.0, 1.0)
        self.parts["scale"] = Part(1.0 + SPREAD * torch.randn(MEMBERS, 1, size), FAST, 0.0)
        for layer in range(self.layers):
            self.parts[f"matrix{layer}"] = Part(torch.randn(size, width), 1.0, 1.0)
            self.parts[f"offset{layer}"] = Part(torch.randn(width), SLOW, 0.0)
            self.parts[f"bend{layer}"] = Part(torch.ones(width), SLOW, 0.0)
            size = width
        self.parts["heads"] = Part(torch.randn(MEMBERS, size, self.outputs), 1.0, 1.0)
        self.parts["prior"] = Part(prior.cpu().repeat(MEMBERS, 1, 1), SLOW, 0.0)
        parts = self.parts.values()
        self.weights = torch.cat([part.start.flatten() for part in parts]).to(prior.device)
        self.paces = torch.cat([torch.full((part.start.numel(),), part.pace) for part in parts]).to(prior.device)
        self.decays = torch.cat([torch.full((part.start.numel(),), part.decay) for part in parts]).to(prior.device)

    @property
    def work(self) -> int:
        """Multiplications for one row; a wave takes as long as some."""
        shared = sum(part.start.numel() for name, part in self.parts.items() if name.startswith("matrix"))
        waves = self.parts["frequency"].start.numel() if self.waves else 0
        return MEMBERS * shared + self.parts["heads"].start.numel() + 16 * waves

    def outputs_of(self, weights: Tensor, numbers: Tensor, flags: Tensor, places: Tensor, *, dropout: float = 0.0) -> Tensor:
        """(members, rows, outputs) logits or values."""
        pieces = torch.split(weights, [part.start.numel() for part in self.parts.values()])
        part = {name: piece.view_as(self.parts[name].start) for name, piece in zip(self.parts, pieces, strict=True)}
        seen = [numbers, flags]
        if self.waves:
            waves = torch.cos(2.0 * math.pi * torch.addcmul(part["phase"], numbers[:, :, None], part["frequency"]))
            seen.append(torch.bmm(waves.transpose(0, 1), part["mix"]).transpose(0, 1).flatten(1))
        if places.shape[1]:
            seen.append(functional.embedding(places + self.first, part["categories"]).flatten(1))
        hidden = torch.cat(seen, dim=1) * part["scale"]
        for layer in range(self.layers):
            matrix = part[f"matrix{layer}"]
            hidden = torch.addmm(part[f"offset{layer}"], hidden.flatten(0, 1), matrix, alpha=1.0 / math.sqrt(len(matrix)))
            hidden = torch.lerp(hidden, functional.silu(hidden), part[f"bend{layer}"]).view(MEMBERS, -1, matrix.shape[1])
            if dropout > 0:  # all members forget the same: that is cheaper, and they differ enough
                kept = torch.empty(hidden.shape[1:], device=hidden.device).bernoulli_(1.0 - dropout)
                hidden = hidden * (kept / (1.0 - dropout))
        return torch.baddbmm(part["prior"], hidden, part["heads"], alpha=1.0 / math.sqrt(hidden.shape[2]))
