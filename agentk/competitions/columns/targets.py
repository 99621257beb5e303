"""Which columns are to be predicted: by the sample submission, by what only train has, by their names and the description."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from agentk.competitions.columns.task import one_column_per_class
from agentk.competitions.draft import Draft
from agentk.competitions.files.tables import parts_of, sample_of, several
from agentk.competitions.metrics.weightings import called_weight, speaks_of_weights
from agentk.errors import CompetitionError

_TARGET_NAMES = ("target", "label", "labels", "class", "y", "outcome", "response")


def find_targets(draft: Draft) -> Draft:
    """Fills `targets`. Raises CompetitionError where nothing tells, or what was said does not hold."""
    train, test = parts_of(draft)
    if draft.overrides.target:
        missing = [name for name in draft.overrides.target if name not in train.columns]
        if missing:
            raise CompetitionError(
                f"--target {' '.join(missing)}: the train file has no such column. It has {several(train.columns)}."
            )
        return draft.grown(targets=draft.overrides.target, reason=f"targets as {draft.speaker} said")
    begins_empty = set(test.columns[test.iloc[0].isna()])
    alone = [name for name in train.columns if name not in test.columns or (name in begins_empty and test[name].isna().all())]
    alone = _without_weights(draft, alone)
    sample = sample_of(draft)
    answers = _answer_columns(draft, sample) if sample is not None else []
    named = [match for name in answers if (match := _spelled(name, train.columns)) is not None]
    if answers and len(named) == len(answers):
        return draft.grown(targets=tuple(named), reason=f"the sample submission asks for {several(named)}")
    if not alone:
        raise CompetitionError(
            f"{draft.folder}: every column of train is in test as well, so none is to be predicted. Name it with --target COLUMN."
            f"{_unexplained(sample, test)}"
        )
    by_class = [name for name in alone if one_column_per_class(train[name], answers)]
    if by_class:
        return draft.grown(targets=(by_class[0],), reason=f"the sample submission has one column for each value of {by_class[0]}")
    if len(alone) == 1:
        return draft.grown(targets=(alone[0],), reason=f"{alone[0]} is the only column that train has and test has not")
    likely = [name for name in alone if name.lower() in _TARGET_NAMES] or _called_target(draft.description, alone)
    if len(likely) == 1:
        return draft.grown(
            targets=(likely[0],),
            doubt=f"{likely[0]} is taken as the target among {several(alone)} (--target COLUMN says otherwise)",
        )
    alike = _like_the_sample(train[alone], sample[answers[0]]) if sample is not None and len(answers) == 1 else []
    if len(alike) == 1:
        return draft.grown(
            targets=(alike[0],),
            doubt=f"{alike[0]} is taken as the target among {several(alone)}: only it has values such as the sample's "
            "(--target COLUMN says otherwise)",
        )
    raise CompetitionError(
        f"{draft.folder}: train has {len(alone)} columns that test has not ({several(alone)}), and nothing "
        f"says which is the target. Name it with --target COLUMN.{_unexplained(sample, test)}"
    )


def _unexplained(sample: pd.DataFrame | None, test: pd.DataFrame) -> str:
    """What a sample submission with more rows than test leaves open, in words."""
    if sample is None or sample.shape[1] < 2 or len(sample) <= len(test):
        return ""
    return (
        f" The sample submission has {len(sample)} rows for {len(test)} test rows, and neither its ids, such as "
        f"{sample.iloc[:, 0].astype('str').iloc[0]}, nor a table beside it tells which target of which row each asks for."
    )


def _without_weights(draft: Draft, alone: list[str]) -> list[str]:
    """Columns that only train has, but those that weigh its rows."""
    spoken = draft.overrides.weights or speaks_of_weights(draft.description)
    left = [name for name in alone if name != draft.overrides.weights and not (spoken and called_weight(name))]
    return left or alone


def _like_the_sample(columns: pd.DataFrame, answers: pd.Series[Any]) -> list[str]:
    """The columns that repeat a few values, the sample's answers among them; else those that hold each of its ranked words."""
    asked = set(answers.dropna().astype(str))
    words = {word for cell in asked for word in cell.split()}
    if not words & asked and len(words) > 1:
        return [str(name) for name in columns if words <= set(columns[name].dropna().astype(str))]
    few = [str(name) for name in columns if columns[name].nunique() <= max(2, 0.02 * len(columns))]
    return [name for name in few if asked and asked <= set(columns[name].dropna().astype(str))]


def _answer_columns(draft: Draft, sample: pd.DataFrame) -> list[str]:
    """The columns of the sample that are to be filled in."""
    if draft.id_columns and set(draft.id_columns) <= set(sample.columns):
        return [name for name in sample.columns if name not in draft.id_columns]
    return list(sample.columns[1:]) if sample.shape[1] > 1 else list(sample.columns)


def _spelled(name: str, columns: pd.Index[Any]) -> str | None:
    """The column of that name, case and surrounding blanks aside."""
    if name in columns:
        return name
    return next((str(column) for column in columns if str(column).strip().lower() == name.strip().lower()), None)


def _called_target(description: str, names: list[str]) -> list[str]:
    """Columns that a line of the description calls the target."""
    lines = [
        line for line in description.splitlines() if re.search(r"\b(target|to predict|to be predicted)\b", line, re.IGNORECASE)
    ]
    return [name for name in names if any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line) for line in lines)]
