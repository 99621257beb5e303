"""What a person asks for with `agentk run`; kept in run.json so that a resumed run is the same run."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from agentk.competitions.draft import Overrides
from agentk.settings import seconds
from agentk.types.competition import Frozen

TEN_MINUTES = 600.0
"""Seconds that a run may spend where neither time nor attempts are said."""

MOST_SEED = 2_000_000_000
"""Below what the libraries of programs take (2^31), with room for what attempts add."""

MOST_WORKERS = 1000
"""More than the cores of any machine: programs that share cores only wait for one another."""


class Models(Frozen):
    """Which models answer, what they may cost and what they are shown. A key is never part of it."""

    name: str | None = None  # PROVIDER/NAME, files:DIR, replay:JOURNAL; None: the playbook alone
    code: str | None = None  # another one that writes programs
    think: str | None = None  # another one for everything else
    base_url: str | None = None
    max_cost: float | None = Field(default=None, ge=0, allow_inf_nan=False)  # US dollars, over all sessions of the run
    max_tokens: int | None = Field(default=None, ge=0)
    share: Literal["names", "stats", "examples"] | None = None  # of the data; None: as agentk.toml says, else stats
    obfuscate: bool = False  # names become stand-ins, the description is left out
    prompts: Path | None = None  # a folder whose templates replace those of the same name

    @property
    def asked(self) -> bool:
        """Whether any model answers."""
        return (self.name or self.code or self.think) is not None

    @property
    def thinker(self) -> str:
        """Who plans and reflects."""
        return self.think or self.name or self.code or ""

    @property
    def writer(self) -> str:
        """Who writes programs."""
        return self.code or self.name or self.think or ""


class Request(Frozen):
    """One run. Everything has a default but the competition."""

    competition: str  # a folder, a CSV file, or builtin:NAME
    kaggle: str | None = None  # the slug at kaggle.com that the folder was fetched from
    budget: float | None = Field(default=TEN_MINUTES, allow_inf_nan=False)  # seconds; None: only `attempts` bounds the run
    attempts: int | None = Field(default=None, ge=1)
    overrides: Overrides = Overrides()  # what the person says about the competition
    out: Path = Path("runs")
    seed: int = Field(default=0, ge=0, le=MOST_SEED)
    workers: int | None = Field(default=None, ge=1, le=MOST_WORKERS)
    solution: Path | None = None
    hints: tuple[str, ...] = ()
    folds: Path | None = None
    extra: Path | None = None
    recipes: tuple[Path, ...] = ()  # files of the person's own
    models: Models = Models()
    memory: str = "write"  # off, read, write, or a folder
    sandbox: Literal["auto", "strict"] = "auto"


def budget_of(said: str | float | None, attempts: int | None) -> float | None:
    """Seconds to spend, of "90s", "10m" or a number; where nothing is said, none with `attempts`, else ten minutes."""
    if said is None:
        return None if attempts is not None else TEN_MINUTES
    return seconds(said) if isinstance(said, str) else float(said)


def renewed_budget(said: str | float, before: float | None, spent: float) -> float:
    """The new whole budget of a run, in seconds: "10m", or "+10m" for so much more than before, or than was spent."""
    if not isinstance(said, str):
        return float(said)
    more = max(before or 0.0, spent) if said.startswith("+") else 0.0
    return seconds(said.removeprefix("+")) + more
