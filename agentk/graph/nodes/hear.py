"""Hear: before a plan is asked for, what the person has put into the inbox: ideas, programs, predictions."""

from __future__ import annotations

from pydantic import JsonValue

from agentk.graph.inbox import Letter, letters
from agentk.graph.nodes.execute import finish
from agentk.graph.workbench import Workbench
from agentk.reasoning.questions import Plan
from agentk.types.attempt import Attempt
from agentk.types.solution import Solution

NO_PROGRAM = '"""A model that a person fitted elsewhere: its predictions are known, its program is not. It can be blended."""\n'


def hear(bench: Workbench, number: int) -> Plan | None:
    """Reads the letters, oldest first: ideas go to the journal; the first model becomes attempt `number`, its plan is returned.

    Journal line, then effect, then the letter is thrown away: entered again after a kill, it does what is missing.
    """
    if number in bench.ledger.attempts or bench.folder.has_started(number):
        for letter in letters(bench.folder):
            if bench.ledger.heard.get(letter.name) == number:
                letter.discard()
        return _plan("a model of the person's own")
    for letter in letters(bench.folder):
        known = letter.name in bench.ledger.heard
        if letter.kind == "hint":
            if not known:
                bench.journal.write("edited", hint=letter.text, letter=letter.name, number=number)
            letter.discard()
            continue
        if not known:
            bench.journal.write("edited", model=letter.text, letter=letter.name, number=number)
        elif bench.ledger.heard[letter.name] != number:
            letter.discard()
            continue
        plan = _plan(f"{letter.text}: a model of the person's own")
        _enter(bench, letter, number, plan)
        letter.discard()
        return plan
    return None


def _plan(idea: str) -> Plan:
    return Plan(giver="person", action="draft", idea=idea)


def _enter(bench: Workbench, letter: Letter, number: int, plan: Plan) -> None:
    """A program is kept to be executed; predictions are judged at once."""
    if letter.kind == "program":
        made: dict[str, JsonValue] = {"kind": "draft", "parent": None, "recipe": None, "params": {}, "idea": plan.idea}
        bench.folder.start(number, Solution(letter.source(), letter.text), {**made, "origin": plan.giver, "giver": plan.giver})
        return
    with bench.aside():
        evaluation = bench.arena.referee.evaluate(f"attempt-{number}", *letter.predictions())
    attempt = Attempt(
        number=number,
        parent=None,
        kind="draft",
        name=letter.text,
        origin=plan.giver,
        idea=plan.idea,
        outcome=evaluation.outcome,
    )
    finish(bench, attempt, Solution(NO_PROGRAM, letter.text), evaluation)
