"""What is asked: classes or values, how many targets, which labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from agentk.competitions.draft import Draft
from agentk.competitions.files.tables import several
from agentk.competitions.metrics import metric_named
from agentk.competitions.metrics.function import function_of
from agentk.competitions.metrics.reference import is_reference, read_reference
from agentk.competitions.metrics.wording import metric_in
from agentk.errors import CompetitionError
from agentk.types.competition import Label, TaskKind
from agentk.types.metric import Form

_GRADED = {"qwk", "linear_kappa"}
_EVEN_HANDED = {"accuracy", "balanced_accuracy", "f1_macro", "f1_micro", "f1_weighted", "mcc", "kappa"}
_YES = {"yes", "y", "true", "t", "1", "positive", "pos", "spam", "fraud", "sick", "malignant", "churn"}
_MOST_COLUMNS_KNOWN = 0.8  # share of a submission's columns that are classes of train
_MOST_CLASSES = 30  # whole numbers with more distinct values are taken as quantities, unless the metric says otherwise


def task_of(draft: Draft, targets: pd.DataFrame) -> tuple[TaskKind, str, str | None]:
    """The task with its reason, and a doubt where it could be another. Raises CompetitionError where it is none agentk knows."""
    if draft.overrides.task:
        return draft.overrides.task, f"{draft.overrides.task.value}: as {draft.speaker} said", None
    if len(targets.columns) > 1:
        return _several_targets(targets)
    if draft.value is not None:
        return TaskKind.REGRESSION, f"regression: the next steps of series are numbers ({draft.value})", None
    name = str(targets.columns[0])
    known = targets[name].dropna()
    distinct = int(known.astype(str).nunique())
    metric = wanted_metric(draft)
    form = _wanted_form(draft, metric)
    if types.is_bool_dtype(known) or not types.is_numeric_dtype(known):
        task = TaskKind.BINARY if distinct == 2 else TaskKind.MULTICLASS
        doubt = _too_many(name, distinct, len(known)) or _several_in_one(name, known)
        return task, f"{task.value}: {name} has {distinct} labels", doubt
    whole = bool((known % 1 == 0).all())
    if refused := draft.refused("shape"):
        return _other_task(name, whole, distinct, refused)
    if metric in _GRADED and whole:
        return TaskKind.ORDINAL, f"ordinal: {name} has {distinct} grades and is scored by {metric}", None
    if form == "values":
        return TaskKind.REGRESSION, f"regression: {name} is a number scored by {metric}", None
    if distinct == 2:
        return TaskKind.BINARY, f"binary: {name} has 2 values", None
    if form is not None and whole:
        return TaskKind.MULTICLASS, f"multiclass: {name} has {distinct} values, scored by {metric}", None
    if whole and distinct <= _MOST_CLASSES and distinct < 0.2 * len(known):
        doubt = f"{name} has {distinct} whole values: taken as classes (--task regression says otherwise)"
        return TaskKind.MULTICLASS, f"multiclass: {name} has {distinct} values", doubt
    return TaskKind.REGRESSION, f"regression: {name} is a number with {distinct} distinct values", None


def _other_task(name: str, whole: bool, distinct: int, refused: set[str]) -> tuple[TaskKind, str, str | None]:
    """What a number may be that is not what was believed at first. Raises CompetitionError when nothing is left."""
    classes = TaskKind.BINARY if distinct == 2 else TaskKind.MULTICLASS
    left = [task for task in (classes, TaskKind.REGRESSION) if task.value not in refused and (whole or not task.classifies)]
    if not left:
        raise CompetitionError(f"{name} is neither {' nor '.join(sorted(refused))}: say what is asked with --task TASK.")
    doubt = f"{name} is taken as {left[0].value}, as it is not {' or '.join(sorted(refused))} (--task TASK says otherwise)"
    return left[0], f"{left[0].value}: what else fits contradicts the submission or the metric", doubt


def wanted_metric(draft: Draft) -> str | None:
    """The metric's name by flag or by the description's words. Raises SettingError when the flag names none."""
    said = draft.overrides.metric
    if said and is_reference(said):
        return read_reference(said).name
    return metric_named(said).name if said else metric_in(draft.description)


def _wanted_form(draft: Draft, metric: str | None) -> Form | None:
    """What that metric takes as answers, where it says so."""
    said = draft.overrides.metric
    if said and is_reference(said):
        return function_of(said).form
    return metric_named(metric).form if metric else None


def classes_of(draft: Draft, task: TaskKind, target: pd.Series[Any]) -> tuple[tuple[Label, ...], str | None]:
    """The labels in the order of the prediction's columns, the positive one last; a doubt where that is a guess."""
    if not (task.classifies or task is TaskKind.ORDINAL):
        return (), None
    labels = sorted_labels(target)
    if task is not TaskKind.BINARY:
        return labels, None
    if len(labels) != 2:
        raise CompetitionError(f"--task binary: {target.name} has {len(labels)} values, not 2: {several(labels)}.")
    said = draft.overrides.positive
    if said is not None:
        if said not in map(str, labels):
            raise CompetitionError(f"--positive {said}: {target.name} is one of {several(labels)}.")
        return _last(labels, lambda label: str(label) == said), None
    if not isinstance(labels[0], str):
        return labels, None
    if any(label.lower() in _YES for label in map(str, labels)):
        return _last(labels, lambda label: str(label).lower() in _YES), None
    spoken = [label for label in labels if _is_asked_for(str(label), draft.description)]
    if len(spoken) == 1:
        return _last(labels, lambda label: label == spoken[0]), None
    if wanted_metric(draft) in _EVEN_HANDED:
        return labels, None
    return labels, f"{labels[1]} is taken as the positive class rather than {labels[0]} (--positive LABEL says otherwise)"


def _is_asked_for(label: str, description: str) -> bool:
    """Whether the description wants this label's probability, or calls it 1."""
    word = rf"(?<!\w){re.escape(label)}(?!\w)"
    quoted = rf"probabilit\w+[^.\n]{{0,60}}['\"`*]{re.escape(label)}['\"`*]"
    says = r"(=|:|if|for|means|is|indicates|represents)"
    coded = rf"(?<![\w.])1 ?{says}[^.,;\n)\d]{{0,40}}{word}|{word} ?(=|:|is|as) ?['\"`]?1(?![\w.])"
    return bool(re.search(quoted, description) or re.search(coded, description, re.IGNORECASE))


def sorted_labels(target: pd.Series[Any]) -> tuple[Label, ...]:
    """The distinct labels as plain Python values, sorted."""
    values = [value.item() if isinstance(value, np.generic) else value for value in target.dropna().unique()]
    if values and all(isinstance(value, float) and value.is_integer() for value in values) and not target.isna().any():
        return tuple(sorted(values))
    return tuple(sorted(values, key=lambda value: (str(type(value)), value)))


def one_column_per_class(target: pd.Series[Any], columns: Sequence[str]) -> bool:
    """Whether a submission's columns are the target's labels, by themselves or with a common word before them."""
    labels = target.dropna().unique()
    return 1 < len(labels) <= len(columns) and class_columns(columns, sorted(map(str, labels))) is not None


def class_columns(columns: Sequence[str], labels: Sequence[str]) -> dict[str, str] | None:
    """Which column holds the probability of which label, None when they do not correspond: {"Status_C": "C", …}.

    A few columns may be of classes that no training row has; they are left out.
    """
    found: dict[str, str] = {label: label for label in set(labels) & set(columns)}
    for label in sorted(set(labels) - set(found), key=len, reverse=True):
        free = [column for column in columns if column not in found]
        end = re.compile(rf"(^|[^0-9a-z]|(?<=[a-z])(?=\d)){re.escape(label.lower())}$")
        fits = [c for c in free if _plain(c) == _plain(label)] or [c for c in free if end.search(c.lower())]
        if len(fits) != 1:
            return None
        found[fits[0]] = label
    return found if len(found) >= _MOST_COLUMNS_KNOWN * len(columns) else None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower().removesuffix(".0"))


def _several_targets(targets: pd.DataFrame) -> tuple[TaskKind, str, str | None]:
    names = several(targets.columns, 4)
    words = [name for name in targets.columns if not types.is_numeric_dtype(targets[name])]
    if words:
        what = "lists" if isinstance(targets[words[0]].dropna().iloc[0], list) else "words"
        raise CompetitionError(
            f"{several(words)} hold {what}: several targets must be numbers, or true and false. Choose one with --target."
        )
    if all(set(targets[name].dropna().unique()) <= {0, 1} for name in targets.columns):
        exclusive = bool((targets.dropna().sum(axis=1) == 1).all())
        doubt = (
            f"{names} exclude one another in every training row, yet are predicted and scored one by one" if exclusive else None
        )
        return TaskKind.MULTILABEL, f"multilabel: {names} are true or false each", doubt
    return TaskKind.MULTIOUTPUT, f"multioutput: {len(targets.columns)} numbers ({names})", None


def _too_many(name: str, distinct: int, rows: int) -> str | None:
    """A doubt where few labels come twice. Raises CompetitionError where none does: there is nothing to learn then."""
    if rows >= _MOST_CLASSES and distinct == rows:
        raise CompetitionError(
            f"{name} has another label in each of its {rows} rows: nothing can be learned of it. Name another column with "
            "--target COLUMN; if these are numbers, write them plainly, such as 1234.56."
        )
    return f"{name} has {distinct} labels in {rows} rows: is it the target? (--target COLUMN)" if distinct > 0.5 * rows else None


def _several_in_one(name: str, known: pd.Series[Any]) -> str | None:
    """A doubt where cells hold several of a few labels, in many combinations."""
    cells = pd.Series(known.astype(str).unique())
    parts = cells.str.split(r"[\s,;|]+", regex=True)
    few = set(parts.explode())
    if len(cells) < 10 or len(few) > 0.8 * len(cells) or not few & set(cells) or parts.map(len).mean() < 1.5:
        return None
    return f"cells of {name} hold several labels at once: each combination is taken as one class"


def _last(labels: tuple[Label, ...], positive: Any) -> tuple[Label, ...]:
    return tuple(sorted(labels, key=lambda label: bool(positive(label))))
