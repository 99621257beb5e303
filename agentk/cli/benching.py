"""`agentk bench`: measurements that anyone can repeat."""

from __future__ import annotations

from pathlib import Path

from agentk.errors import SettingError
from agentk.settings import seconds

STUDIES = ("sandbox", "optim")


def measure(
    what: str, answers: Path | None, budget: str, only: list[str], seeds: str, against: Path | None, file: Path | None
) -> None:
    """Runs the study `what`, or benchmarks the folder of competitions of that name."""
    if what in STUDIES:
        _study(what, file)
        return
    if not Path(what).is_dir():
        raise SettingError(f"{what!r} is no folder of competitions and no study; the studies are {', '.join(STUDIES)}")
    if answers is None or not answers.is_dir():
        raise SettingError(f"--answers {answers}: give the folder with <slug>.csv of true values for the competitions in {what}")
    seconds(budget)
    if not seeds.replace(",", "").isdigit():
        raise SettingError(f"--seeds {seeds!r}: whole numbers, separated by commas, such as 0,1,2")
    from rich.console import Console

    from agentk.bench.competitions import Bench
    from agentk.bench.show import show_bench

    numbers = [int(seed) for seed in seeds.split(",") if seed]
    bench = Bench(Path(what), answers, budget, only, numbers, file, against, options=("--memory", "off"))
    show_bench(bench, Console(stderr=True), Console())


def _study(what: str, file: Path | None) -> None:
    if what == "sandbox":
        from agentk.bench.sandbox import bench_sandbox

        bench_sandbox()
    else:
        from agentk.bench.optim import bench_optim

        bench_optim(file or Path("bench-optim"))
