"""How far Hutchinson's estimate is from the exact diagonal of the Hessian, with 1 to 64 samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from agentk.optim import AdaHessian

SAMPLES = (1, 2, 4, 8, 16, 32, 64)


def measure(repeats: int = 200, samples: Sequence[int] = SAMPLES) -> dict[str, Any]:
    """Return, for a net of 83 parameters, the estimator's relative bias, spread, and the excess of its root mean square.

    All are relative to the exact diagonal's root mean square: `bias` of the mean over repeats (and `noise`, what chance alone
    gives an unbiased one), `spread` the standard deviation, `rms` the ratio of root mean squares that the preconditioner sees.
    """
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3)).double()
    params = list(net.parameters())
    names, sizes = [name for name, _ in net.named_parameters()], [p.numel() for p in params]
    x, y = torch.randn(64, 5, dtype=torch.float64), torch.randint(3, (64,))

    def loss_at(flat: torch.Tensor) -> torch.Tensor:
        parts = torch.split(flat, sizes)
        values = {name: part.view(p.shape) for name, part, p in zip(names, parts, params, strict=True)}
        return nn.functional.cross_entropy(torch.func.functional_call(net, values, (x,)), y)

    flat = torch.cat([p.detach().flatten() for p in params])
    hessian = torch.func.hessian(loss_at)(flat)
    exact = hessian.diagonal()
    scale = exact.square().mean().sqrt()
    optimizer = AdaHessian(params, 0.0)
    found: dict[str, Any] = {"samples": list(samples), "bias": [], "noise": [], "spread": [], "rms": [], "theory": []}
    off = (hessian - torch.diag(exact)).square().sum(1)  # the variance of one sample, element by element
    for number in samples:
        optimizer.param_groups[0]["n_samples"] = number
        draws = []
        for _ in range(repeats):
            optimizer.zero_grad()
            optimizer.backward(nn.functional.cross_entropy(net(x), y))
            draws.append(torch.cat([d.flatten() for d in optimizer.hessian_diag().values()]))
        estimates = torch.stack(draws)
        found["bias"].append(float((estimates.mean(0) - exact).square().mean().sqrt() / scale))
        found["noise"].append(float((off / number / repeats).mean().sqrt() / scale))
        found["spread"].append(float(estimates.var(0).mean().sqrt() / scale))
        found["theory"].append(float((off / number).mean().sqrt() / scale))
        found["rms"].append(float(estimates.square().mean().sqrt() / scale))
    return found
