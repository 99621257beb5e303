"""Reflect: what a finished attempt teaches."""

from __future__ import annotations

from agentk.errors import ReasonerError
from agentk.graph.state import State
from agentk.graph.workbench import Workbench
from agentk.reasoning.questions import ReflectQuestion

LOG_TAIL = 4000


def reflect(bench: Workbench, state: State) -> State:
    """Asks for a conclusion on every finished attempt that none was drawn from yet."""
    bench.notice("reflect", "")
    ledger = bench.ledger
    for number in sorted(ledger.attempts.keys() - ledger.reflected):
        attempt = ledger.attempts[number]
        log = bench.folder.attempt(number) / "log.txt"
        question = ReflectQuestion(
            competition=bench.arena.competition,
            profile=bench.arena.profile,
            direction=bench.arena.metric.direction,
            attempt=attempt,
            parent=None if attempt.parent is None else ledger.attempts[attempt.parent],
            incumbent=None if ledger.best is None else ledger.attempts[ledger.best],
            verdict=attempt.verdict,
            log=log.read_text()[-LOG_TAIL:],
        )
        facts = question.model_dump(mode="json", include={"verdict"}) | {"attempt": number}
        try:
            answer = bench.reasoner.reflect(question)
        except ReasonerError as error:  # a run can do without
            bench.answer("reflect", bench.reasoner.name, facts, {"refused": str(error)})
        else:
            bench.answer("reflect", answer.giver, facts, answer.model_dump(mode="json"))
    return {}
