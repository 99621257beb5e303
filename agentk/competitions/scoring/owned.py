"""A metric of the person's own in setup: understood, tried on the training rows, and refused where it cannot be one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from agentk.competitions.columns.task import class_columns
from agentk.competitions.draft import Draft
from agentk.competitions.files.tables import table
from agentk.competitions.metrics.function import Function, function_of
from agentk.competitions.metrics.own import LONGEST_S, Caller, MetricFailedError, MetricGoneError, spelling, weights_for
from agentk.competitions.scoring.truth import perfect_answer, truth_of
from agentk.competitions.scoring.weighing import weights_of_draft
from agentk.errors import SettingError
from agentk.types.competition import OwnMetric, TaskKind
from agentk.types.metric import Array, Direction, Form

MOST_S = 1.0
"""A score may take so long on the training rows: a run asks for hundreds."""
_SLOW_S = 0.1
_CONSTANT, _SHUFFLED = "one answer for all rows", "the answers of other rows"
_CALLED: dict[Form, tuple[str, ...]] = {"probabilities": ("prob", "y_prob", "y_score", "score"), "labels": ("label",)}
"""How the second parameter begins where it tells what it takes."""


def own_metric(draft: Draft, forms: tuple[Form, ...]) -> tuple[OwnMetric, str, str | None]:
    """The metric that `--metric FILE.py:FUNCTION` means, the reason to believe in it, and a doubt where there is one.

    forms: those that the task has. Raises SettingError with what was found and what to do where it can be no metric.
    """
    said = draft.overrides.metric
    assert said is not None and draft.task is not None
    function = function_of(said)
    form, why = _form(draft, function, forms)
    assert form != "spans", "the metric stage has refused a function of spans"
    columns, places = _columns(draft, form) if function.tables else ((), ())
    reference = function.reference
    own = OwnMetric(
        file=reference.file.name,
        function=reference.function,
        source=reference.source,
        direction=function.direction or "maximize",  # until it is tried
        form=form,
        link=function.link,
        best=0.0,
        columns=columns,
        places=places,
        weighed=function.weighs or function.tables,
        weights_column=draft.weights.column if draft.weights is not None and function.tables else None,
    )
    tried = _tried(draft, own, said, f" (it is given {form}{why})" if why else "")
    direction = _direction(tried, function.direction, said)
    own = own.model_copy(update={"direction": direction, "best": tried.perfect + 0.0})
    scores = ", ".join(f"{what} {score:.4g}" for what, score in tried.others.items())
    seen = f"the truth scores {tried.perfect + 0.0:.4g}, {scores}"
    reason = f"scored by {own.name}, {direction}, on {form}{why}: as {draft.speaker} said; {seen}"
    slow = f"one score of {own.name} takes {tried.seconds:.2g} s: a run asks for hundreds (make it faster if you can)"
    return own, reason, slow if tried.seconds > _SLOW_S else None


def _form(draft: Draft, function: Function, forms: tuple[Form, ...]) -> tuple[Form, str]:
    """What the function takes as answers, and why where that was not said."""
    assert draft.task
    name = function.reference.function
    if function.form is not None:
        if function.form not in forms:
            raise SettingError(
                f"--metric {draft.overrides.metric}: {name}.form is {function.form!r}, but the task is {draft.task.value}, whose "
                f"answers are {' or '.join(forms)}. Say another --task, or mend the form."
            )
        return function.form, ""
    if "probabilities" not in forms:
        return forms[0], ""
    otherwise = f"{name}.form says otherwise"
    for form, beginnings in _CALLED.items():
        if function.answers.lower().startswith(beginnings):
            return form, f" (its second parameter is {function.answers}; {otherwise})"
    if draft.sample is not None:
        sample = table(draft.folder, draft.sample)
        answers = [column for column in sample.columns if column not in draft.id_columns]
        values = sample[answers].to_numpy().ravel()
        fractions = any(isinstance(value, float) and value % 1 for value in values)
        if fractions or (draft.task.classifies and len(answers) > 1):
            return "probabilities", f" (as the sample submission has them; {otherwise})"
    return "labels", f" ({otherwise})"


def _columns(draft: Draft, form: Form) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Columns of the tables, the id first, and which class or target each of the others is of."""
    assert draft.task
    row_id = draft.id_columns[0] if draft.id_columns else "id"
    names: list[str] = list(draft.targets)
    if draft.sample is not None:
        names = [name for name in table(draft.folder, draft.sample).columns if name not in draft.id_columns] or names
    labels = [str(label) for label in draft.classes]
    if not (draft.task.classifies and form == "probabilities"):
        order = [draft.targets.index(name) if set(names) == set(draft.targets) else at for at, name in enumerate(names)]
        return (row_id, *names[: len(draft.targets)]), tuple(order[: len(draft.targets)])
    if draft.sample is None and draft.task is TaskKind.MULTICLASS:
        names = labels
    if len(names) == 1:
        return (row_id, names[0]), (len(labels) - 1,)
    found = class_columns(names, labels) or dict(zip(names, labels, strict=False))
    kept = [name for name in names if name in found]
    return (row_id, *kept), tuple(labels.index(found[name]) for name in kept)


@dataclass(frozen=True)
class _Tried:
    """Scores on the training rows."""

    perfect: float
    others: dict[str, float]
    seconds: float


def _tried(draft: Draft, own: OwnMetric, said: str, given: str) -> _Tried:
    """Calls it with the truth and with worse answers. Raises SettingError when it raises, is slow, or is no function of rows.

    given: what it is called with, in words, where that is a guess.
    """
    assert draft.task
    caller = Caller(own.file, own.function, own.source, spelling(own, draft.task, draft.classes))
    truth = truth_of(draft)
    weights = weights_for(own, weights_of_draft(draft), len(truth))
    perfect = perfect_answer(draft, truth, own.form)
    quickest = LONGEST_S

    def called(answer: Array, what: str, order: Any = slice(None)) -> float:
        nonlocal quickest
        since = time.monotonic()
        try:
            score = caller.called(truth[order], answer[order], None if weights is None else weights[order])
        except (MetricFailedError, MetricGoneError) as error:
            raise SettingError(f"--metric {said}: for {what} it gives no score: {error}{given}") from None
        quickest = min(quickest, time.monotonic() - since)
        if not np.isfinite(score):
            hint = "; probabilities of exactly 0 and 1 occur: clip them" if own.form == "probabilities" else ""
            raise SettingError(f"--metric {said}: for {what} it gives {score}; a score must be finite{hint}.")
        return score

    best, again = called(perfect, "the truth"), called(perfect, "the truth")
    if quickest > MOST_S:
        took = f"a score of {len(truth):,} rows takes {quickest:.1f} s"
        raise SettingError(f"--metric {said}: {took}; a run asks for hundreds, so that it may take {MOST_S:g} s.")
    if not _alike(best, again):
        raise SettingError(f"--metric {said}: the same answers score {best} and then {again}: it must not draw at random.")
    scores: dict[str, float] = {}
    order = np.random.default_rng(1).permutation(len(truth))
    for what, answer in _worse(perfect, own.form):
        if np.array_equal(answer, perfect):
            continue
        scores[what], other = called(answer, what), called(answer, what, order)
        if not _alike(scores[what], other):
            raise SettingError(f"--metric {said}: {what} score {scores[what]}, but {other} in another order of rows.")
    return _Tried(best, scores, quickest)


def _alike(one: float, other: float) -> bool:
    return bool(np.isclose(one, other, rtol=1e-7, atol=1e-9))


def _worse(perfect: Array, form: Form) -> Iterator[tuple[str, Array]]:
    """Answers that are worse than the truth: one for all rows, the truth of other rows, and that for every third row."""
    generator = np.random.default_rng(0)
    shuffled = perfect[generator.permutation(len(perfect))]
    if form == "labels":
        rows, count = np.unique(perfect, axis=0, return_counts=True)
        constant = rows[count.argmax()]
    else:
        constant = perfect.mean(axis=0)
    if form == "probabilities":
        shuffled = 0.5 * shuffled + 0.5 * constant
    third = perfect.copy()
    third[::3] = shuffled[::3]
    yield _CONSTANT, np.broadcast_to(constant, perfect.shape).copy()
    yield _SHUFFLED, shuffled
    yield "every third of them", third


def _direction(tried: _Tried, told: Direction | None, said: str) -> Direction:
    """Which way is better: that in which nothing beats the truth. Raises SettingError where it is neither, or not as was told."""
    scores = ", ".join(f"{what} {score:.6g}" for what, score in tried.others.items())
    seen = f"--metric {said}: the truth scores {tried.perfect:.6g}, {scores}"
    ahead = {what: 0.0 if _alike(tried.perfect, score) else tried.perfect - score for what, score in tried.others.items()}
    if not all(ahead[what] for what in (_CONSTANT, _SHUFFLED) if what in ahead):
        raise SettingError(f"{seen}: it does not tell the truth from what is wrong, so nothing can be learned by it.")
    up, down = min(ahead.values()) >= 0, max(ahead.values()) <= 0
    if not up and not down:
        raise SettingError(f"{seen}: it is unclear which way is better, as a metric must score the truth best.")
    found: Direction = "maximize" if up else "minimize"
    if told is not None and told != found:
        raise SettingError(f"{seen}, but its direction is said to be {told}: the truth must score best.")
    return found
