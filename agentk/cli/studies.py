"""The studies of `agentk bench`: what each runs, and on what."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from agentk.errors import SettingError
from agentk.settings import seconds

STUDIES = ("peers", "sandbox", "optim", "memory", "setup", "prompts", "sizes", "robust", "samplers")


def bench_competitions(
    folder: Path, answers: Path | None, budget: str, only: list[str], seeds: str, against: Path | None, file: Path | None
) -> None:
    """Runs agentk on every competition of the folder that has answers, and prints a row for each."""
    if not folder.is_dir():
        near = get_close_matches(str(folder), STUDIES, 1)
        meant = f"did you mean {near[0]}?" if near else f"the studies are {', '.join(STUDIES)}"
        raise SettingError(f"{str(folder)!r} is no folder of competitions and no study; {meant}")
    if answers is None:
        raise SettingError(f"the competitions in {folder} need their true values: --answers FOLDER, with a <slug>.csv for each")
    if not answers.is_dir():
        raise SettingError(
            f"--answers {answers} is no folder: give the one with a <slug>.csv of true values for each competition"
        )
    seconds(budget)
    numbers = _numbers(seeds)
    from rich.console import Console

    from agentk.bench.competitions import Bench
    from agentk.bench.show import show_bench

    bench = Bench(folder, answers, budget, only, numbers, file, against, options=("--memory", "off"))
    show_bench(bench, Console(stderr=True), Console())


def bench_against_peers(
    out: Path, budget: str, splits: int, systems: str, only: list[str], data: Path | None, answers: Path | None
) -> None:
    """Compares agentk with other systems, and prints how often it was better, and how surely."""
    if splits < 1:
        raise SettingError(f"--splits {splits}: at least one split is needed")
    budgets = [seconds(one) for one in budget.split(",")]
    from rich.console import Console

    from agentk.bench.peers import bench_peers
    from agentk.bench.peers.study import Study

    study = Study(out, budgets, splits, systems.split(","), only, data, answers)
    bench_peers(study, Console(stderr=True), Console())


def _numbers(seeds: str) -> list[int]:
    if not seeds.replace(",", "").isdigit():
        raise SettingError(f"--seeds {seeds!r}: whole numbers, separated by commas, such as 0,1,2")
    return [int(seed) for seed in seeds.split(",") if seed]


def bench_understanding(only: list[str], seeds: str, file: Path | None) -> None:
    """Has synthetic competitions set up, and prints how often setup was right, asked, or was wrong."""
    from agentk.bench.setup import bench_setup

    bench_setup(only, _numbers(seeds), file)


def bench_short_runs(only: list[str], seeds: str, budget: str, file: Path | None) -> None:
    """Runs agentk for a short time on synthetic competitions of all kinds; each must leave a valid submission behind."""
    from agentk.bench.robust import bench_robust

    seconds(budget)
    bench_robust(only, _numbers(seeds), budget, file)


def bench_all_sizes(only: list[str], seeds: str, budget: str, folder: Path | None, file: Path | None) -> None:
    """Runs agentk on tiny, tall and wide tables beside a simple model; what is made for it is kept in `folder`."""
    from agentk.bench.sizes import bench_sizes

    seconds(budget)
    bench_sizes(only, budget, _numbers(seeds), folder, file)


def bench_study(what: str, out: Path, parts: Sequence[str] | None, scale: float, data: Path | None, target: str | None) -> bool:
    """Runs the study of that name; False where there is none."""
    if what == "sandbox":
        from agentk.bench.sandbox import bench_sandbox, soak

        bench_sandbox()
        soak()
    elif what == "optim":
        from agentk.bench.optim import PARTS, bench_optim

        unknown = set(parts or ()) - set(PARTS)
        if unknown:
            raise SettingError(f"--parts {', '.join(sorted(unknown))}: the parts are {', '.join(PARTS)}")
        bench_optim(out, parts=parts or PARTS, scale=scale, data=data, target=target)
    elif what == "memory":
        from agentk.bench.memory import PARTS as MEMORY_PARTS
        from agentk.bench.memory import bench_memory

        bench_memory(out, parts=parts or MEMORY_PARTS, scale=scale, folder=data)
    elif what == "samplers":
        from agentk.bench.samplers import PARTS as SAMPLER_PARTS
        from agentk.bench.samplers import bench_samplers

        bench_samplers(out, parts=parts or SAMPLER_PARTS, scale=scale)
    elif what == "prompts":
        _prompts(out)
    else:
        return False
    return True


def _prompts(out: Path) -> None:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

    from agentk.bench.prompts import STEPS, bench_prompts

    console = Console(stderr=True)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("asking", total=STEPS)
        found, files = bench_prompts(out, each=lambda _size: progress.advance(task))
    table = Table(title="tokens sent at a step")
    for column in ("step", "plan", "one change", "plan with every attempt in it"):
        table.add_column(column, justify="right")
    for size in (found[0], *found[9::10]):
        table.add_row(str(size.step), f"{size.plan:,}", f"{size.improve:,}", f"{size.unbounded:,}")
    Console().print(table)
    for file in files:
        console.print(f"{file}")
    if len(files) == 1:
        console.print('no figure: matplotlib is missing, pip install "agentk[plots]"')
