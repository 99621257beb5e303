"""Results of a benchmark: one row a competition and seed, each kept as soon as it is there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from agentk.errors import StoreError
from agentk.graph.folder import replace
from agentk.types.competition import Frozen
from agentk.types.metric import Direction


class Result(Frozen):
    """What one run on one competition came to; scores are the grader's, on the test answers."""

    competition: str
    seed: int
    budget: str  # as it was given to the run
    exit_code: int
    reason: str = ""  # why there is no score, in one line
    metric: str = ""
    direction: Direction = "maximize"
    score: float | None = None
    baseline: float | None = None  # of the first submission of the run: sound answers that need no model
    sample: float | None = None  # of the sample submission
    cv_score: float | None = None  # what the run itself expected
    cv_std: float | None = None
    seconds: float = 0.0  # wall clock, from start to exit
    first_seconds: float | None = None  # until there was a valid submission
    attempts: int = 0
    failed: int = 0
    memory: int = 0  # bytes that the run's processes held at most, looked at every second
    occupancy: float | None = None  # share of the budget in which slots were occupied by solutions
    stopped_by: str = ""
    gain: float | None = None  # over the reference submission, in the metric's unit, positive when better
    gain_low: float | None = None  # 90% interval, paired bootstrap over test rows
    gain_high: float | None = None
    submission: str = ""  # where the graded file lies

    @property
    def key(self) -> tuple[str, int, str]:
        """What is not run twice."""
        return self.competition, self.seed, self.budget


class Results:
    """The rows so far, in a file of JSON lines where one is given, so that an interrupted benchmark goes on."""

    def __init__(self, path: Path | None) -> None:
        """Reads what `path` holds. Raises StoreError when that is something else."""
        self._path = path
        self.rows: list[Result] = []
        if path is None or not path.exists():
            return
        text = path.read_text()
        for number, line in enumerate(text[: text.rfind("\n") + 1].splitlines(), start=1):
            try:
                self.rows.append(Result.model_validate_json(line))
            except ValidationError as error:
                raise StoreError(f"{path}, line {number} is no result of this version: remove the file to start anew") from error

    def keep(self, row: Result) -> None:
        """Keeps a row, in place of one with the same key; it is on disk when this returns."""
        self.rows = [kept for kept in self.rows if kept.key != row.key] + [row]
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            replace(self._path, "".join(kept.model_dump_json() + "\n" for kept in self.rows))

    def find(self, key: tuple[str, int, str]) -> Result | None:
        """The row of a run that is done."""
        return next((row for row in self.rows if row.key == key), None)


def write_summary(path: Path, rows: Iterable[Result]) -> None:
    """All rows as one JSON document."""
    replace(path, json.dumps([row.model_dump() for row in rows], indent=1) + "\n")
