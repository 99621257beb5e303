"""What cannot be: settings out of range, parameters without a second derivative, and PyTorch's refusals in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from .averaging import KINDS


def check(group: Mapping[str, Any]) -> None:
    """Raises ValueError for a setting out of range, TypeError for a parameter that cannot be optimized."""

    def demand(fine: bool, name: str, range_: str) -> None:
        if not fine:
            raise ValueError(f"{name} must be {range_}, not {group[name]!r}")

    demand(float(group["lr"]) >= 0, "lr", "at least 0")
    demand(all(0 <= beta < 1 for beta in group["betas"]) and len(group["betas"]) == 2, "betas", "two numbers in [0, 1)")
    demand(group["eps"] >= 0, "eps", "at least 0")
    demand(group["weight_decay"] >= 0, "weight_decay", "at least 0")
    demand(0 < group["hessian_power"] <= 1, "hessian_power", "in (0, 1]")
    demand(group["update_each"] >= 1, "update_each", "at least 1")
    demand(group["hessian_warmup"] >= 0, "hessian_warmup", "at least 0")
    demand(group["n_samples"] >= 1, "n_samples", "at least 1")
    demand(group["update_clip"] is None or group["update_clip"] > 0, "update_clip", "None or above 0")
    averaging = group["averaging"]
    known = averaging >= 1 if isinstance(averaging, int) else averaging in KINDS or callable(averaging)
    demand(known, "averaging", f"one of {', '.join(KINDS)}, a positive int or a function")
    if isinstance(group["lr"], Tensor) and not group["capturable"]:
        raise ValueError("lr may be a tensor only with capturable=True")
    for p in group["params"]:
        if p.is_complex() or not p.is_floating_point():
            raise TypeError(f"AdaHessian needs real floating point parameters, not {p.dtype}: view a complex one as real")
        if p.layout != torch.strided:
            raise TypeError(f"AdaHessian needs dense parameters, not {p.layout}")
        if type(p).__name__ == "DTensor" or type(p.data).__name__ == "DTensor" or getattr(p, "_is_flat_param", False):
            raise TypeError(
                "AdaHessian cannot differentiate twice through sharded parameters (FSDP, DTensor): keep a whole copy on "
                "each rank and pass process_group=, or estimate outside and call set_hessian_diag() with plain tensors"
            )


@contextmanager
def explained() -> Iterator[None]:
    """Say what to do where PyTorch only says what it cannot."""
    try:
        yield
    except RuntimeError as error:
        text = str(error)
        if "attention" in text and ("not implemented" in text or "does not support" in text):
            advice = (
                "this attention kernel has no second derivative: compute the loss under "
                "torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH)"
            )
        elif "double backward" in text and "compile" in text:
            advice = "a compiled model has no second derivative: give the plain one to forward_over_reverse(), which compiles it"
        elif "second time" in text:
            advice = "the loss's graph is gone: return the loss, or pass it to backward(), before anything else differentiates it"
        elif "mutate a captured Tensor" in text:
            advice = "the model writes to its buffers (batch normalization in training mode): use backward() for it"
        else:
            raise
        raise RuntimeError(f"{advice} (PyTorch: {text.splitlines()[0][:200]})") from error
