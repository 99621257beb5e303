"""How fast a program starts behind the sandbox's walls, beside a cold start of Python with the same libraries."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from agentk.bench import hostile
from agentk.sandbox.open import describe_sandbox, open_sandbox
from agentk.sandbox.protocol import Execution, Function

LIBRARIES = ("numpy", "pandas", "sklearn.ensemble", "sklearn.linear_model", "sklearn.model_selection", "lightgbm")


@dataclass(frozen=True)
class Start:
    """Seconds from the decision to start a program until its first line, over several starts."""

    starts: int
    p50_s: float
    p95_s: float

    @staticmethod
    def of(seconds: Sequence[float]) -> Start:
        """The figures of these starts."""
        cuts = statistics.quantiles(seconds, n=20, method="inclusive")
        return Start(len(seconds), statistics.median(seconds), cuts[18])


@dataclass(frozen=True)
class StartFigures:
    """What `bench_sandbox` measured."""

    sandbox: str  # the kind of walls
    isolated: Start
    cold: Start


def bench_sandbox(starts: int = 200, cold_starts: int = 5) -> StartFigures:
    """Measures and prints both, one program at a time. Raises SandboxError when no program can be started."""
    description = describe_sandbox()
    with tempfile.TemporaryDirectory() as folder:
        figures = StartFigures(description.kind, _isolated(starts, Path(folder)), Start.of([_cold() for _ in range(cold_starts)]))
    table = Table(title=f"Seconds until a program's first line ({', '.join(LIBRARIES)})")
    for column in ("start", "n", "p50", "p95"):
        table.add_column(column, justify="left" if column == "start" else "right")
    for name, start in ((f"isolated fork ({description.kind})", figures.isolated), ("cold import", figures.cold)):
        table.add_row(name, str(start.starts), f"{start.p50_s:.3f}", f"{start.p95_s:.3f}")
    Console(stderr=True).print(table, description.line())
    return figures


def _isolated(starts: int, folder: Path) -> Start:
    with closing(open_sandbox(1, 1, LIBRARIES, folder)) as sandbox:
        execution = Execution(Function("agentk.sandbox.probe:nothing"), folder / "out")
        sandbox.submit(execution).result(timeout=120)  # the warm process imports
        return Start.of([sandbox.submit(execution).result(timeout=120).first_line_s for _ in range(starts)])


def _cold() -> float:
    source = f"import time, {', '.join(LIBRARIES)}; print(time.monotonic())"
    started = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=300, check=True)
    return float(ended.stdout) - started


@dataclass(frozen=True)
class SoakFigures:
    """What came of many hostile and broken programs in a row."""

    programs: int
    ends: dict[str, int]  # how they ended
    seconds: float
    left_processes: list[str]
    left_files: list[str]
    still_works: bool  # a good program afterwards did what it should


def soak(programs: int = 500) -> SoakFigures:
    """Runs hostile and broken programs in a row and looks for what they left behind."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        before = hostile.files_outside(folder)
        started = time.monotonic()
        with closing(open_sandbox(2, 1, (), folder / "scratch")) as sandbox:
            futures = [sandbox.submit(execution) for execution in hostile.executions(programs, folder)]
            ends: dict[str, int] = {}
            for future in futures:
                end = str(future.result(timeout=600).end)
                ends[end] = ends.get(end, 0) + 1
            good = sandbox.submit(Execution(Function("agentk.sandbox.probe:nothing"), folder / "good")).result(timeout=60)
            left_processes = hostile.processes_left()
        seconds = time.monotonic() - started
        left_processes += hostile.processes_left()
        left_files = sorted(hostile.files_outside(folder) - before)
    figures = SoakFigures(programs, ends, seconds, left_processes, left_files, list(good.outputs) == ["proof"])
    Console(stderr=True).print(figures)
    return figures
