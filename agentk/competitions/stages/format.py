"""Stage 4, format: what the submission file must look like, from the sample or inferred."""

from __future__ import annotations

from typing import Literal

from agentk.competitions.columns.task import class_columns
from agentk.competitions.draft import Draft, Stage
from agentk.competitions.files.tables import several, table
from agentk.competitions.metrics.own import metric_of
from agentk.errors import CompetitionError
from agentk.types.competition import SubmissionFormat, TaskKind
from agentk.types.metric import Form

Kind = Literal["label", "probability", "class_probabilities", "values", "ranking", "span", "tags", "candidates"]


def find_format(draft: Draft) -> Draft:
    """Fills the submission format. Raises CompetitionError when the sample's columns cannot be explained."""
    if draft.sample is None:
        return draft.grown(submission=_inferred(draft), reason="the submission has the ids and one column for each answer")
    sample = table(draft.folder, draft.sample)
    if draft.value is not None:
        columns = tuple(map(str, sample.columns))
        asked = SubmissionFormat(columns=columns, id_columns=columns[:1], kind="values", across=True)
        return draft.grown(submission=asked, reason=f"the sample submission asks for a value in each of {several(columns[1:])}")
    if draft.candidates is not None:
        columns = tuple(map(str, sample.columns))
        listed = SubmissionFormat(columns=columns, id_columns=columns[:1], kind="candidates")
        return draft.grown(submission=listed, reason=f"the sample submission lists {draft.candidates.item} in {columns[1]}")
    ids = (
        tuple(name for name in draft.id_columns if name in sample.columns) if draft.cells is None else tuple(sample.columns[:-1])
    )
    if not ids and sample.shape[1] > 1:
        ids = _unnamed_ids(draft, list(sample.columns))
    answers = [name for name in sample.columns if name not in ids]
    if not answers:
        raise CompetitionError(
            f"{draft.sample.path} has no column to fill in beside the ids {several(ids)}. Give another with --sample FILE."
        )
    kind = _kind(draft, answers)
    form = SubmissionFormat(columns=tuple(sample.columns), id_columns=ids, kind=kind)
    reason = f"the sample submission asks for {kind.replace('_', ' ')} in {several(answers)}"
    return draft.grown(submission=form, reason=reason, doubt=_doubt(draft, kind, answers))


def _doubt(draft: Draft, kind: Kind, answers: list[str]) -> str | None:
    if kind == "ranking" and draft.sample:
        shown, most = table(draft.folder, draft.sample)[answers[0]].dropna().astype("str"), metric_of(draft).places or 1
        if most > 1 and not shown.str.strip().str.contains(r"\s").any():
            return (
                f"the sample shows one label a row, {draft.metric} counts {most}: so many are written into each cell, "
                "the likeliest first, with blanks between them (--metric NAME says otherwise)"
            )
    if kind != "class_probabilities":
        return None
    places = class_columns(answers, [str(label) for label in draft.classes])
    if places is None:
        return f"the columns {several(answers)} are taken for the classes {several(draft.classes)} in this order"
    unknown = [name for name in answers if name not in places]
    return f"no training row has the classes {several(unknown)}: their probability is 0" if unknown else None


def _unnamed_ids(draft: Draft, columns: list[str]) -> tuple[str, ...]:
    """The id columns of a sample whose ids the test file does not have: what stands before the answers."""
    spelled = {target.strip().lower() for target in draft.targets} | {str(label).lower() for label in draft.classes}
    ids = tuple(name for name in columns if name.strip().lower() not in spelled)
    return ids if len(ids) < len(columns) else tuple(columns[:1])


def _kind(draft: Draft, answers: list[str]) -> Kind:
    assert draft.task
    metric = metric_of(draft)
    form = metric.form
    if draft.tags is not None:
        return "tags"
    if draft.task.classifies and len(answers) > 1:
        labels = [str(label) for label in draft.classes]
        if class_columns(answers, labels) is None and len(answers) != len(labels):
            raise CompetitionError(
                f"{draft.sample.path if draft.sample else 'the sample'} has {len(answers)} answer columns ({several(answers)}), "
                f"but {draft.targets[0]} has the classes {several(labels)}. "
                "Name the target with --target, or give another --sample FILE."
            )
        return "class_probabilities"
    if len(answers) not in (1, len(draft.targets)):
        raise CompetitionError(
            f"the sample submission has {len(answers)} answer columns ({several(answers)}), but there are "
            f"{len(draft.targets)} targets ({several(draft.targets)}). Name them with --target."
        )
    if form == "values":
        return "values"
    if form == "spans":
        return "span"
    if form == "labels":
        return "label"
    if draft.task is TaskKind.MULTICLASS:
        return "ranking" if metric.places else "label"
    return "probability"


def _inferred(draft: Draft) -> SubmissionFormat:
    metric = metric_of(draft)
    form = metric.form
    ids = draft.id_columns or ("id",)
    kinds: dict[Form, Kind] = {"labels": "label", "values": "values", "probabilities": "probability", "spans": "span"}
    if draft.task is TaskKind.MULTICLASS and form == "probabilities":
        if not metric.places:
            labels = tuple(str(label) for label in draft.classes)
            return SubmissionFormat(columns=(*ids, *labels), id_columns=ids, kind="class_probabilities")
        kinds["probabilities"] = "ranking"
    if draft.tags is not None:
        return SubmissionFormat(columns=(*ids, draft.tags.column), id_columns=ids, kind="tags")
    return SubmissionFormat(columns=(*ids, *draft.targets), id_columns=ids, kind=kinds[form])


def _one_column_an_answer(draft: Draft) -> str | None:
    """There is something to fill in beside the ids, once."""
    form = draft.submission
    if form is None or len(set(form.columns)) < len(form.columns) or set(form.columns) <= set(form.id_columns):
        return f"the submission would have the columns {form.columns if form else ()}"
    return None


def _columns_equal_the_sample(draft: Draft) -> str | None:
    """T9: the submission's columns are the sample's, in its order."""
    if draft.sample is None or draft.submission is None:
        return None
    columns = tuple(table(draft.folder, draft.sample).columns)
    return None if draft.submission.columns == columns else f"columns {draft.submission.columns} are not the sample's {columns}"


FORMAT = Stage("format", find_format, (_columns_equal_the_sample, _one_column_an_answer))
