"""A competition in the making: what setup believes so far, why, and what it doubts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from agentk.types.competition import Column, FileColumn, Frozen, Label, SubmissionFormat, TableFile, TaskKind, Validation


class Overrides(Frozen):
    """What the person says, by flag or file; it wins over anything inferred."""

    target: tuple[str, ...] = ()
    id: tuple[str, ...] = ()
    metric: str | None = None
    task: TaskKind | None = None
    positive: str | None = None  # the positive class of a binary task, as the file spells it
    train: str | None = None  # file names, relative to the folder
    test: str | None = None
    sample: str | None = None
    description: str | None = None
    validation: Literal["random", "stratified", "grouped", "blocked", "rolling"] | None = None
    column: str | None = None  # the column that groups or orders rows for validation


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
    id_columns: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    train_only: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    file_columns: tuple[FileColumn, ...] = ()
    task: TaskKind | None = None
    classes: tuple[Label, ...] = ()
    rows: int = 0
    test_rows: int = 0
    metric: str = ""
    submission: SubmissionFormat | None = None
    validation: Validation | None = None
    reasons: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

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
