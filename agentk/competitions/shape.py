"""Stage 2, shape: ids, targets, columns and their kinds, the task, its classes, and pictures found by id."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
from pandas.api import types

from agentk.competitions.cells import asked_of, find_cells
from agentk.competitions.composed import compose_ids
from agentk.competitions.draft import Draft, Stage
from agentk.competitions.grid import set_side_by_side
from agentk.competitions.kinds import described, looks_like_id
from agentk.competitions.metrics.weightings import called_weight, speaks_of_weights
from agentk.competitions.pictures import file_columns
from agentk.competitions.sides import join_sides
from agentk.competitions.spans import passage_of
from agentk.competitions.spelling import agree_on_types, keep_words, read_amounts, spread_numbers, turn_dates
from agentk.competitions.tables import is_excerpt, parts_of, same_rows, several, spelled_keys, table
from agentk.competitions.task import classes_of, one_column_per_class, task_of
from agentk.errors import CompetitionError
from agentk.types.competition import ColumnKind, TaskKind

_TARGET_NAMES = ("target", "label", "labels", "class", "y", "outcome", "response")


def find_shape(draft: Draft) -> Draft:
    """Fills ids, targets, columns, task and classes. Raises CompetitionError where only the person can say."""
    draft = agree_on_types(compose_ids(join_sides(find_cells(set_side_by_side(spread_numbers(read_amounts(draft)))))))
    if draft.cells is None:
        draft = _find_targets(_find_ids(draft))
    draft = _refuse_empty_targets(keep_words(draft))
    train, test = parts_of(draft)
    targets = set(draft.targets)
    shared = [name for name in train.columns if name in test.columns and name not in targets]
    columns = tuple(described(name, train[name], test[name]) for name in shared)
    draft = turn_dates(draft, columns)
    train, test = parts_of(draft)
    pictures = file_columns(draft.folder, columns, train, test)
    passage = _passage(draft, train, shared)
    if passage is None:
        task, reason, doubt = task_of(draft, train[list(draft.targets)])
    else:
        task, doubt = TaskKind.SPANS, None
        reason = f"spans: {passage[1]:.1%} of the values of {draft.targets[0]} are a part of their row's {passage[0]}"
    classes, class_doubt = classes_of(draft, task, train[draft.targets[0]])
    known = train[list(draft.targets)].notna()
    rows = int(known.any(axis=1).sum())
    if pictures.file_columns:  # what names them is no path itself
        as_names = {"kind": ColumnKind.IDENTIFIER}
        columns = tuple(c.model_copy(update=as_names) if c.kind is ColumnKind.IMAGE else c for c in columns)
    draft = draft.grown(
        columns=(*columns, *pictures.columns),
        file_columns=pictures.file_columns,
        train_only=tuple(name for name in train.columns if name not in test.columns and name not in targets),
        task=task,
        passage=passage and passage[0],
        classes=classes,
        rows=rows,
        test_rows=len(test),
        reason=reason,
        doubt=doubt,
    )
    if rows < len(train):
        draft = draft.grown(reason=f"{len(train) - rows} of {len(train)} training rows have no target and are left out")
    if holes := rows * known.shape[1] - int(known.to_numpy().sum()):
        gaps = holes / (rows * known.shape[1])
        told = f"{gaps:.0%} of the targets' values are unknown: each target is fitted and scored where it is known"
        draft = draft.grown(gaps=gaps, reason=told)
    return draft.grown(reason=pictures.reason, doubt=class_doubt)


def _passage(draft: Draft, train: pd.DataFrame, shared: list[str]) -> tuple[str, float] | None:
    """The text that answers are cut from, where that is asked. Raises CompetitionError where the person says so and it is not."""
    said = draft.overrides.task
    if len(draft.targets) > 1 or said not in (None, TaskKind.SPANS) or TaskKind.SPANS.value in draft.refused("shape"):
        return None
    found = passage_of(train, draft.targets[0], shared, said=said is TaskKind.SPANS)
    if found is None and said is TaskKind.SPANS:
        raise CompetitionError(
            f"--task spans: no text of train and test holds half of the values of {draft.targets[0]}, each in its own row."
        )
    return found


def _sample(draft: Draft) -> pd.DataFrame | None:
    return table(draft.folder, draft.sample) if draft.sample else None


def _find_ids(draft: Draft) -> Draft:
    train, test = parts_of(draft)
    sample = _sample(draft)
    if draft.overrides.id:
        missing = [name for name in draft.overrides.id if name not in test.columns]
        if missing:
            raise CompetitionError(f"--id {' '.join(missing)}: the test file has no such column. It has {several(test.columns)}.")
        return draft.grown(id_columns=draft.overrides.id, reason=f"ids as {draft.speaker} said")
    if draft.sample and sample is not None:
        shared = tuple(name for name in sample.columns if name in test.columns and name not in _only_in(train, test, sample))
        shared = tuple(name for name in shared if not _all_missing(test[name]))
        if shared:
            few = f"{draft.sample.path} shows {len(sample)} of the {len(test)} test rows: all of them are answered"
            return draft.grown(
                id_columns=shared,
                reason=f"{several(shared)} identifies the rows: the sample submission repeats it",
                doubt=few if is_excerpt(sample, len(test)) else None,
            )
        renamed = next((n for n in test.columns if len(test) == len(sample) and _same_values(test[n], sample.iloc[:, 0])), None)
        if renamed:
            return draft.grown(
                id_columns=(renamed,), reason=f"{renamed} holds the ids of the sample submission under another name"
            )
        doubt = None if _counts(sample.iloc[:, 0]) else f"the rows of test are taken to be in the order of {draft.sample.path}"
        return draft.grown(id_columns=(), reason="the test file has no ids: rows are answered in their order", doubt=doubt)
    named = [name for name in test.columns if looks_like_id(name) and test[name].is_unique]
    if named:
        return draft.grown(
            id_columns=(named[0],), reason=f"{named[0]} is called as ids are, and no value occurs twice in the test file"
        )
    return draft.grown(id_columns=(), doubt="the test file has no ids: the row number is used (--id COLUMN names one)")


def _only_in(train: pd.DataFrame, test: pd.DataFrame, sample: pd.DataFrame) -> set[str]:
    """Columns of the sample that the test file has too, empty or not, yet are answers: the last one where all are shared."""
    shared = [name for name in sample.columns if name in test.columns]
    return {shared[-1]} if len(shared) == len(sample.columns) > 1 and shared[-1] in train.columns else set()


def _all_missing(values: pd.Series[Any]) -> bool:
    return bool(values.isna().all())


def _counts(values: pd.Series[Any]) -> bool:
    """Whether values are whole numbers that go up by one from row to row."""
    return types.is_integer_dtype(values) and bool((values.diff().dropna() == 1).all())


def _same_values(first: pd.Series[Any], second: pd.Series[Any]) -> bool:
    return first.is_unique and set(first.astype(str)) == set(second.astype(str))


def _find_targets(draft: Draft) -> Draft:
    train, test = parts_of(draft)
    if draft.overrides.target:
        missing = [name for name in draft.overrides.target if name not in train.columns]
        if missing:
            raise CompetitionError(
                f"--target {' '.join(missing)}: the train file has no such column. It has {several(train.columns)}."
            )
        return draft.grown(targets=draft.overrides.target, reason=f"targets as {draft.speaker} said")
    begins_empty = set(test.columns[test.iloc[0].isna()])
    alone = [name for name in train.columns if name not in test.columns or (name in begins_empty and _all_missing(test[name]))]
    alone = _without_weights(draft, alone)
    sample = _sample(draft)
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
    """The columns that repeat a few values, the sample's answers among them."""
    asked = set(answers.dropna().astype(str))
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


def _refuse_empty_targets(draft: Draft) -> Draft:
    train, _ = parts_of(draft)
    for name in draft.targets:
        known = train[name].dropna()
        if known.empty:
            raise CompetitionError(
                f"the target {name} has no value in any of the {len(train)} training rows. Choose with --target COLUMN."
            )
        if len(draft.targets) == 1 and known.astype(str).nunique() == 1:
            raise CompetitionError(f"the target {name} is {known.iloc[0]!r} in every training row: there is nothing to learn.")
    return draft


def _ids_fit_the_sample(draft: Draft) -> str | None:
    """T3: the test rows and the sample submission speak of the same rows."""
    sample = _sample(draft)
    if sample is None:
        return None
    _, test = parts_of(draft)
    if draft.cells is not None:
        rows, targets = asked_of(draft, test)
        lost = sample.iloc[:, 0][(rows < 0) | (targets < 0)]
        return f"nothing says what the row {lost.iloc[0]} of {draft.cells.table.path} asks for" if len(lost) else None
    where = f"{draft.sample.path if draft.sample else ''} has {len(sample)} rows, the test file {len(test)}"
    ids = [name for name in draft.id_columns if name in sample.columns]
    if ids and _shows_a_few(sample, test, ids):
        return None
    if len(sample) < len(test) and ids and test[ids[0]].isin(sample[ids[0]]).all() and sample[ids[0]].is_unique:
        return (
            f"{where}, several for each {ids[0]} that the sample asks for: agentk answers rows, it does not choose among them. "
            f"Give test and train one row for each {ids[0]}, or a sample with a row for each test row (--sample FILE)"
        )
    if len(sample) != len(test):
        return f"{where}: they must be the same rows. Download both again, or name the files with --test and --sample"
    if not ids or same_rows(sample, test, ids):
        return None
    asked, given = (set(spelled_keys(frame, ids).itertuples(index=False, name=None)) for frame in (sample, test))
    lost = next(iter(asked ^ given), "one that occurs more often in one of them")
    where = "the ids of the sample submission and of the test file differ"
    return f"{where}, for instance {lost}: name the files with --test and --sample"


def _shows_a_few(sample: pd.DataFrame, test: pd.DataFrame, ids: list[str]) -> bool:
    """Whether the sample submission is an example of some test rows."""
    if not is_excerpt(sample, len(test)):
        return False
    shown, known = (set(spelled_keys(frame, ids).itertuples(index=False, name=None)) for frame in (sample, test))
    return shown <= known


def _targets_are_known(draft: Draft) -> str | None:
    """T2: a target in train, never one in test's columns."""
    features = {column.name for column in draft.columns}
    if not draft.targets or features & set(draft.targets):
        return f"targets {several(draft.targets)} are missing or among the features"
    return None


def _kinds_are_sound(draft: Draft) -> str | None:
    """T1 and T4: there is something to predict from, every shared column has a kind, a category is no identifier."""
    if all(column.kind in (ColumnKind.CONSTANT, ColumnKind.IDENTIFIER) for column in draft.columns) and len(draft.columns) < 1:
        return "train and test share no column: there is nothing to predict from"
    return None


def _classes_are_complete(draft: Draft) -> str | None:
    """T5: every label of train is a class, and none occurs twice."""
    if draft.task is None or not draft.task.classifies:
        return None
    train, _ = parts_of(draft)
    labels = set(train[draft.targets[0]].dropna().unique())
    return (
        None
        if labels == set(draft.classes) and len(labels) == len(draft.classes)
        else f"classes {draft.classes} are not the labels of train"
    )


SHAPE = Stage("shape", find_shape, (_kinds_are_sound, _targets_are_known, _ids_fit_the_sample, _classes_are_complete))
