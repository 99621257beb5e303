"""Ablation: every idea of the winner is taken out, one at a time, and what is left is scored again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from agentk.agent.insight.worth import Worth, compared, record
from agentk.errors import RunError
from agentk.graph.journal import read
from agentk.graph.workbench import Workbench
from agentk.referee.apply import combine
from agentk.referee.blend import blend
from agentk.referee.evaluation import Evaluation, covered
from agentk.types.attempt import Attempt
from agentk.types.outcome import Status
from agentk.types.solution import Solution
from agentk.types.space import ChoiceDimension, Params, Space, active


@dataclass(frozen=True)
class Idea:
    """One thing that can be taken out of the winner: a whole member, or a choice of a member's parameters."""

    member: int
    without: str  # in words
    params: Params | None = None  # the member's without it; None: the whole member goes


def ideas(bench: Workbench, winner: Attempt) -> list[Idea]:
    """What can be taken out: first the members of a blend, then their parameters, the heaviest member's first."""
    weights = winner.weights or {winner.number: 1.0}
    heaviest = sorted(weights, key=lambda number: -weights[number])
    found = [Idea(number, f"{bench.ledger.attempts[number].name} #{number}") for number in heaviest if len(weights) > 1]
    for number in heaviest:
        attempt = bench.ledger.attempts[number]
        solution = bench.folder.read_solution(attempt)
        found += [Idea(number, words, params) for words, params in _simpler(solution.space, attempt.params)]
    return found


def _simpler(space: Space, params: Params) -> Iterator[tuple[str, Params]]:
    """Each parameter that was moved, back at its default; each switch that is on, off; and all of them at their defaults."""
    now = active(space, params)
    moved = [name for name in now if name in space and now[name] != space[name].default]
    outside = {name: value for name, value in params.items() if name not in space}
    if len(moved) > 1:
        yield "all that tuning moved", outside
    for name in moved:
        default = space[name].default
        yield f"{name} = {_short(now[name])} (back to {_short(default)})", {**params, name: default}
    for name, dimension in space.items():
        switch = isinstance(dimension, ChoiceDimension) and set(dimension.choices) == {False, True}
        if switch and now.get(name) is True and name not in moved:
            yield f"{name} (switched off)", {**params, name: False}


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def ablate(bench: Workbench, seconds: float) -> Iterator[tuple[Idea, Worth]]:
    """Takes the ideas out one after the other until all are done or the time is up; each is journaled and handed out.

    A second call goes on where the first ended: what the journal tells already is not scored again. Raises RunError when there is
    no winner.
    """
    best = bench.ledger.best
    if best is None:
        raise RunError("no attempt has a score yet: there is nothing to take apart")
    winner = bench.ledger.attempts[best]
    known = told(bench, best)
    began = time.monotonic()
    for idea in ideas(bench, winner):
        if (idea.member, idea.without) in known:
            yield idea, known[idea.member, idea.without]
            continue
        if time.monotonic() - began > seconds:
            return
        worth = _without_member(bench, winner, idea) if idea.params is None else _without_choice(bench, winner, idea, idea.params)
        record(bench, worth)
        yield idea, worth


def told(bench: Workbench, about: int) -> dict[tuple[int | None, str], Worth]:
    """What earlier calls found out about an attempt."""
    lines = [line for line in read(bench.folder.journal) if line["event"] == "explained" and line["about"] == about]
    fields = Worth.model_fields.keys()
    found = [Worth.model_validate({name: line[name] for name in fields if name in line}) for line in lines]
    return {(worth.number, worth.without): worth for worth in found if worth.score is not None}


def _without_member(bench: Workbench, winner: Attempt, idea: Idea) -> Worth:
    """The blend of the other members, weighed anew."""
    others = {number: bench.evaluation(number) for number in winner.weights if number != idea.member}
    rest = blend(others, referee=bench.arena.referee, key="without").evaluation
    gain, error = compared(bench, bench.evaluation(winner.number), rest)
    return Worth(about=winner.number, without=idea.without, number=idea.member, score=rest.score, gain=gain, error=error)


def _without_choice(bench: Workbench, winner: Attempt, idea: Idea, params: Params) -> Worth:
    """The member is executed again with other parameters, and takes its old place in the blend with its old weight."""
    member = bench.ledger.attempts[idea.member]
    made = _executed(bench, bench.folder.read_solution(member), params)
    common = {"about": winner.number, "without": idea.without, "number": idea.member, "seconds": round(made.seconds, 3)}
    if made.outcome.status is not Status.SCORED:
        return Worth.model_validate({**common, "reason": f"{made.outcome.status.words}: {made.outcome.reason}"})
    if winner.weights:
        whole, rest = blended(bench, winner, {}), blended(bench, winner, {idea.member: made})
    else:
        whole, rest = bench.evaluation(winner.number), made
    gain, error = compared(bench, whole, rest)
    return Worth.model_validate({**common, "score": rest.score, "gain": gain, "error": error})


def _executed(bench: Workbench, solution: Solution, params: Params) -> Evaluation:
    referee, key = bench.arena.referee, "ablation"
    referee.submit(solution, params, key=key)
    with bench.aside():
        found = [one for one in referee.collect(None) if one.key == key]
    referee.forget(key)
    return found[0]


def blended(bench: Workbench, winner: Attempt, instead: dict[int, Evaluation]) -> Evaluation:
    """The winner's own mixture, its weights as they are, with some members' predictions replaced."""
    referee = bench.arena.referee
    parts = [instead.get(number) or bench.evaluation(number) for number in winner.weights]
    oofs = [part.oof for part in parts if part.oof is not None]
    rows = np.all([covered(oof) for oof in oofs], axis=0)
    mixed = np.full_like(oofs[0], np.nan)
    weights = list(winner.weights.values())
    mixed[rows] = combine([oof[rows] for oof in oofs], weights, winner.method, bench.arena.metric.link)
    return replace(referee.evaluate("mixture", mixed, None), complete=True)
