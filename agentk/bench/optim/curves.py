"""Learning curves: every optimizer with its own tuned learning rate, at equal steps and at equal compute."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from statistics import fmean
from typing import Any

import torch

from agentk.bench.optim.contestants import Contestant, learn
from agentk.bench.optim.tasks import Problem, Task

TUNING_SEEDS = (1001, 1002)  # never reported
POINTS = 12  # of a curve
BLOCKS = 6  # of steps whose time is taken
GROWN = 6  # times that a grid of rates is made longer at most, where the best lies at its end


def seconds_per_step(task: Task, contestants: Sequence[Contestant]) -> dict[str, float]:
    """Return the CPU seconds of one thread that a step of each contestant takes.

    The least of `BLOCKS` blocks of 10 steps, the contestants taking turns: whatever else the machine does only adds.
    """
    problems = {c.name: task.problem(TUNING_SEEDS[0]) for c in contestants}
    optimizers = {c.name: c.make(list(problems[c.name].model.parameters()), 1e-6) for c in contestants}
    least = dict.fromkeys(problems, math.inf)
    for block in range(-2, BLOCKS):  # 20 steps cover the warm-up of lazy estimates
        for name, problem in problems.items():
            start = time.thread_time()
            for step in range(10):
                learn(optimizers[name], problem.loss(problem.model, *problem.batch(step)))
            if block >= 0:
                least[name] = min(least[name], (time.thread_time() - start) / 10)
    return least


def run(problem: Problem, contestant: Contestant, rate: float, steps: int) -> dict[str, Any]:
    """Train with warm-up over the first 5 % of the steps and a cosine to zero; return the curve and what came out."""
    optimizer = contestant.make(list(problem.model.parameters()), rate)
    warm = max(1, steps // 20)
    marks = sorted({round(steps * (i + 1) / POINTS) for i in range(POINTS)})
    curve: list[tuple[int, float]] = [(0, problem.held_out(problem.test))]
    for step in range(steps):
        factor = (step + 1) / warm if step < warm else 0.5 + 0.5 * math.cos(math.pi * (step - warm) / max(1, steps - warm))
        for group in optimizer.param_groups:
            group["lr"] = rate * factor
        loss = problem.loss(problem.model, *problem.batch(step))
        if not math.isfinite(loss.item()):
            break
        learn(optimizer, loss)
        if step + 1 in marks:
            curve.append((step + 1, problem.held_out(problem.test)))
    return {"curve": curve, "valid": _bounded(problem.held_out(problem.valid)), "test": _bounded(problem.held_out(problem.test))}


def _bounded(value: float) -> float:
    """Return a loss that JSON can hold; one that has diverged counts as 1e9."""
    return value if math.isfinite(value) and value < 1e9 else 1e9


def tuned(task: Task, contestant: Contestant, steps: int) -> tuple[float, dict[float, float]]:
    """Return the rate with the least mean validation loss over the tuning seeds, and all that were tried."""
    tried: dict[float, float] = {}

    def attempt(rate: float) -> None:
        tried[rate] = fmean(run(task.problem(seed), contestant, rate, steps)["valid"] for seed in TUNING_SEEDS)

    for rate in contestant.rates:
        attempt(rate)
    for _ in range(GROWN):
        best, low, high = min(tried, key=tried.__getitem__), min(tried), max(tried)
        if best == high:
            attempt(float(f"{high * 3:.2g}"))
        elif best == low:
            attempt(float(f"{low / 3:.2g}"))
        else:
            break
    return min(tried, key=tried.__getitem__), dict(sorted(tried.items()))


def compare(
    task: Task, contestant: Contestant, cost: float, seeds: int, piece: Callable[[str, Callable[[], Any]], Any]
) -> dict[str, Any]:
    """Tune and run a contestant at equal steps, and at equal compute: as many steps as cost what the first-order run costs.

    Args:
        task: what to train on.
        contestant: the optimizer.
        cost: of a step, in steps of AdamW.
        seeds: runs to report.
        piece: `piece(name, make)` remembers what `make()` returned, so that a comparison can go on where it ended.
    """
    torch.set_num_threads(1)
    result: dict[str, Any] = {"cost": cost}
    for kind, steps in (("equal_steps", task.steps), ("equal_compute", min(task.steps, round(task.steps / cost)))):
        if kind == "equal_compute" and steps >= 0.95 * task.steps:
            result[kind] = result["equal_steps"]  # a first-order method: the same run
            continue
        name = f"{task.name}/{contestant.name}/{steps} steps"
        found = piece(f"{name}/tuned", partial(_tuned, task, contestant, steps))
        rate = found["rate"]
        runs = [piece(f"{name}/seed {seed}", partial(_run_of_seed, task, contestant, rate, steps, seed)) for seed in range(seeds)]
        result[kind] = {"steps": steps, **found, "runs": runs, "test": [r["test"] for r in runs]}
    return result


def _tuned(task: Task, contestant: Contestant, steps: int) -> dict[str, Any]:
    rate, tried = tuned(task, contestant, steps)
    return {"rate": rate, "tried": list(tried.items())}


def _run_of_seed(task: Task, contestant: Contestant, rate: float, steps: int, seed: int) -> dict[str, Any]:
    return run(task.problem(seed), contestant, rate, steps)
