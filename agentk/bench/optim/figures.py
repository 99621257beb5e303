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

QUADRATICS = ("separable", "rotated")


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
    from PIL import Image

    figure.savefig(path, dpi=75)
    plt.close(figure)
    with Image.open(path) as image:
        image.quantize(48).save(path, optimize=True)  # a third of the size
    return path


def _frame(axis: Any, task: str, bests: list[float], room: float) -> None:
    """Frame what lies between the best and `room` times as far as the worst of these; quadratics fall by powers of ten."""
    if task in QUADRATICS:
        axis.set_yscale("log")
        return
    low, high = min(bests), sorted(bests)[-2] if len(bests) > 2 else max(bests)
    reach = (high - low) or low
    axis.set_ylim(low - 0.15 * reach, low + room * reach)


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
            _frame(axis, task, [fmean(result[kind]["test"]) for result in contestants.values()], 2.5)
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
        for name, result in contestants.items():
            tried = [(rate, loss) for rate, loss in result["equal_steps"]["tried"] if loss < 1e9]
            color, line = STYLES[name]
            axis.plot([r for r, _ in tried], [v for _, v in tried], line, color=color, marker=".", label=name, lw=1.2)
        axis.set_xscale("log")
        _frame(axis, task, [min(loss for _, loss in result["equal_steps"]["tried"]) for result in contestants.values()], 6)
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
