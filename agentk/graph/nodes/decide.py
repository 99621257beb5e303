"""Plan and code: what to try next, and the program for it."""

from __future__ import annotations

from typing import Any, Literal

from agentk.errors import ReasonerError
from agentk.graph.state import State
from agentk.graph.workbench import Workbench
from agentk.reasoning.questions import CodeQuestion, Plan, PlanQuestion
from agentk.types.solution import Solution


def plan(bench: Workbench, state: State) -> State:
    """Asks what to do next. A stop that came from outside needs no asking."""
    reason = bench.over()
    if reason is not None:
        return _end(bench, reason)
    bench.count_step()
    bench.notice("plan", "")
    question = plan_question(bench, state)
    answer = bench.reasoner.plan(question)
    bench.answer(
        "plan",
        answer.giver,
        question.model_dump(mode="json", exclude={"competition", "tree", "lessons"}),
        answer.model_dump(mode="json"),
    )
    if answer.action == "stop":
        return _end(bench, "attempts" if question.resources.attempts_left == 0 else "nothing left to try")
    known = {lesson.id: lesson for lesson in bench.lessons}
    for name in answer.lessons:
        lesson = known[name]
        bench.journal.write("lesson_used", durable=False, lesson=name, number=state["next"], text=lesson.text, why=lesson.why)
    return {"step": state["step"] + 1, "plan": answer.model_dump(mode="json")}


def plan_question(bench: Workbench, state: State) -> PlanQuestion:
    """The facts that planning rests on, bounded whatever the length of the run."""
    ledger, arena = bench.ledger, bench.arena
    return PlanQuestion(
        step=state["step"],
        competition=arena.competition,
        direction=arena.metric.direction,
        tree=ledger.tree(),
        best=ledger.best,
        efforts=ledger.efforts(arena.competition.validation.folds),
        pending=len(bench.pending()),
        started=tuple(
            str(plan["recipe"])
            for plan in (bench.folder.started_solution(number)[1] for number in bench.pending())
            if plan.get("recipe")
        ),
        scored=len(ledger.scored),
        since_blend=ledger.since_blend,
        person=tuple(ledger.hints[-5:]),
        lessons=bench.lessons,
        resources=bench.resources(),
        seed=bench.setting.seed,
    )


def _end(bench: Workbench, reason: str) -> State:
    # The last look at what there is: a blend of everything, where some attempt has not been in one.
    blend = bench.ledger.since_blend > 0 and len(bench.ledger.scored) > 1 and not bench.pending()
    wait = bool(bench.pending()) and bench.stopped is None
    action: Literal["wait", "blend", "stop"] = "wait" if wait else "blend" if blend else "stop"
    last = Plan(giver="graph", action=action, idea="what is under way may end" if wait else "the last blend")
    return {"plan": last.model_dump(mode="json"), "stop": "" if wait else reason}


def code(bench: Workbench, state: State) -> State:
    """Asks for the program, and keeps it before it is executed. Entered again, it finds the program it kept."""
    number, answer = state["next"], Plan.model_validate(state["plan"])
    bench.notice("code", answer.idea)
    if number in bench.pending() or bench.folder.read_attempt(number) is not None:
        return {"next": number + 1}
    parent = bench.ledger.attempts.get(answer.parent) if answer.parent is not None else None
    question = CodeQuestion(
        competition=bench.arena.competition,
        plan=answer,
        parent_source=None if parent is None else bench.folder.read_solution(parent).source,
        parent_reason="" if parent is None else parent.outcome.reason,
    )
    try:
        written = bench.reasoner.code(question)
    except ReasonerError as error:
        bench.journal.write("answer", node="code", giver=answer.giver, answer={"refused": str(error)})
        return {"plan": answer.model_copy(update={"action": "wait"}).model_dump(mode="json")}
    facts: dict[str, Any] = {
        "kind": answer.action,
        "parent": answer.parent,
        "origin": written.giver,
        "recipe": answer.recipe,
        "idea": answer.idea,
        "params": written.params,
        "seconds": answer.seconds,
        "lessons": list(answer.lessons),
    }
    bench.folder.start(number, Solution(written.source, written.name), facts)
    bench.answer(
        "code", written.giver, {"plan": answer.model_dump(mode="json")}, written.model_dump(mode="json", exclude={"source"})
    )
    bench.journal.write("attempt_started", number=number, kind=answer.action, parent=answer.parent, name=written.name)
    return {"next": number + 1}
