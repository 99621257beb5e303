"""The journal of a comparison: one line a cell, a cell being one system on one split of one task with one budget."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from agentk.errors import StoreError
from agentk.types.competition import Frozen
from agentk.types.metric import Direction

Key = tuple[str, int, str, float]


class Cell(Frozen):
    """What a system came to. Scores are the grader's, on test rows that no system has seen the truth of."""

    task: str
    split: int
    system: str
    budget: float  # seconds
    cores: int
    metric: str
    direction: Direction
    constant: float  # the score of predictions that know nothing
    drifting: bool = False  # test is of another time or of other groups
    score: float | None = None
    reason: str = ""  # why there is no score
    seconds: float = 0.0  # wall clock, all told
    working: float = 0.0  # of these, after the peer's libraries were imported: what its budget is held against
    curve: tuple[tuple[float, float], ...] = ()  # (seconds, score) of each submission there was
    expected: float | None = None  # agentk's own score on its folds
    interval: tuple[float, float] | None = None  # 90%, that agentk said to expect on new rows
    occupancy: float | None = None
    attempts: int | None = None
    failed: int | None = None
    submission: str = ""  # relative to the results' folder

    @property
    def key(self) -> Key:
        """What is not run twice."""
        return self.task, self.split, self.system, self.budget

    def over_constant(self, score: float) -> float:
        """By how much a score is better than that of predictions that know nothing, in the metric's unit."""
        return score - self.constant if self.direction == "maximize" else self.constant - score

    @property
    def lead(self) -> float:
        """The same for the cell's own; a system without a valid answer is as good as one that knows nothing."""
        return 0.0 if self.score is None else self.over_constant(self.score)


class Cells:
    """The cells so far; what `keep` was given is on disk when it returns."""

    def __init__(self, path: Path) -> None:
        """Reads what `path` holds, less a last line that was cut off. Raises StoreError when it is something else."""
        self.path = path
        self.done: dict[Key, Cell] = {}
        if not path.exists():
            return
        text = path.read_text()
        whole = text[: text.rfind("\n") + 1]
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                cell = Cell.model_validate_json(line)
            except ValidationError as error:
                raise StoreError(f"{path}, line {number} is no cell of this version: choose another --out") from error
            self.done[cell.key] = cell
        if whole != text:
            os.truncate(path, len(whole.encode()))

    def keep(self, cell: Cell) -> None:
        """Appends a cell; a later one of the same key counts."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.write(cell.model_dump_json() + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.done[cell.key] = cell
