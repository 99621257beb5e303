"""Tables and pictures of the memory studies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agentk.bench.memory.study import SHARES, Comparison
from agentk.errors import SettingError


def rows(found: Sequence[Comparison]) -> str:
    """A line a policy."""
    off = found[0]
    heads = " ".join(f"{head:>6}" for head in ("@4", "@8", "@12", "final"))
    heads += "  attempts     nine in ten  geometric seconds   halved  better  worse    runs  at shares of the seconds of off"
    lines = [f"{'policy':34} {heads}"]
    lines.append(f"{'off':34} {_curve(off.off)} {'1.00':>9} {'':15} {'1.00':>10} {'1.00':>7} {'':32} {_shares(off.off_paced)}")
    lines += [
        f"{one.policy:34} {_curve(one.curve)} {one.ratio:9.2f} {_between(one):>15} {one.geometric:10.2f} {one.seconds:7.2f} "
        f"{one.halved:3d}/{one.competitions:<4d} {one.better:7d} {one.worse:6d} {one.runs:7d}  {_shares(one.paced)}"
        for one in found
    ]
    return "\n".join(lines)


def _curve(curve: Sequence[float]) -> str:
    return " ".join(f"{curve[at]:6.3f}" for at in (3, 7, 11, -1))


def _between(one: Comparison) -> str:
    return f"({one.between[0]:.2f} to {one.between[1]:.2f})"


def _shares(paced: Sequence[float]) -> str:
    return " ".join(f"{share:.0%}: {score:.3f}" for share, score in zip(SHARES, paced, strict=True))


def draw(out: Path, found: Sequence[Comparison], bounds: Sequence[Comparison], poison: Mapping[str, Any]) -> None:
    """memory.png: curves of the policies, attempts by competition, and how poison sinks."""
    plt = _pyplot()
    figure, (curves, attempts, sinks) = plt.subplots(1, 3, figsize=(17, 5))
    steps = np.arange(1, len(found[0].curve) + 1)
    curves.plot(steps, found[0].off, color="black", label="off")
    for one in found:
        curves.plot(steps, one.curve, label=one.policy)
    for one, line in zip(bounds, (":", "-."), strict=True):
        curves.plot(steps, one.curve, color="gray", linestyle=line, label=one.policy)
    curves.set(xlabel="evaluations", ylabel="normalized best score, mean", title="by policy")
    curves.legend()
    learning = next(one for one in found if one.policy == "learning")
    names = sorted(learning.by_competition, key=lambda name: learning.by_competition[name]["ratio"])
    attempts.barh(names, [learning.by_competition[name]["ratio"] for name in names])
    attempts.axvline(1.0, color="black")
    attempts.axvline(0.5, color="black", linestyle=":")
    attempts.set(title="evaluations to reach the final score of memory off,\nas a share of those that memory off took")
    attempts.tick_params(axis="y", labelsize=7)
    sinks.plot(np.arange(1, len(poison["believed"]) + 1), poison["believed"], label="believed value")
    sinks.axhline(0.0, color="black", linewidth=0.5)
    sinks.set(xlabel="runs since", ylabel="standard errors", title="lessons that were poisoned")
    figure.tight_layout()
    figure.savefig(out / "memory.png", dpi=110)
    plt.close(figure)


def draw_growth(out: Path, found: Sequence[Mapping[str, float]]) -> None:
    """growth.png: reads, writes, opening, disk and recall by the number of lessons."""
    plt = _pyplot()
    figure, (times, rest) = plt.subplots(1, 2, figsize=(12, 4.5))
    sizes = [row["lessons"] for row in found]
    for name in ("first_p95", "read_p50", "read_p95", "read_cpu_p95", "read_text_p95", "open_ms", "credit_ms"):
        times.loglog(sizes, [row[name] for row in found], marker="o", label=name.replace("_", " "))
    times.axhline(20.0, color="black", linestyle=":")
    times.set(xlabel="lessons", ylabel="ms", title="reads, opening, the credit of a run")
    times.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    for name in ("write_per_s", "write_per_cpu_s", "disk_mb", "around"):
        rest.loglog(sizes, [row[name] for row in found], marker="o", label=name.replace("_", " "))
    rest.set(xlabel="lessons", title=f"recall@10 of at least {min(row['recall_at_10'] for row in found):.2f}")
    rest.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    figure.tight_layout()
    figure.savefig(out / "growth.png", dpi=110)
    plt.close(figure)


def _pyplot() -> Any:
    try:
        import matplotlib
    except ModuleNotFoundError as error:
        raise SettingError("pictures need matplotlib, which is not installed: pip install matplotlib") from error
    matplotlib.use("Agg")
    import matplotlib.pyplot

    return matplotlib.pyplot
