"""Revalidation: public scores that contradict a run's folds reopen its validation stage, and memory is told how surely."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue

from agentk.agent.ending.learning import write_down
from agentk.agent.insight.evidence import contract_of
from agentk.agent.leaderboard.publicity import Doubt
from agentk.agent.leaderboard.submitting import journal_of
from agentk.agent.session import request_of
from agentk.competitions.draft import Draft
from agentk.competitions.reopening import belief, reconsidered
from agentk.competitions.setup import STAGES
from agentk.competitions.stages.split import SPLIT
from agentk.graph.folder import RunFolder
from agentk.graph.forewarned import warning
from agentk.graph.journal import read
from agentk.graph.nodes.setup import draft_file
from agentk.types.competition import Competition, Validation


@dataclass(frozen=True)
class Reopened:
    """What came of it: how the validation stage would hold rows out now, None: no other way; and whether memory was told."""

    now: Validation | None
    remembered: bool


def reopen(folder: RunFolder, found: Doubt) -> Reopened:
    """Runs the validation stage again with the doubt in view, and tells journal and memory, once for each two attempts doubted.

    The folds of the run stay as they are, since its scores are of them: a run told again (`agentk replay --with validation=…`)
    or a new one is held to the others.
    """
    numbers: list[JsonValue] = [found.better, found.worse]
    told = [line for line in read(folder.journal) if line["event"] == "validation_reopened" and line["numbers"] == numbers]
    if told:
        now = None if told[-1]["now"] is None else Validation.model_validate(told[-1]["now"])
        return Reopened(now, bool(told[-1]["remembered"]))
    competition = contract_of(folder)
    done = Reopened(_reconsidered(folder, competition, found.reason), _remember(folder, competition, found))
    with journal_of(folder) as journal:
        journal.write(
            "validation_reopened",
            was=competition.validation.scheme,
            now=None if done.now is None else done.now.model_dump(mode="json"),
            remembered=done.remembered,
            reason=found.reason,
            numbers=numbers,
        )
    return done


def in_words(validation: Validation) -> str:
    """The scheme as `--with validation=` takes it."""
    return validation.scheme + (f":{validation.column}" if validation.column else "")


def _reconsidered(folder: RunFolder, competition: Competition, reason: str) -> Validation | None:
    path = draft_file(folder, STAGES[-1])
    if competition.validation.scheme == "given" or not path.exists():
        return None
    draft = Draft.model_validate_json(path.read_text())
    if draft.overrides.validation or draft.overrides.column or not belief(SPLIT.name, draft):
        return None
    again = reconsidered(SPLIT, draft, reason)
    return None if again is None else again.validation


def _remember(folder: RunFolder, competition: Competition, found: Doubt) -> bool:
    """Puts the warning into memory and lets it move outwards, as at the end of a run; False where memory does not learn."""
    from agentk.memory.features import features_of, private_words
    from agentk.memory.store import open_memory

    memory = open_memory(request_of(folder).memory)
    try:
        if memory.frozen or competition.validation.scheme == "given":
            return False
        run = f"{folder.path.name}+public-{found.better}-{found.worse}"
        why = f"by {found.z:.1f} standard errors on about {found.public_rows:,} public rows"
        lesson = warning(competition, run, competition.validation.scheme, why, found.z)
        memory.remember([lesson], private=private_words(competition))
        memory.consolidate(run, features_of(competition))
    finally:
        memory.close()
    with journal_of(folder) as journal:
        write_down(journal, [lesson])
    return True
