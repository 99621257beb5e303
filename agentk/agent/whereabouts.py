"""Whereabouts: where a run's competition lies now, as a run's folder may be moved, or kept without what can be made anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentk.agent.request import Request
    from agentk.types.competition import Competition


def moved(competition: Competition, run: Path) -> Competition:
    """The contract, its folder being the one inside the run where that is what it named and the run has moved since."""
    inside = run / competition.folder.name
    if competition.folder.is_dir() or not inside.is_dir():
        return competition
    return competition.model_copy(update={"folder": inside.absolute()})


def at_hand(competition: Competition, run: Path, request: Request) -> Competition:
    """The contract with a folder that is there; a built-in competition is made again inside the run where it is not.

    What is not to be found stays as it is: whoever reads it says that it is missing.
    """
    from agentk.competitions.sources.place import located

    found = moved(competition, run)
    if found.folder.is_dir() or not request.competition.startswith("builtin:"):
        return found
    return competition.model_copy(update={"folder": located(request.competition, request.overrides, run).folder.absolute()})
