"""What a step costs: CPU time of one thread, and memory, against one gradient and against AdamW."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from agentk.bench.optim.tasks import TinyTransformer
from agentk.optim import AdaHessian

Work = tuple[nn.Module, Callable[..., Tensor], tuple[Tensor, ...]]


def _loss(forward: Callable[[Tensor], Tensor], x: Tensor, y: Tensor) -> Tensor:
    return nn.functional.cross_entropy(forward(x).flatten(0, -2), y.flatten())


def _mlp() -> Work:
    model = nn.Sequential(
        nn.Linear(256, 384), nn.ReLU(), nn.Linear(384, 384), nn.ReLU(), nn.Linear(384, 128), nn.ReLU(), nn.Linear(128, 10)
    )
    return model, _loss, (torch.randn(128, 256), torch.randint(10, (128,)))


def _cnn() -> Work:
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(512, 10),
    )  # fmt: skip
    return model, _loss, (torch.randn(64, 1, 16, 16), torch.randint(10, (64,)))


def _transformer() -> Work:
    tokens = torch.randint(32, (16, 33))
    return TinyTransformer(32, 32, 64, 2), _loss, (tokens[:, :-1], tokens[:, 1:])


MODELS = {"MLP": _mlp, "CNN": _cnn, "transformer": _transformer}
METHODS = (
    "gradient",
    "gradient, compiled",
    "AdamW",
    "gradient and product, bare",  # what autograd asks for a Hessian product at least
    *(f"AdaHessian, each {n}{how}" for how in ("", ", compiled") for n in (1, 2, 10)),
)


def _stepper(method: str, work: Work) -> tuple[Callable[[], object], torch.optim.Optimizer | None]:
    """Return what takes one step by this method."""
    model, loss, batch = work
    params = list(model.parameters())
    if method == "AdamW":
        optimizer: torch.optim.Optimizer = torch.optim.AdamW(params, 1e-6)

        def adamw() -> None:
            optimizer.zero_grad()
            torch.autograd.backward(loss(model, *batch))
            optimizer.step()

        return adamw, optimizer
    if method == "gradient and product, bare":

        def bare() -> None:
            grads = torch.autograd.grad(loss(model, *batch), params, create_graph=True)
            torch.autograd.grad(grads, params, [torch.randint_like(p, 2).mul_(2).sub_(1) for p in params])

        return bare, None
    if method.startswith("gradient"):
        plain = torch.compile(model) if method.endswith("compiled") else model

        def gradient() -> None:
            model.zero_grad()
            torch.autograd.backward(loss(plain, *batch))

        return gradient, None
    each = int(method.split()[2].rstrip(","))
    hessian = AdaHessian(params, 1e-6, update_each=each, hessian_warmup=0)
    if method.endswith("compiled"):
        forward_over_reverse = hessian.forward_over_reverse(model, loss)

        def compiled() -> None:
            hessian.zero_grad()
            forward_over_reverse(*batch)
            hessian.step()

        return compiled, hessian

    def eager() -> None:
        hessian.zero_grad()
        hessian.backward(loss(model, *batch))
        hessian.step()

    return eager, hessian


def measure(model: str, blocks: int = 5, methods: Sequence[str] = METHODS) -> dict[str, dict[str, float]]:
    """Return of each method milliseconds a step, and peak and state memory in KiB.

    Times are CPU seconds of one thread, the least of several blocks of 10 steps, the methods taking turns:
    whatever else the machine does only adds.
    """
    torch.set_num_threads(1)
    torch.manual_seed(0)
    size = sum(p.numel() for p in MODELS[model]()[0].parameters())
    steppers = {method: _stepper(method, MODELS[model]()) for method in methods}
    least = dict.fromkeys(methods, math.inf)
    for block in range(-1, blocks):
        for method, (step, _) in steppers.items():
            start = time.thread_time()
            for _ in range(10):
                step()
            if block >= 0:  # the first compiles and warms up
                least[method] = min(least[method], (time.thread_time() - start) / 10)
    return {
        method: {
            "parameters": size,
            "ms": 1e3 * least[method],
            "peak_kib": _peak(step) / 1024,
            "state_kib": 0.0 if optimizer is None else _state_bytes(optimizer) / 1024,
        }
        for method, (step, optimizer) in steppers.items()
    }


def _state_bytes(optimizer: torch.optim.Optimizer) -> int:
    return sum(v.numel() * v.element_size() for s in optimizer.state.values() for v in s.values() if isinstance(v, Tensor))


def _peak(step: Callable[[], object]) -> int:
    """Return how far memory of tensors rises above where it was, over 10 steps (so that a lazy estimate is among them)."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        for _ in range(10):
            step()
    events: Any = profile.profiler.kineto_results.events()
    changes = sorted((event.start_ns(), event.nbytes()) for event in events if event.name() == "[memory]")
    level = peak = 0
    for _, change in changes:
        level += change
        peak = max(peak, level)
    return peak
