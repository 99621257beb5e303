"""Stage 2, shape: ids, targets, columns and their kinds, the task, its classes, and pictures found by id."""

from __future__ import annotations

import pandas as pd

from agentk.competitions.columns.chosen import as_one_class
from agentk.competitions.columns.ids import find_ids
from agentk.competitions.columns.kinds import described
from agentk.competitions.columns.spans import passage_of
from agentk.competitions.columns.spelling import agree_on_types, keep_words, read_amounts, spread_numbers, turn_dates
from agentk.competitions.columns.tags import part_tags
from agentk.competitions.columns.targets import find_targets
from agentk.competitions.columns.task import classes_of, task_of
from agentk.competitions.draft import Draft, Stage
from agentk.competitions.files.tables import is_excerpt, parts_of, same_rows, sample_of, several, spelled_keys
from agentk.competitions.layouts.candidates import find_candidates
from agentk.competitions.layouts.cells import asked_of, find_cells
from agentk.competitions.layouts.composed import compose_ids
from agentk.competitions.layouts.grid import set_side_by_side
from agentk.competitions.layouts.sides import join_sides
from agentk.competitions.pictures.named import file_columns
from agentk.competitions.pictures.pixels import as_pixels, find_pixels, reason_of
from agentk.errors import CompetitionError
from agentk.types.competition import ColumnKind, TaskKind


def find_shape(draft: Draft) -> Draft:
    """Fills ids, targets, columns, task and classes. Raises CompetitionError where only the person can say."""
    draft = compose_ids(join_sides(find_cells(set_side_by_side(read_amounts(draft)))))
    draft = agree_on_types(spread_numbers(draft))
    if draft.value is not None:
        draft = draft.grown(targets=(draft.value,), reason=f"the sample submission asks for the next steps of {draft.value}")
    elif draft.cells is None and (draft := find_candidates(draft)).candidates is None:
        draft = part_tags(as_one_class(find_targets(find_ids(draft))))
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
    in_files = bool(pictures.file_columns) and draft.overrides.pixels is None
    pixels = None if in_files else find_pixels(draft, columns, train, test)
    if pixels is not None:
        columns = as_pixels(columns, pixels)
        draft = draft.grown(pixels=pixels, reason=reason_of(pixels, draft.speaker))
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
    sample = sample_of(draft)
    if sample is None or draft.value is not None or draft.candidates is not None:
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
