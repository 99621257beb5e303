"""Spending: what calls of models cost, by question and model, as the journal tells it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from agentk.graph.journal import Line
from agentk.llms.record import EVENT, Call, Spent, call_of


@dataclass(frozen=True)
class Spending:
    """What one kind of step cost."""

    step: str
    model: str
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cached: int = 0  # of tokens_in: read from the provider's cache
    seconds: float = 0.0
    cost: float | None = None  # US dollars; None: no price is known


def spending_of(lines: Sequence[Line]) -> tuple[Spending, ...]:
    """Calls of models, by question and model."""
    calls: dict[tuple[str, str], list[Call]] = defaultdict(list)
    for line in lines:
        if line["event"] == EVENT:
            call = call_of(line)
            calls[call.request.purpose or "?", call.name].append(call)
    found = []
    for (step, model), mine in calls.items():
        total, replies = Spent.of(mine), [call.reply for call in mine if call.reply is not None]
        priced = any(reply.cost is not None for reply in replies)
        seconds = sum(reply.seconds for reply in replies)
        cost = total.cost if priced else None
        found.append(Spending(step, model, total.calls, total.prompt, total.reply, total.cached, seconds, cost))
    return tuple(found)
