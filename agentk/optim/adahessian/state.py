"""A parameter's state: begun, told of a new estimate, and made of a saved one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from .averaging import average


def state_dtype(p: Tensor) -> torch.dtype:
    """At least float32."""
    return torch.promote_types(p.dtype, torch.float32)


def begun(p: Tensor, group: Mapping[str, Any]) -> dict[str, Tensor]:
    """The state before the first step."""
    device = p.device if group["capturable"] else torch.device("cpu")
    averaged = average(torch.zeros_like(p, dtype=state_dtype(p)), group["averaging"])
    return {
        "step": torch.zeros((), dtype=torch.float32, device=device),
        "refreshes": torch.zeros((), dtype=torch.float32, device=device),
        "exp_avg": torch.zeros_like(p, dtype=state_dtype(p)),
        "exp_hessian_diag_sq": torch.zeros_like(averaged),
    }


def refresh(state: Mapping[str, Tensor], product: Tensor, group: Mapping[str, Any]) -> None:
    """Takes in a new estimate of the diagonal, of which it keeps nothing else."""
    beta2 = group["betas"][1]
    diagonal = average(product.abs_(), group["averaging"])
    state["exp_hessian_diag_sq"].mul_(beta2).addcmul_(diagonal, diagonal, value=1 - beta2)
    state["refreshes"].add_(1)


def loaded(p: Tensor, group: Mapping[str, Any], saved: Mapping[str, Any]) -> dict[str, Any]:
    """Make a parameter's state of a saved one. The base class casts it to the parameter's type, which may hold less."""
    device = p.device if group["capturable"] else torch.device("cpu")
    return {
        "step": torch.as_tensor(saved["step"]).to(device, torch.float32, copy=True),
        # other implementations count steps alone and estimate at each
        "refreshes": torch.as_tensor(saved.get("refreshes", saved["step"])).to(device, torch.float32, copy=True),
        "exp_avg": saved["exp_avg"].to(p.device, state_dtype(p), copy=True),
        "exp_hessian_diag_sq": saved["exp_hessian_diag_sq"].to(p.device, state_dtype(p), copy=True),
    }
