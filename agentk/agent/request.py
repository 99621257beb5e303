"""What a person asks for with `agentk run`; kept in run.json so that a resumed run is the same run."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from agentk.competitions.draft import Overrides
from agentk.types.competition import Frozen


class Request(Frozen):
    """One run. Everything has a default but the competition."""

    competition: str  # a folder, a CSV file, or builtin:NAME
    kaggle: str | None = None  # the slug at kaggle.com that the folder was fetched from
    budget: float | None = 600.0  # seconds; None: only `attempts` bounds the run
    attempts: int | None = None
    overrides: Overrides = Overrides()  # what the person says about the competition
    out: Path = Path("runs")
    seed: int = 0
    workers: int | None = None
    solution: Path | None = None
    hints: tuple[str, ...] = ()
    folds: Path | None = None
    extra: Path | None = None
    recipes: tuple[Path, ...] = ()  # files of the person's own
    memory: str = "write"  # off, read, write, or a folder
    sandbox: Literal["auto", "strict"] = "auto"
