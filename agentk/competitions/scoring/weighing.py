"""Weights in setup: which rows, targets or classes count more in the metric, as the person says or the description tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from pandas.api import types

from agentk.competitions.draft import Draft
from agentk.competitions.files.rows import weighed
from agentk.competitions.files.tables import parts_of, several
from agentk.competitions.metrics.entry import NamedMetric
from agentk.competitions.metrics.function import function_of
from agentk.competitions.metrics.own import metric_of
from agentk.competitions.metrics.reference import is_reference
from agentk.competitions.metrics.weightings import Condition, Weighting, leaves_out, speaks_of_weights, weightings
from agentk.competitions.scoring.truth import perfect_answer, truth_of
from agentk.errors import SettingError
from agentk.types.competition import RowWeights
from agentk.types.metric import Array

SAY = "--weights COLUMN, COLUMN:VALUE=NUMBER,… or NAME=NUMBER,… says them, --weights none that there are none"
_MADE = "row_weight"
_WITHOUT_ZEROS = ("rmspe", "mspe", "mape", "medape", "smape")  # a share of 0 is none
_FEW = 50  # values of a column by which rows may be told apart
_ROWS = 2_000


def find_weights(draft: Draft) -> Draft:
    """Fills the weights. Raises SettingError when what `--weights` says is no column, value, target or class, or no number."""
    draft = _without(draft)
    said = draft.overrides.weights
    if said is None and draft.overrides.metric and is_reference(draft.overrides.metric):
        said = function_of(draft.overrides.metric).weights
    if said is not None:
        return draft if said.strip().lower() == "none" else _said(draft, said)
    for told in weightings(draft.description, _names(draft), tuple(map(str, parts_of(draft)[0].columns))):
        grown = _told(draft, told)
        if grown is not None:
            return grown.grown(reason=f"the description says '{told.words}'")
    return draft


def fitting(draft: Draft) -> Draft:
    """The draft with the weights that its metric can be scored with; a doubt in place of those that it cannot.

    Raises SettingError when the person said them.
    """
    draft = _classes_as_rows(draft)
    metric, problem = metric_of(draft), None
    if draft.weights is None and not draft.column_weights and _in_the_dark(draft):
        words = speaks_of_weights(draft.description)
        return draft.grown(
            doubt=f"the description speaks of weights ('{words}'), of which {metric.name} is scored without ({SAY})"
        )
    if words := _left_out(draft):
        draft = draft.grown(doubt=f"the description says '{words}': {metric.name} is scored over all rows ({SAY})")
    if draft.weights is not None and not metric.weighs_rows:
        problem = f"{metric.name} cannot weigh rows"
    elif draft.column_weights and (draft.own_metric is not None or not _weighs_columns(draft, metric)):
        problem = f"{metric.name} has no columns that could count differently"
    if problem is None:
        return draft
    if draft.overrides.weights:
        raise SettingError(f"--weights {draft.overrides.weights}: {problem}. Name another --metric, or leave the weights out.")
    return _without(draft).grown(doubt=f"{problem}: it is scored without weights (--metric NAME says otherwise)")


def _in_the_dark(draft: Draft) -> bool:
    """Whether the description speaks of weights, and neither it nor the person nor a doubt tells which."""
    own = any(word in draft.metric for word in ("kappa", "balanced"))  # it weighs grades, or classes, itself
    settled = draft.overrides.weights is not None or draft.own_metric is not None or own
    return not settled and not any("--weights" in doubt for doubt in draft.doubts) and bool(speaks_of_weights(draft.description))


def _left_out(draft: Draft) -> str:
    """What the description says of rows that are not scored, where neither weights nor the metric itself see to it."""
    if draft.weights is not None or draft.overrides.weights is not None or draft.own_metric is not None:
        return ""
    words = leaves_out(draft.description)
    return "" if draft.metric in _WITHOUT_ZEROS and re.search(r"\b(0|zeros?)\b", words) else words


def weights_of_draft(draft: Draft) -> Array | None:
    """(N,) how much each labelled training row of a draft counts; None: all alike."""
    if draft.weights is None:
        return None
    train, _ = parts_of(draft)
    rows = train.dropna(subset=list(draft.targets), how="all")
    return weighed(rows, draft.weights.model_dump())[draft.weights.name].to_numpy(dtype=float)


def _names(draft: Draft) -> tuple[str, ...]:
    """What may have a weight of its own: several targets, else the classes."""
    return draft.targets if len(draft.targets) > 1 else tuple(map(str, draft.classes))


def _said(draft: Draft, said: str) -> Draft:
    """As `--weights` says."""
    train, _ = parts_of(draft)
    words = f"weights as {draft.speaker} said"
    if said in train.columns:
        return _by_column(draft, said, f"--weights {said}").grown(reason=f"{words}: {said} holds them")
    column, colon, table = said.rpartition(":")
    each = _numbers(said, table if colon else said)
    otherwise = each.pop("else", 1.0)
    if colon:
        if column not in train.columns:
            raise SettingError(f"--weights {said}: train has no column {column!r}. It has {several(train.columns)}.")
        strange = [value for value in each if not _holds(train[column], value)]
        if strange:
            has = several(train[column].dropna().unique()[:12])
            raise SettingError(f"--weights {said}: {column} is never {strange[0]!r}. It has {has}.")
        return _by_value(draft, column, each, otherwise).grown(reason=words)
    names = _names(draft)
    foreign = [name for name in each if name not in names]
    if foreign:
        has = (
            f"The {'targets' if len(draft.targets) > 1 else 'classes'} are {several(names)}" if names else "There are no classes"
        )
        raise SettingError(f"--weights {said}: {foreign[0]!r} is no column of train, no target and no class. {has}.")
    return _by_name(draft, {name: each.get(name, otherwise) for name in names}).grown(reason=words)


def _numbers(said: str, table: str) -> dict[str, float]:
    """NAME=NUMBER,… as numbers."""
    found = {}
    for part in table.split(","):
        name, equals, number = part.rpartition("=")
        try:
            weight = float(number)
        except ValueError:
            weight = float("nan")
        if not equals or not np.isfinite(weight) or weight < 0:
            raise SettingError(
                f"--weights {said}: {part.strip()!r} is no weight. Say a column of train that holds them, "
                "COLUMN:VALUE=NUMBER,…,else=NUMBER, or NAME=NUMBER,… of targets or classes; numbers are 0 or more."
            )
        found[name.strip()] = weight
    if not any(found.values()):
        raise SettingError(f"--weights {said}: nothing counts: a weight must be above 0.")
    return found


def _told(draft: Draft, told: Weighting) -> Draft | None:
    """As a description tells; None where the files do not bear it out."""
    train, test = parts_of(draft)
    if told.column is not None:
        values = train[told.column]
        only = told.column not in test.columns
        if told.column in draft.targets or not _are_weights(values) or not (only or told.certain):
            return None
        return _by_column(draft, told.column, "")
    if told.names:
        return _by_name(draft, told.names)
    meant = [found for condition in told.conditions if (found := _meant(draft, train, condition)) is not None]
    if len(meant) != len(told.conditions) or len({column for column, _ in meant}) != 1:
        return None
    values_of = {value: condition.weight for (_, value), condition in zip(meant, told.conditions, strict=True)}
    return _by_value(draft, meant[0][0], values_of, told.otherwise)


def _meant(draft: Draft, train: pd.DataFrame, condition: Condition) -> tuple[str, str] | None:
    """The column and the value of it that a description means, where just one column fits."""
    found = []
    aside = {*draft.id_columns, *(draft.targets if len(draft.targets) > 1 else ())}
    for name in map(str, train.columns):
        if name in aside or (values := _few(train[name])) is None:
            continue
        value = condition.value_of(name, values)
        if value is not None:
            found.append((name, value))
    return found[0] if len(found) == 1 else None


def _few(values: pd.Series) -> list[str] | None:
    """What a column holds, as spelled, where that is little."""
    distinct = values.dropna().unique()
    return [str(value).removesuffix(".0") for value in distinct] if 2 <= len(distinct) <= _FEW else None


def _holds(values: pd.Series, value: str) -> bool:
    probe = pd.DataFrame({"held": values.dropna().drop_duplicates()})
    rule = {"name": "found", "column": "held", "values": {value: 1.0}, "otherwise": 0.0}
    return bool(weighed(probe, rule)["found"].any())


def _are_weights(values: pd.Series) -> bool:
    """Whether they are numbers, none below 0, that differ."""
    if not types.is_numeric_dtype(values) or types.is_bool_dtype(values):
        return False
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    return bool(np.isfinite(numbers).all() and (numbers >= 0).all() and np.ptp(numbers) > 0)


def _by_column(draft: Draft, column: str, said: str) -> Draft:
    train, test = parts_of(draft)
    if said and column in draft.targets:
        raise SettingError(f"{said}: {column} is a target. Say COLUMN:VALUE=NUMBER,… to weigh rows by their label.")
    if said and not _are_weights(train[column]):
        raise SettingError(
            f"{said}: weights are numbers of 0 or more that differ, {column} holds {several(train[column].unique()[:5])}."
        )
    name = column if column not in test.columns else _free(train)
    return _with(draft, RowWeights(name=name, column=column))


def _by_value(draft: Draft, column: str, values: dict[str, float], otherwise: float) -> Draft:
    train, _ = parts_of(draft)
    return _with(draft, RowWeights(name=_free(train), column=column, values=values, otherwise=otherwise))


def _by_name(draft: Draft, weights: Mapping[str, float]) -> Draft:
    return draft.grown(column_weights=tuple(weights[name] for name in _names(draft)))


def _classes_as_rows(draft: Draft) -> Draft:
    """Weights of classes as weights of their rows, where the metric is a mean over rows and none over classes."""
    if not draft.column_weights or len(draft.targets) > 1 or draft.own_metric:
        return draft
    metric, truth = replace(metric_of(draft), columns=()), truth_of(draft)[:_ROWS]
    if _weighs_columns(draft, metric) or metric.losses(truth, perfect_answer(draft, truth, metric.form)) is None:
        return draft
    values = dict(zip(map(str, draft.classes), draft.column_weights, strict=True))
    return _by_value(_without(draft), draft.targets[0], values, 1.0)


def _with(draft: Draft, weights: RowWeights) -> Draft:
    only = draft.train_only if weights.name in draft.train_only else (*draft.train_only, weights.name)
    return draft.grown(weights=weights, train_only=only)


def _without(draft: Draft) -> Draft:
    made = draft.weights is not None and draft.weights.name != draft.weights.column
    only = tuple(name for name in draft.train_only if not (made and draft.weights and name == draft.weights.name))
    return draft.grown(weights=None, column_weights=(), train_only=only)


def _free(train: pd.DataFrame) -> str:
    """A name that no column has."""
    name = _MADE
    while name in train.columns:
        name += "_"
    return name


def _weighs_columns(draft: Draft, metric: NamedMetric) -> bool:
    """Whether the metric heeds weights of columns: found out by scoring answers with errors, even and uneven."""
    truth = truth_of(draft)[:_ROWS]
    answer = perfect_answer(draft, truth, metric.form).copy()
    answer[::3] = np.roll(answer, 1, axis=0)[::3]
    if metric.form == "probabilities":
        answer = 0.1 + 0.8 * answer
    width = len(draft.column_weights)
    slanted = replace(metric, columns=tuple(float(1 + place) for place in range(width)))
    try:
        return not np.isclose(slanted.score(truth, answer), replace(metric, columns=()).score(truth, answer), rtol=1e-9)
    except (ValueError, IndexError):  # its columns are others than these
        return False
