"""The grader: scores a submission against the test answers, apart from any run."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agentk.competitions.columns.spans import span_truth
from agentk.competitions.files.rows import weighed
from agentk.competitions.files.tables import table
from agentk.competitions.metrics.own import metric_of
from agentk.competitions.metrics.spans import words_of
from agentk.errors import CompetitionError
from agentk.types.competition import Competition, TaskKind
from agentk.types.metric import Array

if TYPE_CHECKING:
    import pandas as pd


class Grader:
    """Holds the truth of a competition's test rows."""

    def __init__(self, competition: Competition, answers: pd.DataFrame) -> None:
        """answers: the true values, in the columns of the submission, or labels in the target's column where the submission has
        one column a class. Raises CompetitionError when they are neither."""
        self.competition = competition
        self.metric = metric_of(competition)
        labelled = competition.task.classifies and set(competition.targets) <= set(answers.columns)
        self._ids = self._keys(answers, "the answers", competition.targets if labelled else competition.submission.columns)
        self._columns = [name for name in competition.submission.columns if name not in competition.submission.id_columns]
        self.truth = self._codes(answers[competition.targets[0]].tolist()) if labelled else self._truth(answers)
        self.weights = self._weights(answers)

    def grade(self, submission: pd.DataFrame) -> float:
        """The competition's number. Raises CompetitionError when the submission is not valid."""
        return self.metric.score(self._by_target(self.truth), self._by_target(self.answer(submission)), self.weights)

    def answer(self, submission: pd.DataFrame) -> Array:
        """The submission's answers as the metric takes them, in the rows' order of the truth.

        Raises CompetitionError unless its ids are those of the answers, each once, and every cell holds an answer.
        """
        keys = self._keys(submission, "the submission", self.competition.submission.columns)
        if len(keys) != len(self._ids) or set(keys) != set(self._ids):
            missing, foreign = sorted(set(self._ids) - set(keys)), sorted(set(keys) - set(self._ids))
            found = f"{len(missing)} missing {missing[:3]}, {len(foreign)} unknown {foreign[:3]}"
            raise CompetitionError(f"the submission's ids are not those of the test rows: {found}")
        place = {key: position for position, key in enumerate(keys)}
        return self._answers(submission.iloc[[place[key] for key in self._ids]])

    def _by_target(self, values: Array) -> Array:
        """Of a submission with a row for each answer that is scored target by target: (N, T), NaN where nothing is asked."""
        import pandas as pd

        cells = self.competition.cells
        if cells is None or cells.pooled:
            return values
        lookup = table(self.competition.folder, cells.table)
        keys = [name for name in self.competition.submission.id_columns if name in lookup]
        asked = lookup.set_index(pd.Index([tuple(map(_plain, row)) for row in lookup[keys].to_numpy()], tupleize_cols=False))
        asked = asked.loc[pd.Index(self._ids, tupleize_cols=False)]
        rows, columns = (pd.factorize(asked[name])[0] for name in (cells.entity, cells.target))
        spread = np.full((rows.max() + 1, columns.max() + 1), np.nan)
        spread[rows, columns] = values[:, 0]
        return spread

    def _weights(self, answers: pd.DataFrame) -> Array | None:
        """(N,) how much each test row counts, where its label, the answers or the test file tell; None: all alike, or unknown."""
        import pandas as pd

        competition, weights = self.competition, self.competition.weights
        if weights is None:
            return None
        if competition.task.classifies and weights.column in competition.targets:
            told = pd.DataFrame({weights.column: [competition.classes[int(code)] for code in self.truth]})
        elif weights.column in answers:
            told = answers
        else:
            test = table(competition.folder, competition.test)
            if weights.column not in test:
                return None
            ids = (
                competition.submission.id_columns if len(competition.id_columns) == len(competition.submission.id_columns) else ()
            )
            named = test.rename(columns=dict(zip(competition.id_columns, ids, strict=False)))
            if not set(competition.submission.id_columns) <= set(named.columns):
                return None
            place = {key: position for position, key in enumerate(self._keys(named, "the test file", ()))}
            if not set(self._ids) <= set(place):
                return None
            told = test.iloc[[place[key] for key in self._ids]]
        return weighed(told, weights.model_dump())[weights.name].to_numpy(dtype=float)

    def _keys(self, frame: pd.DataFrame, what: str, columns: Sequence[str]) -> list[tuple[str, ...]]:
        wanted = self.competition.submission
        if lacking := [name for name in (*wanted.id_columns, *columns) if name not in frame]:
            raise CompetitionError(f"{what} lack the columns {lacking}: they must have {list(columns)}")
        if not wanted.id_columns:
            return [(str(position),) for position in range(len(frame))]
        keys = list(zip(*([_plain(value) for value in frame[name]] for name in wanted.id_columns), strict=True))
        if len(set(keys)) < len(keys):
            raise CompetitionError(f"{what} hold {len(keys) - len(set(keys))} ids more than once: every id must occur once")
        return keys

    def _truth(self, answers: pd.DataFrame) -> Array:
        competition, kind = self.competition, self.competition.submission.kind
        if kind == "span":
            return span_truth([""] * len(answers), self._words(answers))
        if kind == "tags":
            return self._named(answers)
        if not competition.task.classifies:
            return self._numbers(answers)
        if kind == "class_probabilities":
            return np.asarray(self._by_class(answers).argmax(axis=1), dtype=np.float64)
        return self._codes(answers[self._columns[0]].tolist())

    def _answers(self, submission: pd.DataFrame) -> Array:
        competition, kind = self.competition, self.competition.submission.kind
        if kind == "span":
            return words_of(self._words(submission))
        if kind == "tags":
            return self._named(submission)
        if not competition.task.classifies:
            return self._numbers(submission)
        if kind == "class_probabilities":
            return self._by_class(submission)
        if kind == "probability":
            positive = self._numbers(submission)[:, 0]
            return np.column_stack([1 - positive, positive])
        if kind == "ranking":
            return self._ranking(submission[self._columns[0]].tolist())
        return self._codes(submission[self._columns[0]].tolist())

    def _words(self, frame: pd.DataFrame) -> list[str]:
        """(N,) answers as they are spelled; a missing one has no word."""
        return frame[self._columns[0]].fillna("").astype(str).tolist()

    def _named(self, frame: pd.DataFrame) -> Array:
        """(N, T) whether the cell of each row names each target; a name that is none is left out."""
        tags = self.competition.tags
        assert tags is not None
        cells = [{part.strip() for part in cell.split(tags.separator.strip() or None)} for cell in self._words(frame)]
        return np.array([[name in cell for name in tags.names] for cell in cells], dtype=np.float64)

    def _numbers(self, frame: pd.DataFrame) -> Array:
        """(N, T) values; of labels of a multilabel task, 0 and 1."""
        spelled = (
            frame[self._columns].replace({"True": 1, "False": 0, True: 1, False: 0}) if self._multilabel else frame[self._columns]
        )
        try:
            values = spelled.to_numpy().astype(np.float64)
        except (ValueError, TypeError) as error:
            raise CompetitionError(f"columns {self._columns[:5]} must hold numbers in every row: {error}") from None
        if not np.isfinite(values).all():
            row, column = np.argwhere(~np.isfinite(values))[0]
            raise CompetitionError(
                f"row {row} of column {self._columns[column]!r} holds {values[row, column]}: every cell needs a finite number"
            )
        return values.reshape(-1, 1) if self.competition.submission.across else values

    @property
    def _multilabel(self) -> bool:
        return self.competition.task is TaskKind.MULTILABEL

    def _by_class(self, frame: pd.DataFrame) -> Array:
        """(N, C) in the order of the classes, whatever the order of the columns."""
        values = self._numbers(frame)
        plain = [_plain(name) for name in self._columns]
        order = []
        for label in map(_plain, self.competition.classes):
            found = [i for i, name in enumerate(plain) if name == label] or [
                i for i, name in enumerate(plain) if name.endswith(f"_{label}")
            ]
            if len(found) != 1:
                raise CompetitionError(f"no column of the submission is that of class {label!r}: {self._columns[:10]}")
            order.append(found[0])
        return values[:, order]

    def _codes(self, labels: Sequence[object]) -> Array:
        """(N,) positions among the classes."""
        position = {_plain(label): code for code, label in enumerate(self.competition.classes)}
        codes = [position.get(_plain(label), position.get(_truth_value(label))) for label in labels]
        if None in codes:
            stray = labels[codes.index(None)]
            raise CompetitionError(f"{stray!r} is none of the classes {list(self.competition.classes)[:10]}")
        return np.asarray(codes, dtype=np.float64)

    def _ranking(self, cells: Sequence[object]) -> Array:
        """(N, C): one over the place of each label that is named, 0 for the others."""
        position = {_plain(label): code for code, label in enumerate(self.competition.classes)}
        ranked = np.zeros((len(cells), len(position)))
        for row, cell in enumerate(cells):
            for place, label in enumerate(_listed(str(cell), position), start=1):
                if label not in position:
                    raise CompetitionError(f"row {row} names {label!r}, which is none of the classes")
                ranked[row, position[label]] = max(ranked[row, position[label]], 1 / place)
        return ranked


def _listed(cell: str, known: Container[str]) -> list[str]:
    """The labels of a list, separated by blanks; of labels that have blanks of their own the longest that is known."""
    words, found = cell.split(), []
    while words:
        ends = (end for end in range(len(words), 1, -1) if _plain(" ".join(words[:end])) in known)
        end = next(ends, 1)
        found.append(_plain(" ".join(words[:end])))
        words = words[end:]
    return found


def grade(competition: Competition, submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """The competition's number for a submission. Raises CompetitionError when ids or values are not valid."""
    return Grader(competition, answers).grade(submission)


def read_submission(path: Path) -> pd.DataFrame:
    """A submission or answers as they stand in a file: a label spelled "NA" stays a label. Raises OSError, ValueError."""
    import pandas as pd

    return pd.read_csv(path, keep_default_na=False)


def _plain(value: object) -> str:
    """A label or id, spelled the same whether it was read as a number or as text."""
    text = str(value).strip()
    return text.partition(".")[0] if re.fullmatch(r"-?\d+\.0+", text) else text


def _truth_value(value: object) -> str:
    """Answers of a yes-no question may be given as 0 and 1 where the classes are False and True, and the other way round."""
    return {"0": "False", "1": "True", "False": "0", "True": "1"}.get(_plain(value), "")
