"""Searches: what the trials of tuning show: which parameters mattered, and how the score went with each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from agentk.errors import AgentKError
from agentk.graph.folder import RunFolder
from agentk.report.story import Story
from agentk.tuning.importance import importances
from agentk.tuning.trials import Trial, read_trials
from agentk.types.solution import Solution
from agentk.types.space import Space

MOST = 3
"""Programs whose trials are shown: those with the most."""
SLICES = 4
"""Parameters of each, the most important first."""
FEWEST = 4
"""Scored trials of which a picture says anything."""


@dataclass(frozen=True)
class Slice:
    """The scores of trials along one parameter."""

    parameter: str
    share: float  # of the spread in score that it explains
    log: bool
    points: tuple[tuple[float | str, float], ...]  # value, score


@dataclass(frozen=True)
class Searched:
    """All trials of one program."""

    name: str
    attempts: tuple[int, ...]
    trials: int
    importances: tuple[tuple[str, float], ...]  # empty with too few trials
    slices: tuple[Slice, ...]


def searched(folder: RunFolder, story: Story) -> tuple[Searched, ...]:
    """The programs that were tuned most. A damaged trials.jsonl shows nothing."""
    try:
        trials = read_trials(folder.trials)
    except AgentKError:
        return ()
    by_program: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        by_program[trial.search.partition("/")[2]].append(trial)
    found = []
    for digest, mine in sorted(by_program.items(), key=lambda item: -len(item[1]))[:MOST]:
        owners = [moment.attempt for moment in story.moments if moment.source == digest]
        if owners and digest in story.sources:
            found.append(_searched(owners[0].name, tuple(one.number for one in owners), story.sources[digest], mine))
    return tuple(one for one in found if one.slices)


def _searched(name: str, attempts: tuple[int, ...], source: str, trials: list[Trial]) -> Searched:
    try:
        space = Solution(source, name).space
    except ValueError:
        space = {}
    shares = importances(space, trials)
    varied = {key: len({str(trial.params.get(key)) for trial in trials if key in trial.params}) for key in space}
    order = list(shares) or sorted((key for key in varied if varied[key] > 1), key=lambda key: -varied[key])
    slices = [_slice(key, shares.get(key, 0.0), space, trials) for key in order if varied.get(key, 0) > 1]
    drawn = [one for one in slices if len(one.points) >= FEWEST]
    return Searched(name, attempts, len(trials), tuple(shares.items())[:12], tuple(drawn[:SLICES]))


def _slice(key: str, share: float, space: Space, trials: list[Trial]) -> Slice:
    dimension = space[key]
    points = []
    for trial in trials:
        if trial.score is not None and key in trial.params:
            value = trial.params[key]
            numeric = dimension.type != "choice" and isinstance(value, int | float)
            points.append((float(str(value)) if numeric else str(value), trial.score))
    return Slice(key, share, bool(getattr(dimension, "log", False)), tuple(points))
