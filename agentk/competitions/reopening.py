"""Tests across stages: what contradicts what, which stages are to blame, and their reopening with the errors in view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from pandas.api import types

from agentk.competitions.draft import Draft, Refusal, Stage
from agentk.competitions.files.tables import parts_of, several, table
from agentk.competitions.metrics.own import metric_of
from agentk.competitions.whole import contract_of, contradictions
from agentk.errors import CompetitionError, UserError

MOST = 6
"""Reopenings of one setup; then the person is asked."""


@dataclass(frozen=True)
class Fault:
    """What a test across stages found, and the stages that may have caused it, the likeliest first."""

    text: str
    blames: tuple[str, ...]


Meta = Callable[[Draft], "Fault | None"]


def belief(stage: str, draft: Draft) -> str:
    """What a stage believes that it could believe otherwise, "" where it has no choice."""
    if stage == "metric":
        return draft.metric
    if stage == "shape":
        return draft.task.value if draft.task else ""
    if stage == "split" and draft.validation:
        return draft.validation.scheme
    return ""


def refused(stage: str, draft: Draft, error: str) -> Draft:
    """A copy that knows of one belief more which did not hold, and why."""
    known = Refusal(stage=stage, belief=belief(stage, draft), error=error)
    return draft.model_copy(update={"refusals": (*draft.refusals, known)})


def settled(stages: Sequence[Stage], before: dict[str, Draft]) -> Draft:
    """The last stage's draft once nothing contradicts anything: stages that are to blame are run again, and those after them.

    before: each stage's draft as it began, kept up to date. Raises CompetitionError when after `MOST` reopenings something still
    does not fit, with what was tried and the flags that say it.
    """
    names = [stage.name for stage in stages]
    draft = proven(stages[-1], before[names[-1]])
    for _ in range(MOST):
        fault = next((fault for test in ACROSS if (fault := test(draft))), None)
        if fault is None:
            return draft
        again = _reopened(stages, before, draft, fault)
        if again is None:
            raise _question(draft, fault.text)
        draft = again
    raise _question(draft, f"{MOST} attempts to make everything fit have failed")


def reconsidered(stage: Stage, draft: Draft, error: str) -> Draft | None:
    """The draft after `stage`, run again because something outside of setup shows that what it believed does not hold.

    None where it finds nothing else to believe.
    """
    try:
        grown = proven(stage, refused(stage.name, draft, error))
    except UserError:
        return None
    return None if _tried(stage.name, grown) else _told(stage.name, draft, grown, error)


def proven(stage: Stage, draft: Draft) -> Draft:
    """The draft after a stage whose unit tests pass; what did not hold is refused, and the stage run again.

    Raises CompetitionError with the failures when the stage knows nothing else to believe.
    """
    for _ in range(MOST):
        grown = stage.run(draft)
        failures = stage.failures(grown)
        if not failures:
            return grown
        text = "; ".join(failures)
        if stage.name not in _ALONE or _tried(stage.name, grown):
            break
        draft = draft.model_copy(update={"refusals": refused(stage.name, grown, text).refusals})
    raise CompetitionError(f"{draft.folder}: {text}.")


def _tried(stage: str, draft: Draft) -> bool:
    return any(r.stage == stage and r.belief == belief(stage, draft) for r in draft.refusals)


def _reopened(stages: Sequence[Stage], before: dict[str, Draft], draft: Draft, fault: Fault) -> Draft | None:
    """The draft after the first blamed stage that finds something else to believe, and the stages behind it; None: none does."""
    names = [stage.name for stage in stages]
    for name in fault.blames:
        if not belief(name, draft) or _tried(name, draft):
            continue
        refusals = refused(name, draft, fault.text).refusals
        going = before[name].model_copy(update={"refusals": refusals})
        fresh: dict[str, Draft] = {}
        try:
            for stage in stages[names.index(name) :]:
                fresh[stage.name] = going
                going = proven(stage, going)
        except UserError:
            continue  # this stage has nothing else to offer: the next one that is blamed
        if belief(name, going) == belief(name, draft):
            continue
        before.update(fresh)
        return _told(name, draft, going, fault.text)
    return None


def _told(stage: str, before: Draft, after: Draft, error: str) -> Draft:
    """The draft after a stage that believes something else now, with a doubt that says so."""
    return after.grown(doubt=f"{stage} was {belief(stage, before)} at first: {error} ({_FLAGS[stage]} says otherwise)")


def _question(draft: Draft, text: str) -> CompetitionError:
    tried = [f"{r.stage} {r.belief}" for r in draft.refusals]
    also = f" Tried and refused: {several(tried)}." if tried else ""
    return CompetitionError(
        f"{draft.folder}: {text}.{also} Say what is right with --metric NAME, --task TASK, --target COLUMN or --sample FILE."
    )


_ALONE = ("metric", "split")
"""Stages whose own tests are about the one thing they believe; what the shape's tests find, another task would not mend."""
_OF_LOGARITHMS = ("rmsle", "msle", "male", "rmse_log", "poisson_deviance", "gamma_deviance")
_FLAGS = {"metric": "--metric NAME", "shape": "--task TASK", "split": "--validation SCHEME"}


def _answers(draft: Draft) -> list[str]:
    """The sample's columns that are to be filled in."""
    if draft.sample is None or draft.submission is None:
        return []
    return [name for name in draft.submission.columns if name not in draft.submission.id_columns]


def _labels_but_the_sample_has_fractions(draft: Draft) -> Fault | None:
    """M1: where labels are asked for, the sample holds labels, not the likes of 0.5."""
    names = _answers(draft)
    if draft.overrides.metric or not names or metric_of(draft).form != "labels" or not draft.sample:
        return None
    values = table(draft.folder, draft.sample)[names[0]].dropna()
    if not types.is_float_dtype(values) or values.empty or not ((values % 1 != 0) & (values > 0) & (values < 1)).all():
        return None
    if draft.classes and set(values.unique()) <= {value for value in draft.classes if isinstance(value, float)}:
        return None
    return Fault(f"{draft.metric} is scored on labels, but {draft.sample.path} has {values.iloc[0]} in {names[0]}", ("metric",))


def _labels_but_a_column_a_class(draft: Draft) -> Fault | None:
    """M2: a column for each class asks for probabilities."""
    asks = draft.submission is not None and draft.submission.kind == "class_probabilities"
    if not asks or metric_of(draft).form != "labels":
        return None
    return Fault(f"{draft.metric} is scored on labels, but the sample has a column for each class", ("metric",))


def _logarithms_of_negative_targets(draft: Draft) -> Fault | None:
    """M3: a metric of logarithms goes with targets that have them."""
    metric = metric_of(draft)
    takes = metric.name in _OF_LOGARITHMS or metric.name.startswith("tweedie@")
    if draft.overrides.metric or not takes:
        return None
    train, _ = parts_of(draft)
    least = float(np.nanmin(train[list(draft.targets)].to_numpy(dtype=float, na_value=np.nan)))
    if least > -1e-9:
        return None
    return Fault(f"{metric.name} takes logarithms, but {several(draft.targets)} goes down to {least:g}", ("metric",))


def _a_ranking_needs_room(draft: Draft) -> Fault | None:
    """M4: a submission of one number in a column is no list of the likeliest labels."""
    names = _answers(draft)
    if draft.overrides.metric or draft.submission is None or draft.submission.kind != "ranking" or not draft.sample or not names:
        return None
    values = table(draft.folder, draft.sample)[names[0]]
    fractions = types.is_float_dtype(values) and bool((values.dropna() % 1 != 0).any())
    return Fault(f"{draft.metric} ranks labels, but the sample has fractions in {names[0]}", ("metric",)) if fractions else None


def _numbers_but_the_sample_lists_words(draft: Draft) -> Fault | None:
    """M7: where numbers are asked for, the sample does not hold lists of words."""
    names = _answers(draft)
    if draft.submission is None or draft.submission.kind not in ("probability", "values") or not draft.sample or not names:
        return None
    values = table(draft.folder, draft.sample)[names[0]].dropna()
    if values.empty or not types.is_string_dtype(values) or not values.str.contains(r"\S\s+\S").all():
        return None
    shown = values.iloc[0][:40]
    return Fault(f"{several(draft.targets)} is answered by numbers, but {draft.sample.path} lists '{shown}'", ("shape",))


def folds_exist(draft: Draft) -> Fault | None:
    """M5: the scheme has as many groups or moments as it has folds."""
    validation = draft.validation
    if draft.overrides.validation or validation is None or validation.column is None:
        return None
    train, _ = parts_of(draft)
    distinct = int(train[validation.column].nunique())
    if distinct > validation.folds:
        return None
    return Fault(
        f"{validation.column} has {distinct} values, too few for {validation.folds} {validation.scheme} folds", ("split",)
    )


def _whole_contract(draft: Draft) -> Fault | None:
    """M6: the smallest possible solution, a constant, comes out of the raw files as a valid submission."""
    found = contradictions(contract_of(draft))
    return Fault("; ".join(found), ("metric", "shape")) if found else None


ACROSS: tuple[Meta, ...] = (
    _labels_but_the_sample_has_fractions,
    _labels_but_a_column_a_class,
    _logarithms_of_negative_targets,
    _a_ranking_needs_room,
    _numbers_but_the_sample_lists_words,
    folds_exist,
    _whole_contract,
)
