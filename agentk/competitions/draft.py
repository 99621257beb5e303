"""A competition in the making: what setup believes so far, why, and what it doubts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from agentk.types.competition import (
    Candidates,
    Cells,
    Column,
    FileColumn,
    Frozen,
    Label,
    OwnMetric,
    Pixels,
    RowWeights,
    SubmissionFormat,
    TableFile,
    Tags,
    TaskKind,
    Validation,
)


class Overrides(Frozen):
    """What the person says, by flag or file; it wins over anything inferred."""

    target: tuple[str, ...] = ()
    id: tuple[str, ...] = ()
    metric: str | None = None
    weights: str | None = None  # in the metric: COLUMN, COLUMN:VALUE=NUMBER,…, NAME=NUMBER,… of targets or classes, or none
    task: TaskKind | None = None
    positive: str | None = None  # the positive class of a binary task, as the file spells it
    train: str | None = None  # file names, relative to the folder
    test: str | None = None
    sample: str | None = None
    description: str | None = None
    validation: Literal["random", "stratified", "grouped", "blocked", "rolling"] | None = None
    column: str | None = None  # the column that groups or orders rows for validation
    pixels: str | None = None  # the picture that columns are: HEIGHTxWIDTH, HEIGHTxWIDTHx3, or none
    leaks: Literal["use", "report", "drop", "ask"] | None = None  # what to do with columns that give the target away


class Refusal(Frozen):
    """A belief that did not hold, and why: the stage that is run again believes something else."""

    stage: str
    belief: str
    error: str


class Draft(Frozen):
    """Grows from stage to stage; plain data, so that a graph can store it between them."""

    name: str
    folder: Path
    overrides: Overrides = Overrides()
    description: str = ""
    train: TableFile | None = None
    test: TableFile | None = None
    sample: TableFile | None = None
    unused: tuple[str, ...] = ()  # files that no stage found a use for
    pages: tuple[str, ...] = ()  # files that the description was read from
    id_columns: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    train_only: tuple[str, ...] = ()
    passage: str | None = None
    columns: tuple[Column, ...] = ()
    file_columns: tuple[FileColumn, ...] = ()
    pixels: Pixels | None = None
    task: TaskKind | None = None
    classes: tuple[Label, ...] = ()
    rows: int = 0
    test_rows: int = 0
    gaps: float = 0.0
    metric: str = ""
    own_metric: OwnMetric | None = None
    metric_assumed: bool = False  # the description does not bear it out
    weights: RowWeights | None = None
    column_weights: tuple[float, ...] = ()
    submission: SubmissionFormat | None = None
    cells: Cells | None = None
    tags: Tags | None = None
    candidates: Candidates | None = None
    value: str | None = None  # the column to be predicted, where the sample has a column for each of its next steps
    validation: Validation | None = None
    reasons: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()  # what was believed at first, by stages that had to be run again
    speaker: str = "you"  # whose words the overrides are
    own: bool = False  # a person's own data, of which agentk held out the test part

    def refused(self, stage: str) -> set[str]:
        """What `stage` believed before, and what did not hold."""
        return {refusal.belief for refusal in self.refusals if refusal.stage == stage}

    def told(self) -> tuple[str, ...]:
        """What was believed at first and did not hold, in words."""
        return tuple(f"{r.stage}: {r.belief} did not hold: {r.error}" for r in self.refusals)

    def grown(self, *, reason: str | None = None, doubt: str | None = None, **beliefs: Any) -> Self:
        """A copy that believes `beliefs` as well, with a reason or a doubt more."""
        return self.model_copy(
            update={
                **beliefs,
                "reasons": (*self.reasons, reason) if reason else self.reasons,
                "doubts": (*self.doubts, doubt) if doubt else self.doubts,
            }
        )


Test = Callable[[Draft], "str | None"]
"""A stage's unit test: None when the draft passes, else in one sentence what is wrong."""


@dataclass(frozen=True)
class Stage:
    """One step of setup: `run` grows the draft, `tests` prove what it added.

    `run` raises CompetitionError or SettingError where only the person can help.
    """

    name: str
    run: Callable[[Draft], Draft]
    tests: tuple[Test, ...]

    def failures(self, draft: Draft) -> tuple[str, ...]:
        """What the unit tests have against `draft`."""
        return tuple(failure for test in self.tests if (failure := test(draft)))
