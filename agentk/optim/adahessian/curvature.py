"""Hutchinson's estimate of the Hessian's diagonal: z * Hz for random signs z, gathered from step to step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import torch
import torch.distributed as dist
from torch import Tensor

from .state import state_dtype

Group: TypeAlias = dict[str, Any]
"""A parameter group: its parameters and settings, how many steps it has taken, how many probes were drawn for it."""
Due: TypeAlias = list[tuple[Group, int]]
"""Groups with their places among all."""


def trainable(group: Mapping[str, Any]) -> list[Tensor]:
    """The parameters of a group that are not frozen."""
    return [p for p in group["params"] if p.requires_grad]


def due_among(groups: Iterable[Group]) -> Due:
    """The groups whose next step estimates the curvature."""

    def is_due(group: Group) -> bool:
        after_warmup = group["steps"] - group["hessian_warmup"]
        return bool(after_warmup < 0 or after_warmup % group["update_each"] == 0)

    return [(group, index) for index, group in enumerate(groups) if is_due(group)]


def rounds(due: Due) -> Iterator[Due]:
    """Yield the groups that take part in the first, second ... product: one product serves all of them."""
    for number in range(max((group["n_samples"] for group, _ in due), default=0)):
        yield [(group, index) for group, index in due if group["n_samples"] > number and trainable(group)]


class Curvature:
    """The signed products of each parameter, summed since the last step; with a process group, averaged over its ranks."""

    def __init__(self, process_group: dist.ProcessGroup | None) -> None:
        self.process_group = process_group
        self.products: dict[Tensor, Tensor] = {}

    def probe(self, group: Group, index: int, params: Sequence[Tensor]) -> dict[Tensor, Tensor]:
        """Draw +1 and -1, each with probability 1/2, for these parameters, from a stream of this draw's own."""
        rank = 0 if self.process_group is None else dist.get_rank(self.process_group)
        # odd constants keep streams of different seeds, ranks and groups apart; CPU generators read 32 bits of a seed
        number = group["seed"] * 0x85EBCA6B + rank * 0x9E3779B1 + index * 0xC2B2AE35 + group["probes"]
        group["probes"] += 1
        generators = {device: torch.Generator(device).manual_seed(number % 2**32) for device in {p.device for p in params}}
        return {
            p: torch.randint(0, 2, p.shape, dtype=p.dtype, device=p.device, generator=generators[p.device]).mul_(2).sub_(1)
            for p in params
        }

    def differentiate(self, due: Due, grads: Mapping[Tensor, Tensor | None], scale: float | Tensor) -> None:
        """Take the products from gradients that carry a graph; a gradient without one is constant, its curvature zero."""
        every = list(rounds(due))
        for number, taking in enumerate(every, start=1):
            probes: dict[Tensor, Tensor] = {}
            for group, index in taking:
                probes |= self.probe(group, index, [p for p in group["params"] if grads.get(p) is not None])
            bent = [(g, z) for p, z in probes.items() if (g := grads[p]) is not None and g.requires_grad]
            products: Sequence[Tensor | None] = [None] * len(probes)
            if bent:
                products = torch.autograd.grad(
                    [g for g, _ in bent],
                    list(probes),
                    [z for _, z in bent],
                    retain_graph=number < len(every),
                    allow_unused=True,
                )
            product_of = dict(zip(probes, products, strict=True))
            for group, _ in taking:
                for p in group["params"]:
                    if p in probes:
                        self.add(p, probes[p], product_of[p], group["n_samples"], scale)

    def add(self, p: Tensor, z: Tensor, hz: Tensor | None, n_samples: int, scale: float | Tensor) -> None:
        """Add one of `n_samples` products; None stands for zeros, `scale` for what the loss was multiplied with."""
        dtype = state_dtype(p)
        signed = torch.zeros_like(p, dtype=dtype) if hz is None else (hz.detach() * z).to(dtype)
        if n_samples != 1:
            signed /= n_samples
        if not isinstance(scale, float) or scale != 1.0:
            signed /= scale
        self.products[p] = self.products[p].add_(signed) if p in self.products else signed

    def average_over_ranks(self, groups: Sequence[Group]) -> None:
        """Replace gradients and products by their means over ranks, if there are any: signed, so that ranks count as samples."""
        if self.process_group is None:
            return
        params = [p for group in groups for p in trainable(group)]
        mean = self._mean_over_ranks({p: p.grad for p in params if p.grad is not None}, {p: p.dtype for p in params})
        for p, g in mean.items():
            p.grad = g.clone(memory_format=torch.preserve_format)
        curved = [p for group, _ in due_among(groups) for p in trainable(group)]
        self.products.update(self._mean_over_ranks(self.products, {p: state_dtype(p) for p in curved}))

    def _mean_over_ranks(self, values: Mapping[Tensor, Tensor], dtypes: Mapping[Tensor, torch.dtype]) -> dict[Tensor, Tensor]:
        """Mean over ranks, a missing value counting as zero; a value that no rank has stays missing."""
        assert self.process_group is not None
        means: dict[Tensor, Tensor] = {}
        for kind in dict.fromkeys((p.device, dtype) for p, dtype in dtypes.items()):
            params = [p for p, dtype in dtypes.items() if (p.device, dtype) == kind]
            device, dtype = kind
            present = torch.tensor([float(p in values) for p in params], device=device, dtype=dtype)
            parts = [values[p].reshape(-1) if p in values else torch.zeros(p.numel(), device=device, dtype=dtype) for p in params]
            flat = torch.cat([*parts, present])
            dist.all_reduce(flat, group=self.process_group)
            flat /= dist.get_world_size(self.process_group)
            *averaged, present = torch.split(flat, [p.numel() for p in params] + [len(params)])
            for p, value, share in zip(params, averaged, present.tolist(), strict=True):
                if share > 0:
                    means[p] = value.view(p.shape)
        return means
