"""The benchmark's numbers as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean, stdev
from typing import Any


def tables(results: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of all tables the results hold."""
    yield "measured on " + ", ".join(f"{name} {value}" for name, value in results["machine"].items())
    for model, methods in results.get("cost", {}).items():
        yield from ("", *_cost(model, methods))
    if "estimator" in results:
        yield from ("", *_estimator(results["estimator"]))
    for task, contestants in results.get("curves", {}).items():
        yield from ("", *_curves(task, contestants))


def _cost(model: str, methods: dict[str, dict[str, float]]) -> Iterator[str]:
    gradient, adamw = methods["gradient"]["ms"], methods["AdamW"]["ms"]
    yield f"{model}, {methods['gradient']['parameters']:,.0f} parameters"
    yield "| method | ms a step | x gradient | x AdamW | peak KiB | state KiB |"
    yield "|---|---|---|---|---|---|"
    for name, cost in methods.items():
        yield (
            f"| {name} | {cost['ms']:.2f} | {cost['ms'] / gradient:.2f} | {cost['ms'] / adamw:.2f} "
            f"| {cost['peak_kib']:,.0f} | {cost['state_kib']:,.0f} |"
        )


def _estimator(found: dict[str, Any]) -> Iterator[str]:
    yield "| samples | spread | from the exact Hessian | error of the mean | by chance | root mean square |"
    yield "|---|---|---|---|---|---|"
    columns = ("samples", "spread", "theory", "bias", "noise", "rms")
    for row in zip(*(found[name] for name in columns), strict=True):
        yield f"| {row[0]} | " + " | ".join(f"{value:.3f}" for value in row[1:]) + " |"


def _curves(task: str, contestants: dict[str, Any]) -> Iterator[str]:
    yield f"{task}: test loss, mean ± standard deviation over seeds (steps; learning rate)"
    yield "| optimizer | cost of a step, x AdamW | equal steps | equal compute |"
    yield "|---|---|---|---|"
    for name, result in contestants.items():
        cells = []
        for kind in ("equal_steps", "equal_compute"):
            part = result[kind]
            spread = stdev(part["test"]) if len(part["test"]) > 1 else 0.0
            cells.append(f"{fmean(part['test']):.3g} ± {spread:.1g} ({part['steps']}; {part['rate']:g})")
        yield f"| {name} | {result['cost']:.2f} | {cells[0]} | {cells[1]} |"
