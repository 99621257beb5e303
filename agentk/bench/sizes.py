"""The study of sizes: what runs on tiny, tall and wide tables come to, beside a simple model, and what memory they take."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agentk.bench.competitions import Bench
from agentk.bench.show import show_bench
from agentk.bench.synthetic.sizes import SIZES, Size, write_size
from agentk.errors import SettingError

if TYPE_CHECKING:
    from rich.console import Console


def chosen(only: Sequence[str]) -> list[Size]:
    """The sizes whose name begins with one of `only`, all where there is none. Raises SettingError when none does."""
    found = [size for size in SIZES if not only or size.name.startswith(tuple(only))]
    if not found:
        raise SettingError(f"--only {' '.join(only)}: there is no such size. There are {', '.join(size.name for size in SIZES)}")
    return found


def made(sizes: Sequence[Size], folder: Path, said: Console) -> Bench:
    """Their competitions, answers and simple models below `folder`, as far as they are not there yet, as a bench of them."""
    bench = Bench(folder / "competitions", folder / "answers", only=[size.name for size in sizes], against=folder / "simple")
    for size in sizes:
        if bench.reference(size.name) is None:
            with said.status(f"making {size.name}: {size.rows:,} rows × {size.columns:,} columns, and a simple model of it"):
                write_size(size, 0, bench.folder, bench.answers, folder / "simple")
    return bench


def bench_sizes(only: Sequence[str], budget: str, seeds: Sequence[int], folder: Path | None, file: Path | None) -> None:
    """Makes competitions of these sizes in `folder`, runs agentk on each and prints a row for each."""
    from dataclasses import replace

    from rich.console import Console

    sizes, said = chosen(only), Console(stderr=True)
    with tempfile.TemporaryDirectory() as place:
        bench = made(sizes, folder or Path(place), said)
        show_bench(replace(bench, budget=budget, seeds=seeds, file=file, options=("--memory", "off")), said, Console())
