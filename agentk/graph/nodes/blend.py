"""Blend: an ensemble of attempts, chosen on out-of-fold predictions and scored on rows it was not chosen on."""

from __future__ import annotations

from agentk.graph.nodes.execute import finish
from agentk.graph.state import State
from agentk.graph.workbench import Workbench
from agentk.reasoning.questions import Plan
from agentk.referee.blend import blend as blend_members
from agentk.types.attempt import Attempt, merits
from agentk.types.outcome import Outcome, Status
from agentk.types.solution import Solution

CANDIDATES = 24
"""Attempts a blend is chosen from: the best ones."""


def blend(bench: Workbench, state: State) -> State:
    """Blends the best attempts and lets the selection rule judge the result."""
    number, plan = state["next"], Plan.model_validate(state["plan"])
    if number in bench.ledger.attempts:
        return {"next": number + 1, "refused": 0}
    bench.notice("blend", "")
    began = bench.clock.active()
    merit = merits(bench.ledger.scored, bench.arena.metric.direction)
    scored = sorted(bench.ledger.scored, key=lambda attempt: -merit[attempt.number])[:CANDIDATES]
    with bench.aside():
        members = {attempt.number: bench.evaluation(attempt.number) for attempt in scored}
        result = blend_members(members, referee=bench.arena.referee, key=f"blend-{number}")
    alone = len(result.weights) == 1
    outcome = Outcome(status=Status.PRUNED, reason=f"no mixture beats #{next(iter(result.weights))} alone")
    attempt = Attempt(
        number=number,
        parent=max(result.weights, key=lambda member: result.weights[member]),
        kind="blend",
        name=f"blend of {len(result.weights)}",
        origin=plan.giver,
        idea=f"{result.method}: " + ", ".join(f"{weight:.2f} × #{member}" for member, weight in result.weights.items()),
        outcome=outcome if alone else result.evaluation.outcome,
        weights=result.weights,
        method=result.method,
        seen=tuple(attempt.number for attempt in bench.ledger.scored),
    )
    finish(bench, attempt, Solution(BLEND_SOURCE, attempt.name), None if alone else result.evaluation)
    bench.clock.keep(bench.clock.active() - began)  # the last one will take as long
    return {"next": number + 1, "refused": 0}


BLEND_SOURCE = (
    '"""A blend has no program of its own: outcome.json names its members, solution/ of the run puts them together."""\n'
)
