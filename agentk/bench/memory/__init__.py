"""`agentk bench memory`: what memory is worth, on a table of attempts, and how it grows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from agentk.errors import SettingError

PARTS = ("table", "replay", "growth")
ROWS, FOLDS, RELATIVES, DRAWS, ORDERS = 1000, 5, 20, 0, 200
LEFT_OUT = frozenset({"catboost", "mlp", "random_cuts", "tabm", "xgboost"})
"""Recipes that the table does without, for the time they take: `tabm` alone took three fifths of it. Two others boost trees."""


def bench_memory(
    out: Path, *, parts: Sequence[str] = PARTS, scale: float = 1.0, folder: Path | None = None, say: Callable[[str], None] = print
) -> dict[str, Any]:
    """Measures memory and writes what was found into `out`: `memory.json` and pictures.

    parts: "table" scores recipes on competitions once, what is there is not scored again; "replay" compares policies on it;
    "growth" fills stores of growing size. scale: of the number of orders and of the sizes. folder: of further competitions
    for the table. Raises SettingError for an unknown part, or a replay without a table.
    """
    if unknown := set(parts) - set(PARTS):
        raise SettingError(f"--parts {', '.join(sorted(unknown))}: the parts of memory are {', '.join(PARTS)}")
    from agentk.agent import machine

    out.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = {}
    if "table" in parts:
        make_table(out, _sources(out, folder), slots=min(2, machine.cores()), say=say)
    if "replay" in parts:
        results["replay"] = _replay(out, max(6, round(ORDERS * scale)), say)
    if "growth" in parts:
        results["growth"] = _growth(out, [round(size * scale) for size in (1_000, 10_000, 100_000)], say)
    for name, found in results.items():
        (out / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return results


def make_table(out: Path, sources: Sequence[tuple[str, str]], *, slots: int, say: Callable[[str], None]) -> None:
    """Scores the recipes of the study on these competitions (name, source), as far as `out` does not hold them yet."""
    from agentk.bench.memory.table import build
    from agentk.reasoning.recipes.catalogue import RECIPES

    wanted = frozenset(recipe.name for recipe in RECIPES) - LEFT_OUT
    only = {name: wanted for name, _ in sources}
    build(out, sources, rows=ROWS, draws=DRAWS, slots=slots, say=say, only=only, folds=FOLDS)


def _sources(out: Path, folder: Path | None) -> list[tuple[str, str]]:
    from agentk.bench.memory.relatives import relatives
    from agentk.competitions.sources.builtin import names

    sources = [(path.name, str(path)) for path in relatives(RELATIVES, out / "relatives", rows=ROWS)]
    sources += [(name, f"builtin:{name}") for name in names()]
    if folder is not None:
        if not folder.is_dir():
            raise SettingError(f"--data {folder}: there is no such folder of competitions")
        sources += [(path.name, str(path)) for path in sorted(folder.iterdir()) if path.is_dir()]
    return sources


def _replay(out: Path, orders: int, say: Callable[[str], None]) -> dict[str, Any]:
    from agentk.agent import machine
    from agentk.bench.memory.bounds import all_known, best_order
    from agentk.bench.memory.figures import draw, rows
    from agentk.bench.memory.replay import Course
    from agentk.bench.memory.study import BUDGET, POLICIES, Comparison, baseline, compare, compared, replayed
    from agentk.bench.memory.table import read_table

    table = read_table(out)
    if len(table.grounds) < 4:
        raise SettingError(f"{out} holds a table of {len(table.grounds)} competitions: make one with --parts table first")
    courses = {name: Course(ground, table) for name, ground in sorted(table.grounds.items())}
    off = baseline(courses)
    found: list[Comparison] = []
    poison: dict[str, Any] = {}
    for policy in POLICIES:
        say(f"{policy.name}: {orders} orders of {len(off)} competitions")
        tours = replayed(out, policy, range(orders), min(2, machine.cores()))
        found.append(compare(policy.name, off, tours))
        if policy.poison:
            poison = {"believed": _means([tour.poison for tour in tours]), "left": _means([tour.poisoned for tour in tours])}
        say(rows(found[-1:]))
    bounds = [
        compared("bound: all cells of others known", off, _single(all_known(courses, BUDGET))),
        compared("bound: best order in hindsight", off, _single(best_order(courses, BUDGET))),
    ]
    result = {
        "competitions": len(off),
        "cells": len(table.cells),
        "orders": orders,
        "off": {name: list(map(float, track.curve)) for name, track in off.items()},
        "policies": [comparison.model_dump() for comparison in found],
        "bounds": [comparison.model_dump() for comparison in bounds],
        "poison": poison,
    }
    say(rows(found) + "\n" + rows(bounds))
    draw(out, found, bounds, poison)
    return result


def _single(tracks: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {name: [track] for name, track in tracks.items()}


def _means(series: Sequence[Sequence[float]]) -> list[float]:
    return [sum(values) / len(values) for values in zip(*series, strict=True)]


def _growth(out: Path, sizes: Sequence[int], say: Callable[[str], None]) -> list[dict[str, Any]]:
    import tempfile

    from agentk.bench.memory.figures import draw_growth
    from agentk.bench.memory.scale import scale

    found = []
    with tempfile.TemporaryDirectory(dir=out) as place:
        for growth in scale(sizes, Path(place)):
            found.append(growth.model_dump())
            say(", ".join(f"{name.replace('_', ' ')} {value:,.2f}" for name, value in found[-1].items()))
    draw_growth(out, found)
    return found
