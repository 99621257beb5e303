"""Reflect: what a finished attempt teaches."""

from __future__ import annotations

from pydantic import JsonValue

from agentk.errors import ReasonerError
from agentk.graph.briefing import reflect_question
from agentk.graph.state import State
from agentk.graph.workbench import Workbench
from agentk.reasoning.questions import Reflection


def reflect(bench: Workbench, state: State) -> State:
    """Asks for a conclusion on every finished attempt that none was drawn from yet."""
    bench.notice("reflect", "")
    ledger = bench.ledger
    for number in sorted(ledger.attempts.keys() - ledger.reflected):
        attempt = ledger.attempts[number]
        if bench.proposing is not None and bench.proposing.colleagues.reflects(attempt):
            continue  # the model is asked before its next plan
        question = reflect_question(bench, attempt)
        facts = question.model_dump(mode="json", include={"verdict"}) | {"attempt": number}
        try:
            answer = bench.reasoner.reflect(question)
        except ReasonerError as error:  # a run can do without
            bench.answer("reflect", bench.reasoner.name, facts, {"refused": str(error)})
        else:
            concluded(bench, answer, facts)
    return {}


def concluded(bench: Workbench, answer: Reflection, facts: dict[str, JsonValue]) -> None:
    """Puts a conclusion into the journal, and does to memory what it asks for."""
    bench.answer("reflect", answer.giver, facts, answer.model_dump(mode="json"))
    bench.recollection.act(answer.memory, answer.giver, "reflect")
