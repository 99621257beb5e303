"""The optimizers compared, each with its grid of learning rates, behind one call: loss, gradients, step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from agentk.optim import AdaHessian


class SophiaH(AdaHessian):
    """Sophia-H (Liu et al. 2023, Algorithm 3): averages signed estimates every 10 steps and clips each element's step at lr.

    Estimates are AdaHessian's; the rule is p -= lr * clip(m / max(gamma * h, eps), 1), with the paper's betas and gamma (0.01).
    """

    def __init__(self, params: Iterable[Tensor], lr: float) -> None:
        super().__init__(params, lr, betas=(0.96, 0.99), eps=1e-12, averaging="none", update_each=10, hessian_warmup=0)

    @torch.no_grad()
    def step(  # type: ignore[override]
        self, closure: None = None, *, grad_scale: float | Tensor = 1.0
    ) -> None:
        """Take a step from `.grad` and the estimate that `backward` left."""
        assert closure is None and grad_scale == 1.0
        estimates = self.hessian_diag()
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state |= {"m": torch.zeros_like(p), "h": torch.zeros_like(p)}
                state["m"].lerp_(p.grad, 1 - beta1)
                if p in estimates:
                    state["h"].lerp_(estimates[p], 1 - beta2)
                p.sub_((state["m"] / (0.01 * state["h"]).clamp_min(group["eps"])).clamp_(-1, 1), alpha=group["lr"])
            group["steps"] += 1


@dataclass(frozen=True)
class Contestant:
    """An optimizer, and the learning rates it is tried with first (the grid grows where the best lies at its edge)."""

    name: str
    make: Callable[[list[Tensor], float], torch.optim.Optimizer]
    rates: tuple[float, ...]


def learn(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """Differentiate the loss as this optimizer needs it (first-order methods build no second-order graph) and step."""
    optimizer.zero_grad()
    if isinstance(optimizer, AdaHessian):
        optimizer.backward(loss)
    else:
        torch.autograd.backward(loss)
    optimizer.step()


def _grid(low: float, high: float) -> tuple[float, ...]:
    """Return rates from low to high, about a factor of 3 apart."""
    rates = [low]
    while rates[-1] * 3 <= high * 1.01:
        rates.append(rates[-1] * 3)
    return tuple(float(f"{rate:.2g}") for rate in rates)


def contestants() -> list[Contestant]:
    """Return all optimizers of the comparison."""
    hessian_rates = _grid(0.02, 1.6)
    return [
        Contestant("SGD", lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9), _grid(0.003, 0.73)),
        Contestant("Adam", torch.optim.Adam, _grid(0.0003, 0.073)),
        Contestant("AdamW", lambda p, lr: torch.optim.AdamW(p, lr, weight_decay=0.01), _grid(0.0003, 0.073)),
        Contestant("Sophia-H", SophiaH, _grid(0.0003, 0.073)),
        Contestant("AdaHessian", AdaHessian, hessian_rates),
        Contestant("AdaHessian, rows", lambda p, lr: AdaHessian(p, lr, averaging="row"), hessian_rates),
        Contestant("AdaHessian, k = 0.5", lambda p, lr: AdaHessian(p, lr, hessian_power=0.5), _grid(0.0022, 0.53)),
        Contestant(
            "AdaHessian, each 10th",
            lambda p, lr: AdaHessian(p, lr, update_each=10, hessian_warmup=20, betas=(0.9, 0.99)),
            hessian_rates,
        ),
        Contestant(
            "AdaHessian, each 10th, clipped",
            lambda p, lr: AdaHessian(p, lr, update_each=10, hessian_warmup=20, betas=(0.9, 0.99), update_clip=1.0),
            hessian_rates,
        ),
    ]
