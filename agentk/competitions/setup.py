"""Setup: from a folder to a competition as a tested contract, stage by stage."""

from __future__ import annotations

from pathlib import Path

from agentk.competitions.draft import Draft, Overrides, Stage
from agentk.competitions.files.tables import rows_of
from agentk.competitions.reopening import proven, settled
from agentk.competitions.said import over, said_in
from agentk.competitions.sources.place import located
from agentk.competitions.stages.format import FORMAT
from agentk.competitions.stages.metric import METRIC
from agentk.competitions.stages.read import READ
from agentk.competitions.stages.shape import SHAPE
from agentk.competitions.stages.split import SPLIT
from agentk.competitions.validation.findings import unseen
from agentk.competitions.validation.leaks import audited
from agentk.competitions.whole import contract_of
from agentk.types.competition import Competition

STAGES: tuple[Stage, ...] = (READ, SHAPE, METRIC, FORMAT, SPLIT)
"""In the order in which they run; a graph may make a node of each."""


def set_up(source: str | Path, overrides: Overrides, folder: Path) -> Competition:
    """The competition at `source`: a folder, a single table, or "builtin:NAME".

    What has to be made first (a built-in, a held-out test part) is made below `folder`; `located` tells where its answers are.
    Raises CompetitionError or SettingError, saying what was found and what to do.
    """
    draft = begun(source, overrides, folder)
    before: dict[str, Draft] = {}
    for stage in STAGES[:-1]:
        before[stage.name] = draft
        draft = proven(stage, draft)
    return to_competition(settled(STAGES, {**before, STAGES[-1].name: draft}))


def begun(source: str | Path, overrides: Overrides, folder: Path) -> Draft:
    """The draft with which the first stage begins, with what competition.toml says where no flag does.

    Raises CompetitionError when there is nothing at `source`, or its competition.toml cannot be understood.
    """
    said = over(said_in(source), overrides)
    place = located(source, said, folder)
    if place.folder.resolve() != Path(source).resolve():
        said = over(said_in(place.folder), said)
    own = place.answers is not None and not str(source).startswith("builtin:")
    return Draft(name=place.name, folder=place.folder, overrides=said, own=own).grown(doubt=place.doubt)


def through(draft: Draft) -> Draft:
    """The draft behind all stages, none of them reopened. Raises UserError when a stage or its test has something against it."""
    for stage in STAGES:
        draft = proven(stage, draft)
    return draft


def to_competition(draft: Draft) -> Competition:
    """The finished contract, looked through for what gives the target away and for columns out of support.

    Raises CompetitionError when a stage has not run, LeakError where the person wants to be asked about a leak.
    """
    said = draft.overrides.leaks
    what = "drop" if draft.own and said in (None, "ask") else said or "report"
    competition = audited(contract_of(draft), what)
    outside = unseen(competition, *rows_of(competition))
    return competition.model_copy(update={"findings": (*competition.findings, *outside)})
