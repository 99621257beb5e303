"""Stage 3, metric: what the competition scores by, from the flag, the description's words, or the task."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from agentk.competitions.draft import Draft, Stage
from agentk.competitions.files.tables import table
from agentk.competitions.metrics import mentioned, metric_named
from agentk.competitions.metrics.own import metric_of
from agentk.competitions.metrics.reference import is_reference
from agentk.competitions.metrics.spans import SPANS
from agentk.competitions.metrics.wording import Mention, evaluation, in_evaluation
from agentk.competitions.scoring.owned import own_metric
from agentk.competitions.scoring.truth import perfect_answer, truth_of
from agentk.competitions.scoring.weighing import SAY as WEIGHTS
from agentk.competitions.scoring.weighing import find_weights, fitting, weights_of_draft
from agentk.errors import CompetitionError, SettingError
from agentk.types.competition import TaskKind
from agentk.types.metric import Form

_ROWS = 50_000  # rows that a metric is tried on at most
_SAY = "--metric NAME says otherwise"
_WEIGHTED = re.compile(r"^(weighted|weighed|(?=.*\bweighted\b)(mean|average)\b)")
_BY_TASK = {
    TaskKind.BINARY: "accuracy",
    TaskKind.MULTICLASS: "accuracy",
    TaskKind.MULTILABEL: "auc",
    TaskKind.REGRESSION: "rmse",
    TaskKind.MULTIOUTPUT: "rmse",
    TaskKind.ORDINAL: "qwk",
    TaskKind.SPANS: "word_jaccard",
}
_FORMS: dict[TaskKind, tuple[Form, ...]] = {
    TaskKind.BINARY: ("labels", "probabilities"),
    TaskKind.MULTICLASS: ("labels", "probabilities"),
    TaskKind.MULTILABEL: ("labels", "probabilities"),
    TaskKind.REGRESSION: ("values",),
    TaskKind.MULTIOUTPUT: ("values",),
    TaskKind.ORDINAL: ("labels", "values"),
    TaskKind.SPANS: ("spans",),
}


_OF_WORDS = {
    "jaccard": "word_jaccard",
    "jaccard_samples": "word_jaccard",
    "f1": "token_f1",
    "f1_samples": "token_f1",
    "f1_macro": "token_f1",
    "accuracy": "exact_match",
}
"""What the name of a metric of labels means where answers are words."""


def find_scoring(draft: Draft) -> Draft:
    """Fills the metric and its weights. Raises SettingError when what was said does not exist or does not go together."""
    return fitting(find_metric(find_weights(draft)))


def find_metric(draft: Draft) -> Draft:
    """Fills the metric. Raises SettingError when the one asked for does not exist or cannot score this task."""
    draft = draft.grown(metric_assumed=False, own_metric=None)
    assert draft.task
    if draft.overrides.metric and is_reference(draft.overrides.metric):
        if draft.task is TaskKind.SPANS:
            raise SettingError(
                f"--metric {draft.overrides.metric}: a function of one's own takes numbers or labels, and {draft.targets[0]} "
                f"holds parts of {draft.passage}. Choose {', '.join(metric.name for metric in SPANS)}, or say --task multiclass."
            )
        own, reason, doubt = own_metric(draft, _FORMS[draft.task])
        return draft.grown(metric=own.name, own_metric=own, reason=reason, doubt=doubt)
    if draft.overrides.metric:
        metric = metric_named(_for_task(metric_named(draft.overrides.metric).name, draft.task))
        if metric.form not in _FORMS[draft.task]:
            raise SettingError(
                f"--metric {draft.overrides.metric} scores {metric.form}, but the task is {draft.task.value} "
                f"({', '.join(draft.targets)}). Choose another metric, or say --task."
            )
        return draft.grown(metric=metric.name, reason=f"scored by {metric.name}, {metric.direction}: as {draft.speaker} said")
    if draft.candidates is not None:
        return _of_candidates(draft)
    meant = in_evaluation(draft.description)
    refused = draft.refused("metric")
    spoken = [replace(m, metric=_for_task(m.metric, draft.task)) for m in meant or mentioned(draft.description)]
    fitting = [m for m in spoken if metric_named(m.metric).form in _FORMS[draft.task] and m.metric not in refused]
    if fitting:
        return _as_described(draft, fitting[0], told=bool(meant) or not evaluation(draft.description))
    name = _default(draft)
    if name in refused:
        raise CompetitionError(f"{draft.folder}: nothing says how submissions are scored: name it with --metric NAME.")
    metric = metric_named(name)
    silent = "nothing says how answers are scored" if draft.own else "the description names no metric agentk knows"
    return draft.grown(metric=name, metric_assumed=True, doubt=f"{silent}: {name}, {metric.direction}, is assumed ({_SAY})")


def _of_candidates(draft: Draft) -> Draft:
    """All rows are scored together: how they are ranked within each id is what such metrics count."""
    name = "auc" if draft.task is TaskKind.BINARY else "rmse"
    meant = in_evaluation(draft.description)
    words = f"the description says '{meant[0].words}', which" if meant else "a ranking"
    doubt = f"{words} counts the order within each {draft.id_columns[0]}: all rows together are scored by {name} ({_SAY})"
    return draft.grown(metric=name, metric_assumed=True, doubt=doubt)


def _as_described(draft: Draft, mention: Mention, told: bool) -> Draft:
    """The metric that the page speaks of; `told`: where it tells how submissions are scored."""
    name = mention.metric
    metric = metric_named(name)
    reason = f"scored by {name}, {metric.direction}: the description says '{mention.words}'"
    doubt = None
    weighs = draft.weights is not None or bool(draft.column_weights)
    if mention.qualified and _WEIGHTED.search(mention.qualified):
        plain_form = f"the description says '{mention.qualified}', but not in words agentk understands how much what counts"
        doubt = None if weighs else f"{plain_form}: {name} is scored without weights ({WEIGHTS}, {_SAY})"
    elif mention.qualified:
        doubt = f"the description says '{mention.qualified}', of which {name} is only the plain form: it is assumed ({_SAY})"
    elif not told:
        doubt = f"the section on evaluation names no metric agentk knows: {name}, named elsewhere, is assumed ({_SAY})"
    cells = draft.cells and draft.cells.model_copy(update={"pooled": "column" not in mention.words})
    return draft.grown(metric=name, cells=cells, metric_assumed=doubt is not None, reason=reason, doubt=doubt)


def _for_task(name: str, task: TaskKind) -> str:
    """What a word means depends on what is asked: plain F1 of several classes is macro, Jaccard's index of texts counts words."""
    if task is TaskKind.SPANS:
        return _OF_WORDS.get(name, name)
    if name == "exact_match":
        return "accuracy"
    if name == "f1" and task is TaskKind.MULTICLASS:
        return "f1_macro"
    return "gini_values" if name == "gini" and task is TaskKind.REGRESSION else name


def _default(draft: Draft) -> str:
    assert draft.task
    if draft.task.classifies and draft.sample:
        sample = table(draft.folder, draft.sample)
        answers = [name for name in sample.columns if name not in draft.id_columns]
        if len(answers) > 1 and len(answers) == len(draft.classes):
            return "log_loss"
        if answers and draft.task is TaskKind.BINARY and _fractions(sample[answers[-1]]):
            return "auc"
    return _BY_TASK[draft.task]


def _fractions(values: pd.Series[Any]) -> bool:
    return types.is_float_dtype(values) and bool((values.dropna() % 1 != 0).any())


def _perfect_is_best(draft: Draft) -> str | None:
    """T10: the truth scored against itself gives the best value."""
    metric = metric_of(draft)
    truth = truth_of(draft)
    weights = weights_of_draft(draft)
    if draft.task is TaskKind.SPANS:
        told = truth[:, 1] >= 0  # the others have no perfect answer
        truth, weights = truth[told], None if weights is None else weights[told]
    some = slice(None, None, max(1, len(truth) // _ROWS))
    truth = truth[some]
    score = metric.score(truth, perfect_answer(draft, truth, metric.form), None if weights is None else weights[some])
    return (
        None
        if np.isclose(score, metric.best, atol=1e-6)
        else f"the truth scored by {metric.name} gives {score}, not {metric.best}"
    )


def _metric_fits(draft: Draft) -> str | None:
    assert draft.task
    metric = metric_of(draft)
    return None if metric.form in _FORMS[draft.task] else f"{metric.name} scores {metric.form}, the task is {draft.task.value}"


METRIC = Stage("metric", find_scoring, (_metric_fits, _perfect_is_best))
