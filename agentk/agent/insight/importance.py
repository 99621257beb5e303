"""Importance: each column is shuffled over all rows, and the winner is fitted again; what it loses is what the column told it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agentk.agent.arena import CompetitionArena
from agentk.agent.insight.ablation import blended, told
from agentk.agent.insight.worth import Worth, compared, record
from agentk.errors import RunError
from agentk.graph.workbench import Workbench
from agentk.referee.referee import Referee
from agentk.types.competition import ColumnKind
from agentk.types.outcome import Status

if TYPE_CHECKING:
    import pandas as pd

    from agentk.referee.evaluation import Evaluation
    from agentk.types.attempt import Attempt


def importances(bench: Workbench, seconds: float) -> Iterator[Worth]:
    """The columns one after the other until all are done or the time is up; each is journaled and handed out.

    A shuffled column keeps its values and loses its meaning. A model that is fitted again may lean on another column that tells
    the same: of two such both seem to be worth little. A second call goes on where the first ended. Raises RunError when there is
    no winner.
    """
    best, arena = bench.ledger.best, bench.arena
    if best is None:
        raise RunError("no attempt has a score yet: there is nothing that a column could be worth to")
    assert isinstance(arena, CompetitionArena)
    winner = bench.ledger.attempts[best]
    known = told(bench, best)
    whole = blended(bench, winner, {}) if winner.weights else bench.evaluation(best)
    began = time.monotonic()
    last = (ColumnKind.IDENTIFIER, ColumnKind.CONSTANT, ColumnKind.PIXEL)  # they rarely tell anything by themselves
    for column in sorted(arena.competition.columns, key=lambda one: one.kind in last):
        words = f"what {column.name} says"
        if (None, words) in known:
            yield known[None, words]
        elif column.name in arena.train and column.name in arena.test:
            if time.monotonic() - began > seconds:
                return
            worth = _without(bench, arena, winner, whole, column.name)
            record(bench, worth)
            yield worth


def _without(bench: Workbench, arena: CompetitionArena, winner: Attempt, whole: Evaluation, column: str) -> Worth:
    """The winner's programs on rows in which one column is shuffled."""
    place = bench.folder.work / "importance"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    common = {"about": winner.number, "without": f"what {column} says", "column": column}
    try:
        made = _evaluated(bench, arena, winner, column, place)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    seconds = sum(one.seconds for one in made.values())
    bad = next((one for one in made.values() if one.outcome.status is not Status.SCORED), None)
    if bad is not None:
        return Worth.model_validate({**common, "seconds": seconds, "reason": bad.outcome.reason})
    rest = blended(bench, winner, made) if winner.weights else made[winner.number]
    gain, error = compared(bench, whole, rest)
    return Worth.model_validate({**common, "score": rest.score, "gain": gain, "error": error, "seconds": round(seconds, 3)})


def _evaluated(bench: Workbench, arena: CompetitionArena, winner: Attempt, column: str, place: Path) -> dict[int, Evaluation]:
    train, test = _shuffled(arena.train, arena.test, column, bench.setting.seed)
    referee = Referee(
        arena.competition,
        train,
        test,
        arena.truth,
        arena.metric,
        arena.referee.sandbox,
        place,
        seed=bench.setting.seed,
        layout=arena.layout,
        extra=arena.extra,
    )
    members = list(winner.weights) or [winner.number]
    for number in members:
        attempt = bench.ledger.attempts[number]
        referee.submit(bench.folder.read_solution(attempt), dict(attempt.params), key=str(number))
    made: dict[int, Evaluation] = {}
    with bench.aside():
        while len(made) < len(members):
            made |= {int(one.key): one for one in referee.collect(None)}
    return made


def _shuffled(train: pd.DataFrame, test: pd.DataFrame, column: str, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables with the column's values dealt anew, each within its own table."""
    rng = np.random.default_rng(seed)
    found = []
    for rows in (train, test):
        order = rng.permutation(len(rows))
        found.append(rows.assign(**{column: rows[column].take(order).set_axis(rows.index)}))
    return found[0], found[1]
