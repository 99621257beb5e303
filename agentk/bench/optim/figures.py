"""The benchmark's three pictures: learning curves, sensitivity to the learning rate, and the estimator's error."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean
from typing import Any

STYLES = {
    "SGD": ("#999999", "-"),
    "Adam": ("#1f77b4", "-"),
    "AdamW": ("#17becf", "--"),
    "Sophia-H": ("#2ca02c", "-"),
    "AdaHessian": ("#d62728", "-"),
    "AdaHessian, rows": ("#ff7f0e", "--"),
    "AdaHessian, k = 0.5": ("#9467bd", "-."),
    "AdaHessian, each 10th": ("#e377c2", ":"),
    "AdaHessian, each 10th, clipped": ("#8c564b", "-."),
}


def draw(results: dict[str, Any], folder: Path) -> list[Path]:
    """Draw what the results hold into `folder` and return the files."""
    import matplotlib as mpl

    mpl.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    if results.get("curves"):
        drawn += [_curves(results["curves"], folder), _sensitivity(results["curves"], folder)]
    if results.get("estimator"):
        drawn.append(_estimator(results["estimator"], folder))
    return drawn


def _save(figure: Any, path: Path) -> Path:
    import matplotlib.pyplot as plt

    figure.savefig(path, dpi=75)
    plt.close(figure)
    return path


def _curves(curves: dict[str, Any], folder: Path) -> Path:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, len(curves), figsize=(4 * len(curves), 7.6), squeeze=False, layout="constrained")
    for column, (task, contestants) in enumerate(curves.items()):
        for row, kind in enumerate(("equal_steps", "equal_compute")):
            axis = axes[row][column]
            for name, result in contestants.items():
                runs = [dict(run["curve"]) for run in result[kind]["runs"]]
                steps = [step for step in runs[0] if step and all(step in run for run in runs)]
                unit = result["cost"] if kind == "equal_compute" else 1.0
                color, line = STYLES[name]
                axis.plot(
                    [s * unit for s in steps],
                    [fmean(run[s] for run in runs) for s in steps],
                    line,
                    color=color,
                    label=name,
                    lw=1.6,
                )
            logarithmic = task in ("separable", "rotated")
            axis.set_yscale("log")
            if not logarithmic:
                axis.yaxis.set_minor_formatter(plt.NullFormatter())
            axis.set_title(f"{task}, {kind.replace('_', ' ')}", fontsize=10)
            axis.set_xlabel("cost of the steps, in steps of AdamW" if row else "steps", fontsize=9)
            axis.grid(alpha=0.3)
        axes[0][column].set_ylabel("test loss, mean over seeds" if column == 0 else "", fontsize=9)
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, fontsize=9)
    return _save(figure, folder / "adahessian-curves.png")


def _sensitivity(curves: dict[str, Any], folder: Path) -> Path:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(curves), figsize=(4 * len(curves), 4.2), squeeze=False, layout="constrained")
    for column, (task, contestants) in enumerate(curves.items()):
        axis = axes[0][column]
        best = min(loss for result in contestants.values() for _, loss in result["equal_steps"]["tried"])
        for name, result in contestants.items():
            tried = [(rate, loss) for rate, loss in result["equal_steps"]["tried"] if loss < 1e9]
            color, line = STYLES[name]
            axis.plot([r for r, _ in tried], [v for _, v in tried], line, color=color, marker=".", label=name, lw=1.2)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_ylim(best * 0.9, best * (10 if task not in ("separable", "rotated") else 1e6))
        axis.set_title(task, fontsize=10)
        axis.set_xlabel("learning rate", fontsize=9)
        axis.grid(alpha=0.3)
    axes[0][0].set_ylabel("validation loss after equal steps", fontsize=9)
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, fontsize=9)
    return _save(figure, folder / "adahessian-rates.png")


def _estimator(found: dict[str, Any], folder: Path) -> Path:
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6, 5.2), layout="constrained")
    samples = found["samples"]
    axis.loglog(samples, found["spread"], "o", color="#1f77b4", label="spread of the estimate, measured")
    axis.loglog(samples, found["theory"], "-", color="#1f77b4", lw=1, label="spread, from the exact Hessian")
    axis.loglog(samples, found["bias"], "s", color="#d62728", label="error of the mean over repeats, measured")
    axis.loglog(samples, found["noise"], "--", color="#d62728", lw=1, label="error of the mean that chance gives an unbiased one")
    axis.loglog(
        samples, [rms - 1 for rms in found["rms"]], "^", color="#2ca02c", label="excess of the root mean square (D^2 feeds v)"
    )
    axis.set_xticks(samples, [str(n) for n in samples])
    axis.set_xlabel("samples an estimate")
    axis.set_ylabel("relative to the diagonal's root mean square")
    axis.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=1, fontsize=8)
    return _save(figure, folder / "adahessian-estimator.png")
