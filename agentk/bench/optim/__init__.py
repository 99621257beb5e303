"""`agentk bench optim`: what AdaHessian costs and what it gains, in pieces that survive an interruption."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from agentk.errors import SettingError

PARTS = ("cost", "estimator", "curves")
SEEDS = 5
"""Runs of each contestant and task."""


def bench_optim(
    out: Path,
    *,
    parts: Sequence[str] = PARTS,
    scale: float = 1.0,
    data: Path | None = None,
    target: str | None = None,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Measure AdaHessian on this machine and write `optim.json` and pictures into `out`.

    What was measured before lies in `out/pieces` and is not measured again, so that a long benchmark can be run in parts.

    Args:
        out: folder of the results.
        parts: of "cost" (time and memory a step), "estimator" (bias and spread by samples), "curves" (learning curves).
        scale: multiplies every task's number of steps.
        data: CSV file for the task "table" instead of the built-in table.
        target: its target column; the last one by default.
        say: takes one line at a time: progress, and the tables at the end.

    Returns:
        What `optim.json` holds.

    Raises:
        SettingError: an unknown part, a missing table, a scale that is none, or no PyTorch.
    """
    if unknown := set(parts) - set(PARTS):
        raise SettingError(f"there is no part {min(unknown)!r}: choose of {', '.join(PARTS)}")
    try:
        import torch
    except ModuleNotFoundError as error:
        raise SettingError("this benchmark needs PyTorch, which is not installed: pip install agentk[torch]") from error
    from agentk.bench.optim import cost, curves, estimator
    from agentk.bench.optim.contestants import contestants
    from agentk.bench.optim.tables import tables
    from agentk.bench.optim.tasks import tasks

    if scale <= 0:
        raise SettingError(f"scale must be above 0, not {scale}")
    chosen = [replace(task, steps=max(1, round(task.steps * scale))) for task in tasks(data, target)]

    def piece(name: str, make: Callable[[], Any]) -> Any:
        return _remembered(out / "pieces", name, make, say)

    results: dict[str, Any] = {"machine": _machine(torch.__version__), "seeds": SEEDS, "data": str(data) if data else "built in"}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        if "cost" in parts:
            results["cost"] = {name: piece(f"cost/{name}", partial(cost.measure, name)) for name in cost.MODELS}
        if "estimator" in parts:
            results["estimator"] = piece("estimator", estimator.measure)
        if "curves" in parts:
            results["curves"] = {}
            for task in chosen:
                entrants = contestants()
                seconds = piece(f"{task.name}/seconds", partial(curves.seconds_per_step, task, entrants))
                results["curves"][task.name] = {
                    c.name: curves.compare(task, c, seconds[c.name] / seconds["AdamW"], SEEDS, piece) for c in entrants
                }
    finally:
        torch.set_num_threads(threads)
    out.mkdir(parents=True, exist_ok=True)
    (out / "optim.json").write_text(json.dumps(results, indent=1) + "\n")
    for line in tables(results):
        say(line)
    try:
        from agentk.bench.optim.figures import draw

        for path in draw(results, out):
            say(f"drew {path}")
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        say("no pictures: matplotlib is not installed")
    return results


def _remembered(folder: Path, name: str, make: Callable[[], Any], say: Callable[[str], None]) -> Any:
    """Return what a piece's file holds; without one, make it and write the file whole or not at all."""
    path = folder / (name.replace(",", "").replace(" ", "-") + ".json")
    if not path.is_file():
        start = time.monotonic()
        made = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(made))
        draft.replace(path)
        say(f"{name}: {time.monotonic() - start:.1f} s")
    return json.loads(path.read_text())


def _machine(torch_version: str) -> dict[str, str]:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    return {
        "cpu": model,
        "cores": str(os.cpu_count()),
        "threads used": "1",
        "python": platform.python_version(),
        "torch": torch_version,
        "date": time.strftime("%Y-%m-%d"),
    }
