"""Reflect: what a finished attempt teaches."""

from __future__ import annotations

from agentk.graph.state import State
from agentk.graph.workbench import Workbench
from agentk.reasoning.questions import ReflectQuestion

LOG_TAIL = 4000


def reflect(bench: Workbench, state: State) -> State:
    """Asks for a conclusion on every attempt that was settled since the last time; what is to be remembered goes to memory."""
    bench.notice("reflect", "")
    ledger = bench.ledger
    for number in state.get("settled", []):
        attempt = ledger.attempts[number]
        log = bench.folder.attempt(number) / "log.txt"
        question = ReflectQuestion(
            competition=bench.arena.competition,
            direction=bench.arena.metric.direction,
            attempt=attempt,
            parent=None if attempt.parent is None else ledger.attempts[attempt.parent],
            incumbent=None if ledger.best is None else ledger.attempts[ledger.best],
            verdict=attempt.verdict,
            log=log.read_text()[-LOG_TAIL:],
        )
        answer = bench.reasoner.reflect(question)
        facts = question.model_dump(mode="json", include={"verdict"}) | {"attempt": number}
        bench.answer("reflect", answer.giver, facts, answer.model_dump(mode="json"))
    return {"settled": []}
