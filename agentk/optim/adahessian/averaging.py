"""Averaging |d| over parts of a tensor: over convolution kernels, rows, or runs of elements."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

Averaging = str | int | Callable[[Tensor], Tensor]
_MEAN_DIMS_FROM = {"none": {}, "conv": {3: 2}, "row": {2: 1, 3: 2}}  # smallest rank -> first dimension that is averaged away
KINDS = tuple(_MEAN_DIMS_FROM)


def average(diagonal: Tensor, averaging: Averaging) -> Tensor:
    """Average |d|, keeping as few elements as broadcast to its shape."""
    if isinstance(averaging, int):
        if diagonal.dim() < 2:
            return diagonal
        flat = diagonal.reshape(-1)
        run = torch.arange(flat.numel(), device=flat.device) // averaging
        sums = flat.new_zeros(math.ceil(flat.numel() / averaging)).index_add_(0, run, flat)
        sizes = torch.bincount(run).to(flat.dtype)
        return (sums / sizes)[run].view(diagonal.shape)
    if callable(averaging):
        return averaging(diagonal)
    starts = _MEAN_DIMS_FROM[averaging]
    first = starts.get(min(diagonal.dim(), 3))
    return diagonal if first is None else diagonal.mean(dim=tuple(range(first, diagonal.dim())), keepdim=True)
