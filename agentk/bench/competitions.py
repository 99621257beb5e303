"""Bench over competitions: runs agentk on one folder after another, as a person would, and grades what comes out."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentk.bench.process import last_object, watched
from agentk.bench.results import Result, Results, write_summary
from agentk.errors import AgentKError, CompetitionError, SettingError
from agentk.settings import seconds

if TYPE_CHECKING:
    from agentk.agent.ending.grader import Grader

AGENTK = (sys.executable, "-m", "agentk")

FIRST = "first.csv"
"""A copy of the first submission of a run."""

GRACE = 120.0
"""Seconds that a run may take beyond twice its budget, setup included, before it is ended."""


@dataclass(frozen=True)
class Bench:
    """What is measured: every competition folder inside `folder` that `answers` has the truth of."""

    folder: Path
    answers: Path  # <competition>.csv: true values, columns of the sample submission
    budget: str = "3m"
    only: Sequence[str] = ()
    seeds: Sequence[int] = (0,)
    file: Path | None = None  # a JSON document of all rows; beside it the rows as they come, runs and submissions
    against: Path | None = None  # <competition>.csv: reference submissions
    options: Sequence[str] = ()  # further options of `agentk run`
    command: Sequence[str] = AGENTK

    def names(self) -> list[str]:
        """The competitions, in order. Raises SettingError when there is none, or `only` names one that is not there."""
        if not self.folder.is_dir():
            raise SettingError(f"{self.folder} is no folder: name one that holds competition folders")
        found = sorted(
            path.name for path in self.folder.iterdir() if path.is_dir() and (self.answers / f"{path.name}.csv").exists()
        )
        if unknown := sorted(set(self.only) - set(found)):
            raise SettingError(
                f"--only {', '.join(unknown)}: not among those with answers in {self.answers}: {', '.join(found) or 'none'}"
            )
        if not found:
            raise SettingError(
                f"no folder in {self.folder} has a file of its name in {self.answers}, such as {self.answers / 'NAME.csv'}"
            )
        return [name for name in found if not self.only or name in self.only]

    def reference(self, name: str) -> Path | None:
        """The submission to compare with, where there is one."""
        path = None if self.against is None else self.against / f"{name}.csv"
        return path if path is not None and path.exists() else None

    @property
    def results(self) -> Path | None:
        """Where rows are kept as they come."""
        return None if self.file is None else self.file.with_suffix(".jsonl")

    @property
    def runs(self) -> Path:
        """Where the runs' folders and logs lie."""
        return (
            Path(tempfile.gettempdir()) / f"agentk-bench-{os.getpid()}" if self.file is None else self.file.with_suffix(".runs")
        )


class Watcher:
    """Is told how a benchmark goes; this one keeps quiet."""

    def starts(self, name: str, seed: int, done: int, total: int) -> None:
        """A run begins, `done` rows of `total` being there."""

    def row(self, row: Result, done: int, total: int) -> None:
        """A row is there, of this run or kept from before."""


def run_bench(bench: Bench, watcher: Watcher | None = None) -> list[Result]:
    """Runs what is not in the results yet, one run at a time, and returns all rows asked for, in order.

    KeyboardInterrupt ends the run under way and passes on; the rows so far are kept. A run that fails is a row with a reason.
    Raises SettingError, StoreError.
    """
    watcher = watcher or Watcher()
    seconds(bench.budget)
    wanted = [(name, seed) for seed in bench.seeds for name in bench.names()]
    results = Results(bench.results)
    rows: list[Result] = []
    for name, seed in wanted:
        row = results.find((name, seed, bench.budget))
        if row is None:
            watcher.starts(name, seed, len(rows), len(wanted))
            results.keep(row := _measure(bench, name, seed))
        elif row.gain is None and row.score is not None and bench.reference(name) is not None:
            results.keep(row := row.model_copy(update=_graded(bench, name, Path(row.submission).parent)))
        rows.append(row)
        watcher.row(row, len(rows), len(wanted))
        if bench.file is not None:
            write_summary(bench.file, rows)
    return rows


def _measure(bench: Bench, name: str, seed: int) -> Result:
    place = bench.runs / f"{name}-{seed}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    ran = run_once(bench, name, seed, place)
    row = Result(
        competition=name,
        seed=seed,
        budget=bench.budget,
        exit_code=ran.exit_code,
        reason=ran.reason,
        seconds=round(ran.seconds, 2),
        first_seconds=None if ran.first is None else round(ran.first, 2),
        memory=ran.memory,
    )
    said = {
        key: ran.said[key]
        for key in ("attempts", "failed", "occupancy", "stopped_by", "cv_score", "cv_std")
        if ran.said.get(key) is not None
    }
    row = row.model_copy(update=said)
    if ran.folder is None or not (ran.folder / "submission.csv").exists():
        return row.model_copy(update={"reason": row.reason or "no submission"})
    try:
        return row.model_copy(update=_graded(bench, name, ran.folder))
    except (AgentKError, ValueError, OSError) as error:
        return row.model_copy(update={"reason": f"not graded: {error}"})


@dataclass
class Ran:
    """What a run of its own process came to."""

    exit_code: int
    seconds: float
    first: float | None  # seconds until the first submission
    folder: Path | None  # of the run
    said: dict[str, Any]  # its last JSON object
    reason: str
    memory: int  # bytes that its processes held at most


def run_once(bench: Bench, name: str, seed: int, place: Path) -> Ran:
    """Runs agentk on `bench.folder`/`name` as a person would; its folder, output and first submission lie below `place`."""
    command = [*bench.command, "run", str(bench.folder / name), "--budget", bench.budget, "--seed", str(seed), "--json"]
    command += ["--out", str(place / "runs"), *bench.options]
    first: float | None = None

    def look(so_far: float) -> None:
        nonlocal first
        if first is None and (submission := _submission(place)) is not None:
            first = so_far
            shutil.copyfile(submission, place / FIRST)

    ended = watched(command, place, 2 * seconds(bench.budget) + GRACE, look)
    submission = _submission(place)
    said = last_object((place / "stdout").read_text())
    return Ran(
        ended.exit_code,
        ended.seconds,
        first,
        None if submission is None else submission.parent,
        said,
        ended.reason(place),
        ended.memory,
    )


def _submission(place: Path) -> Path | None:
    return next((place / "runs").glob("*/submission.csv"), None)


def _graded(bench: Bench, name: str, run: Path) -> dict[str, Any]:
    from agentk.agent.ending.grader import Grader, read_submission
    from agentk.bench.paired import compare
    from agentk.types.competition import Competition

    competition = Competition.model_validate_json((run / "competition.json").read_text())
    grader = Grader(competition, read_submission(bench.answers / f"{name}.csv"))
    submission = read_submission(run / "submission.csv")
    graded: dict[str, Any] = {
        "metric": grader.metric.name,
        "direction": grader.metric.direction,
        "score": grader.grade(submission),
        "baseline": grader.grade(read_submission(run.parent.parent / FIRST)),
        "sample": _sample_score(grader),
        "submission": str(run / "submission.csv"),
    }
    if (reference := bench.reference(name)) is not None:
        answers = grader.answer(submission), grader.answer(read_submission(reference))
        difference = compare(grader.metric, grader.truth, *answers, grader.weights)
        graded |= {"gain": difference.gain, "gain_low": difference.low, "gain_high": difference.high}
    return graded


def _sample_score(grader: Grader) -> float | None:
    from agentk.agent.ending.grader import read_submission

    sample = grader.competition.sample
    if sample is None:
        return None
    try:
        return grader.grade(read_submission(grader.competition.folder / sample.path))
    except CompetitionError:  # some sample submissions hold no valid answers
        return None
