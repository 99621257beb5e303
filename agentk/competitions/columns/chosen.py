"""Columns of yes and no of which each row has one: where one logarithmic loss is taken over them, they are the classes of one."""

from __future__ import annotations

from agentk.competitions.columns.spelling import with_options
from agentk.competitions.draft import Draft
from agentk.competitions.files.tables import parts_of, sample_of, several
from agentk.competitions.metrics.wording import in_evaluation
from agentk.types.competition import TaskKind


def as_one_class(draft: Draft) -> Draft:
    """Has targets that exclude one another in every training row read as one column, which names the one that is true.

    Only where that changes the score: a loss that is the mean over columns takes each for itself, as AUC does.
    """
    said, names = draft.overrides, list(draft.targets)
    sample = sample_of(draft)
    if len(names) < 2 or said.target or said.task not in (None, TaskKind.MULTICLASS) or sample is None:
        return draft
    spoken = in_evaluation(draft.description)
    together = bool(spoken) and spoken[0].metric == "log_loss" and "column" not in spoken[0].words
    if not (together or said.task) or [str(name) for name in sample.columns if name not in draft.id_columns] != names:
        return draft
    train, test = parts_of(draft)
    values = train[names]
    if not values.isin((0, 1)).all(axis=None) or not (values.sum(axis=1) == 1).all():
        return draft
    name = next(own for own in ("class", "agentk_class") if own not in train and own not in test)
    assert draft.train
    return draft.grown(
        train=with_options(draft.train, chosen={"name": name, "of": [*names]}),
        targets=(name,),
        reason=f"every row has one of {several(names)}: they are the classes of {name}",
    )
