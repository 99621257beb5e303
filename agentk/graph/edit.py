"""Edits: a person changes an answer before it is acted on. The journal knows it first; the graph follows."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import JsonValue

from agentk.graph.journal import Line, whole
from agentk.graph.nodes.decide import check
from agentk.graph.state import State
from agentk.graph.workbench import Workbench
from agentk.reasoning.questions import Plan
from agentk.types.solution import Solution
from agentk.types.space import Params

PERSON = "person"


def edit_plan(bench: Workbench, state: State, plan: Plan) -> Plan:
    """Journals the plan that the person gives instead; signed by the person. Raises ReasonerError when it rests on nothing."""
    plan = plan.model_copy(update={"giver": PERSON})
    check(bench, plan)
    bench.journal.write("edited", node="plan", step=state["done"], giver=PERSON, answer=plan.model_dump(mode="json"))
    return plan


def edited_plan(lines: Iterable[Line]) -> tuple[int, Plan] | None:
    """The last plan that a person gave, and the step after which it was given."""
    edits = [line for line in lines if line["event"] == "edited" and line.get("node") == "plan"]
    return (whole(edits[-1]["step"]), Plan.model_validate(edits[-1]["answer"])) if edits else None


def edit_code(bench: Workbench, number: int, source: str | None, params: Params | None) -> None:
    """Changes the program, the parameters or both of an attempt that was started and is not executed yet."""
    solution, facts = bench.folder.started_solution(number)
    edited = Solution(solution.source if source is None else source, solution.name)
    facts = {**facts, "params": facts["params"] if params is None else params, "origin": PERSON}
    bench.folder.amend(number, edited, facts)
    answer: dict[str, JsonValue] = {"name": edited.name, "params": facts["params"], "digest": edited.digest}
    bench.journal.write("edited", node="code", number=number, giver=PERSON, answer=answer)
