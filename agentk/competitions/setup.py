"""Setup: from a folder to a competition as a tested contract, stage by stage."""

from __future__ import annotations

from pathlib import Path

from agentk.competitions.draft import Draft, Overrides, Stage
from agentk.competitions.read import READ
from agentk.competitions.scoring import METRIC
from agentk.competitions.shape import SHAPE
from agentk.competitions.source import located
from agentk.competitions.split import SPLIT
from agentk.competitions.submission import FORMAT
from agentk.competitions.whole import contradictions
from agentk.errors import CompetitionError
from agentk.types.competition import Competition

STAGES: tuple[Stage, ...] = (READ, SHAPE, METRIC, FORMAT, SPLIT)
"""In the order in which they run; a graph may make a node of each."""


def set_up(source: str | Path, overrides: Overrides, folder: Path) -> Competition:
    """The competition at `source`: a folder, a single table, or "builtin:NAME".

    What has to be made first (a built-in, a held-out test part) is made below `folder`; `located` tells where its answers are.
    Raises CompetitionError or SettingError, saying what was found and what to do.
    """
    draft = begun(source, overrides, folder)
    for stage in STAGES:
        draft = proven(stage, stage.run(draft))
    return to_competition(draft)


def begun(source: str | Path, overrides: Overrides, folder: Path) -> Draft:
    """The draft with which the first stage begins. Raises CompetitionError when there is nothing at `source`."""
    place = located(source, overrides, folder)
    return Draft(name=place.name, folder=place.folder, overrides=overrides)


def proven(stage: Stage, draft: Draft) -> Draft:
    """`draft` itself when the stage's unit tests pass. Raises CompetitionError with what failed."""
    if failures := stage.failures(draft):
        raise CompetitionError(f"{draft.folder}: {'; '.join(failures)}.")
    return draft


def to_competition(draft: Draft) -> Competition:
    """The finished contract. Raises CompetitionError when the stages contradict each other or one has not run."""
    if not (draft.train and draft.test and draft.task and draft.metric and draft.submission and draft.validation):
        raise CompetitionError(f"{draft.folder}: setup is not finished: run every stage of STAGES first.")
    competition = Competition(
        name=draft.name,
        folder=draft.folder,
        description=draft.description,
        task=draft.task,
        train=draft.train,
        test=draft.test,
        sample=draft.sample,
        id_columns=draft.id_columns,
        targets=draft.targets,
        classes=draft.classes,
        columns=draft.columns,
        file_columns=draft.file_columns,
        train_only=draft.train_only,
        metric=draft.metric,
        submission=draft.submission,
        validation=draft.validation,
        rows=draft.rows,
        test_rows=draft.test_rows,
        doubts=draft.doubts,
    )
    if found := contradictions(competition):
        raise CompetitionError(f"{draft.folder}: {'; '.join(found)}.")
    return competition
