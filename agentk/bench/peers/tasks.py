"""What is measured on: competition folders with answers, real tables of scikit-learn, and generated ones; each split a folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from agentk.agent.ending.grader import Grader, read_submission
from agentk.bench.peers.generators import invented
from agentk.competitions.draft import Overrides
from agentk.competitions.files.tables import forget_tables, rows_of
from agentk.competitions.scoring.truth import constant_prediction, encode_truth, format_submission
from agentk.competitions.setup import set_up
from agentk.competitions.sources import builtin
from agentk.errors import SettingError
from agentk.graph.folder import replace
from agentk.referee.apply import decide
from agentk.referee.decision import default_decision
from agentk.referee.rules import Rules
from agentk.types.competition import ColumnKind, Competition
from agentk.types.metric import Array

BUILT_IN = ("breast-cancer", "diabetes", "digits", "iris", "wine", "grades", "tags", "notes")
"""Those of agentk's built-in competitions whose test rows are drawn at random, so that they can be split anew."""


@dataclass(frozen=True)
class Task:
    """A data set by name; a competition folder has one split, its own, and answers that lie apart."""

    name: str
    folder: Path | None = None
    answers: Path | None = None


@dataclass(frozen=True)
class Split:
    """One division of a task into train and test, on disk: what every system is given, and what it is graded with."""

    task: str
    number: int
    data: Path  # as Kaggle would hand it out
    answers: Path
    place: Path  # the contract, and what the peers are handed

    @cached_property
    def competition(self) -> Competition:
        """What agentk's setup understood; the peers are told it, agentk has to find it out again within its seconds."""
        kept = self.place / "competition.json"
        if not kept.exists():
            replace(kept, set_up(self.data, Overrides(), self.place).model_dump_json())
        return Competition.model_validate_json(kept.read_text())

    @cached_property
    def grader(self) -> Grader:
        """Scores submissions with the answers."""
        return Grader(self.competition, read_submission(self.answers))

    @cached_property
    def constant(self) -> float:
        """The score of predictions that know nothing of the rows: the zero of normalized scores."""
        train, test = self._rows()
        return self.grader.grade(self.submission(constant_prediction(self.competition, train, len(test))))

    @property
    def drifting(self) -> bool:
        """Whether test rows are of another time or of other groups than train."""
        return self.competition.validation.scheme not in ("random", "stratified")

    @property
    def modality(self) -> str:
        """ "table", "text" where nothing but text is to be read, or "image"."""
        if self.competition.file_columns:
            return "image"
        kinds = {column.kind for column in self.competition.columns} - {ColumnKind.IDENTIFIER, ColumnKind.CONSTANT}
        return "text" if kinds <= {ColumnKind.TEXT} else "table"

    def submission(self, predictions: Array) -> Any:
        """The submission (a DataFrame) of plain predictions as `TaskKind` shapes them, decided as one who has seen none would."""
        train, test = self._rows()
        metric = self.grader.metric
        truth = encode_truth(self.competition, train)
        decision = default_decision(Rules.of(metric, self.competition.task, self.competition.classes, truth), truth)
        return format_submission(self.competition, decide(decision.model_dump(), predictions), test)

    def handed(self) -> Path:
        """The folder that a peer reads: train.csv and test.csv (features; in train `target_0` … too), and problem.json."""
        folder = self.place / "handed"
        if (folder / "problem.json").exists():
            return folder
        import pandas as pd

        folder.mkdir(parents=True, exist_ok=True)
        train, test = self._rows()
        competition, metric = self.competition, self.grader.metric
        ids = {(name, ColumnKind.IDENTIFIER) for name in competition.id_columns}  # an id that is a date, say, may tell something
        columns = [c for c in competition.columns if c.kind is not ColumnKind.CONSTANT and (c.name, c.kind) not in ids]
        names = [column.name for column in columns]
        truth = encode_truth(competition, train).reshape(len(train), -1)
        if metric.link != "identity":  # errors are even on that scale: it is the user's part to know that, so all are spared it
            truth = np.log(np.maximum(truth, 1e-15)) if metric.link == "log" else np.log1p(np.maximum(truth, 0))
        targets = pd.DataFrame(truth, index=train.index).add_prefix("target_")
        pd.concat([train[names], targets], axis=1).to_csv(folder / "train.csv", index=False)
        test[names].to_csv(folder / "test.csv", index=False)
        problem = {
            "task": competition.task.value,
            "classes": len(competition.classes),
            "metric": metric.name,
            "direction": metric.direction,
            "answers": metric.form,
            "kinds": {c.name: "numeric" if c.kind is ColumnKind.PIXEL else c.kind.value for c in columns},
        }
        replace(folder / "problem.json", json.dumps(problem, indent=1) + "\n")
        return folder

    def from_handed(self, values: Array) -> Array:
        """A peer's (N, W) values on the metric's own scale again."""
        link = self.grader.metric.link
        return np.exp(values) if link == "log" else np.expm1(values) if link == "log1p" else values

    def _rows(self) -> tuple[Any, Any]:
        train, test = rows_of(self.competition)
        return train.dropna(subset=list(self.competition.targets)), test


def tasks(data: Path | None, answers: Path | None, only: Sequence[str]) -> list[Task]:
    """The competitions of `data` that `answers` has the truth of, then the generated tasks, then those of scikit-learn.

    Raises SettingError when `only` names one that is not there, or a folder is given without the other.
    """
    found: list[Task] = []
    if (data is None) != (answers is None):
        raise SettingError("--data and --answers belong together: the competitions' folders, and <name>.csv with their truth")
    if data is not None and answers is not None:
        if not data.is_dir():
            raise SettingError(f"--data {data} is no folder: name one that holds competition folders")
        folders = sorted(path for path in data.iterdir() if path.is_dir())
        found = [Task(path.name, path, truth) for path in folders if (truth := answers / f"{path.name}.csv").exists()]
        if not found:
            raise SettingError(f"no folder in {data} has a file of its name in {answers}, such as {answers / 'NAME.csv'}")
    found += [Task(name) for name in (*invented(0), *BUILT_IN)]
    if unknown := sorted(set(only) - {task.name for task in found}):
        raise SettingError(f"--only {', '.join(unknown)}: there are {', '.join(task.name for task in found)}")
    return sorted((task for task in found if not only or task.name in only), key=lambda t: only.index(t.name) if only else 0)


def split(task: Task, number: int, place: Path) -> Split:
    """Makes one split below `place`, once; a competition folder is left where it lies."""
    place = place / f"{task.name}-{number}"
    place.mkdir(parents=True, exist_ok=True)
    forget_tables()
    if task.folder is not None and task.answers is not None:
        return Split(task.name, number, task.folder, task.answers, place)
    data, answers = place / "data" / task.name, place / "answers.csv"
    if not answers.exists():
        if task.name in BUILT_IN:
            builtin.make(task.name, data, answers, seed=1 + number)
        else:
            builtin.write(invented(number)[task.name], data, answers)
    return Split(task.name, number, data, answers, place)
