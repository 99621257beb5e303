"""The systems that are compared, and how one is run on one split: the same seconds, cores and memory, one at a time."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agentk.bench.peers import capped
from agentk.bench.peers.cells import Cell
from agentk.bench.peers.environments import AUTOGLUON, FLAML, RUNNERS, Environment
from agentk.bench.peers.tasks import Split
from agentk.bench.process import Ended, last_object, watched
from agentk.errors import AgentKError, SettingError

_GRACE = 120.0  # seconds beyond twice the budget after which a system is ended


@dataclass(frozen=True)
class System:
    """A contestant: agentk itself, or a peer with a program `with_<name>.py` among the runners."""

    name: str
    environment: Environment | None = None  # None: the one that agentk runs in
    reads: tuple[str, ...] = ("table",)

    @property
    def python(self) -> str:
        """The interpreter that it is started with."""
        return sys.executable if self.environment is None else str(self.environment.python)


AGENTK = System("agentk", reads=("table", "text", "image"))
SYSTEMS: dict[str, System] = {
    system.name: system
    for system in (
        AGENTK,
        System("autogluon", AUTOGLUON, ("table", "text")),
        System("autogluon_medium", AUTOGLUON, ("table", "text")),
        System("flaml", FLAML),
        System("lightgbm"),
    )
}


@dataclass(frozen=True)
class Caps:
    """What every system gets, agentk and its programs included."""

    cores: tuple[int, ...]
    memory: int  # bytes of address space for each process

    @staticmethod
    def of_machine() -> Caps:
        """Every core this process may use, three quarters of the memory. Raises SettingError where cores cannot be given out."""
        if not hasattr(os, "sched_setaffinity"):
            raise SettingError("agentk bench peers needs Linux: elsewhere no process can be kept to its cores")
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return Caps(tuple(sorted(os.sched_getaffinity(0))), memory * 3 // 4)

    def command(self, *words: str) -> list[str]:
        """The command, so capped."""
        return [words[0], capped.__file__, ",".join(map(str, self.cores)), str(self.memory), *words]


def run_cell(system: System, split: Split, budget: float, caps: Caps, out: Path) -> Cell:
    """Runs one system on one split and grades what it leaves; a system that fails is a cell with a reason."""
    place = out / "runs" / f"{split.task}-{split.number}-{system.name}-{budget:g}s"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    seen = _Seen(place, "submission.csv" if system is AGENTK else "predictions.csv")
    ended = watched(
        _command(system, split, budget, caps, place), place, 2 * budget + _GRACE, seen.look, environment=_environment()
    )
    cell = Cell(
        task=split.task, split=split.number, system=system.name, budget=budget, cores=len(caps.cores),
        metric=split.grader.metric.name, direction=split.grader.metric.direction, constant=split.constant,
        drifting=split.drifting, seconds=round(ended.seconds, 2), working=round(ended.seconds - seen.began, 2),
    )  # fmt: skip
    if system is AGENTK:
        said = last_object((place / "stdout").read_text())
        known = {
            "expected": "cv_score",
            "interval": "interval",
            "occupancy": "occupancy",
            "attempts": "attempts",
            "failed": "failed",
        }
        told = {name: said[key] for name, key in known.items() if said.get(key) is not None}
        cell = Cell.model_validate(cell.model_dump() | told)
    graded = _graded(system, split, seen, ended, out)
    for scratch in place.glob("scratch*"):  # a peer's models; agentk's run is kept, to see why it won or lost
        shutil.rmtree(scratch, ignore_errors=True)
    return cell.model_copy(update=graded)


def _command(system: System, split: Split, budget: float, caps: Caps, place: Path) -> list[str]:
    if system is AGENTK:
        options = (
            "--budget",
            f"{budget:g}s",
            "--seed",
            str(split.number),
            "--memory",
            "off",
            "--json",
            "--out",
            str(place / "runs"),
        )
        return caps.command(sys.executable, "-m", "agentk", "run", str(split.data), *options)
    words = (system.name, str(split.handed()), str(place), f"{budget:g}", str(len(caps.cores)), str(split.number))
    return caps.command(system.python, str(RUNNERS / "run.py"), *words)


def _environment() -> dict[str, str]:
    """Threads that wait passively: beside anything else on the machine, active ones cost every system dearly."""
    return {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "TOKENIZERS_PARALLELISM": "false"}


class _Seen:
    """Copies of every version of the file that a system answers with, and when they were there."""

    def __init__(self, place: Path, name: str) -> None:
        self.place, self.name = place, name
        self.began = 0.0  # when the system's own clock began
        self.copies: list[tuple[float, Path]] = []
        self._last: tuple[int, int] | None = None

    def look(self, so_far: float) -> None:
        """Copies the file if it has changed."""
        if not self.began and (self.place / "began").exists():
            self.began = so_far
        path = next(self.place.glob(f"runs/*/{self.name}"), self.place / self.name)
        try:
            state = path.stat()
            if (state.st_ino, state.st_mtime_ns) == self._last:
                return
            copy = self.place / f"{len(self.copies)}-{self.name}"
            shutil.copyfile(path, copy)
        except FileNotFoundError:
            return
        self._last = (state.st_ino, state.st_mtime_ns)
        self.copies.append((max(so_far - self.began, 0.0), copy))


def _graded(system: System, split: Split, seen: _Seen, ended: Ended, out: Path) -> dict[str, Any]:
    """Score, curve and submission; or the reason why there are none. Earlier answers that are not valid are left out."""
    from agentk.agent.ending.grader import read_submission

    curve: list[tuple[float, float]] = []
    reason = ended.reason(seen.place)
    submission, score = "", None
    for at, copy in seen.copies:
        score = None
        try:
            if system is not AGENTK:
                values = np.loadtxt(copy, delimiter=",", skiprows=1, ndmin=2)
                split.submission(split.from_handed(values)).to_csv(copy, index=False)
            score = split.grader.grade(read_submission(copy))
        except (AgentKError, ValueError, OSError) as error:
            reason = reason or f"not graded: {error}"
            continue
        curve.append((round(at, 2), score))
        submission = str(copy.relative_to(out))
    if score is None:
        return {"reason": reason or "no predictions", "curve": tuple(curve)}
    return {"score": score, "curve": tuple(curve), "submission": submission}
