"""The step itself, once gradient and curvature are known: parameter by parameter, or with multi-tensor kernels."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor


def _correction(beta: float, count: Tensor, capturable: bool) -> Any:
    """Return 1 - beta^count: a number, or where none may be read from the device, a tensor."""
    if not capturable:
        return 1 - beta ** count.item()
    return -torch.expm1(count * math.log(beta)) if beta else torch.ones_like(count)  # 1 - beta**count is coarse in float32


def single_tensor(params: list[Tensor], grads: list[Tensor], states: list[dict[str, Any]], group: dict[str, Any]) -> None:
    """One parameter after the other."""
    (beta1, beta2), lr, clip, capturable = group["betas"], group["lr"], group["update_clip"], group["capturable"]
    for p, g, state in zip(params, grads, states, strict=True):
        m = state["exp_avg"]
        state["step"] += 1
        m.lerp_((-g if group["maximize"] else g).to(m.dtype), 1 - beta1)
        first = _correction(beta1, state["step"], capturable)
        denominator = state["exp_hessian_diag_sq"].sqrt().div_(_correction(beta2, state["refreshes"], capturable) ** 0.5)
        if group["hessian_power"] != 1:
            denominator.pow_(group["hessian_power"])
        denominator.add_(group["eps"])
        target = p if p.dtype == m.dtype else p.to(m.dtype)
        if group["weight_decay"]:
            target.mul_(1 - lr * group["weight_decay"])
        if clip is None and not capturable:
            target.addcdiv_(m, denominator, value=-lr / first)
        else:
            update = (m / denominator).div_(first)
            if clip is not None:
                update.clamp_(-clip, clip)
            target.sub_(update.mul_(lr))
        if target is not p:
            p.copy_(target)


def multi_tensor(params: list[Tensor], grads: list[Tensor], states: list[dict[str, Any]], group: dict[str, Any]) -> None:
    """All parameters of a device and type at once."""
    for kind in dict.fromkeys((p.device, p.dtype) for p in params):
        rows = [i for i, p in enumerate(params) if (p.device, p.dtype) == kind]
        _multi_tensor_of_one_kind([params[i] for i in rows], [grads[i] for i in rows], [states[i] for i in rows], group)


def _multi_tensor_of_one_kind(
    params: list[Tensor], grads: list[Tensor], states: list[dict[str, Any]], group: dict[str, Any]
) -> None:
    (beta1, beta2), lr, clip, capturable = group["betas"], group["lr"], group["update_clip"], group["capturable"]
    averages = [state["exp_avg"] for state in states]
    dtype = averages[0].dtype
    torch._foreach_add_([state["step"] for state in states], 1)
    if group["maximize"]:
        grads = list(torch._foreach_neg(grads))
    torch._foreach_lerp_(averages, [g.to(dtype) for g in grads], 1 - beta1)
    first = [_correction(beta1, state["step"], capturable) for state in states]
    denominators = torch._foreach_sqrt([state["exp_hessian_diag_sq"] for state in states])
    torch._foreach_div_(denominators, [_correction(beta2, state["refreshes"], capturable) ** 0.5 for state in states])
    if group["hessian_power"] != 1:
        torch._foreach_pow_(denominators, group["hessian_power"])
    torch._foreach_add_(denominators, group["eps"])
    targets = params if params[0].dtype == dtype else [p.to(dtype) for p in params]
    if group["weight_decay"]:
        torch._foreach_mul_(targets, 1 - lr * group["weight_decay"])
    if clip is None and not capturable:
        torch._foreach_addcdiv_(targets, averages, denominators, [-lr / f for f in first])
    else:
        updates = torch._foreach_div(averages, denominators)
        torch._foreach_div_(updates, first)
        if clip is not None:
            torch._foreach_clamp_min_(updates, -clip)
            torch._foreach_clamp_max_(updates, clip)
        torch._foreach_mul_(updates, lr)
        torch._foreach_sub_(targets, updates)
    if targets is not params:
        torch._foreach_copy_(params, targets)
