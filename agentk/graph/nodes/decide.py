"""Plan and code: what to try next, and the program for it."""

from __future__ import annotations

from typing import Any, Literal

from agentk.errors import ReasonerError
from agentk.graph.nodes.hear import hear
from agentk.graph.state import State
from agentk.graph.workbench import Workbench
from agentk.reasoning.questions import CodeQuestion, Parent, Plan, PlanQuestion
from agentk.types.solution import Solution

PATIENCE = 3
"""Answers in a row that cannot be acted on, after which the run ends."""


def plan(bench: Workbench, state: State) -> State:
    """Asks what to do next. A stop that came from outside, or from a count that is reached, needs no asking."""
    reason = bench.over() or ("attempts" if bench.resources().attempts_left == 0 else None)
    refused = state.get("refused", 0)
    if reason is None and refused >= PATIENCE:
        reason = f"{refused} plans in a row that could not be acted on"
    if reason is not None:
        return _end(bench, reason)
    bench.count_step()
    bench.notice("plan", "")
    asked = hear(bench, state["next"])
    if asked is not None:
        return {"step": state["step"] + 1, "plan": asked.model_dump(mode="json")}
    question = plan_question(bench, state)
    facts = question.model_dump(mode="json", exclude={"competition", "profile", "tree", "lessons"})
    try:
        answer = bench.reasoner.plan(question)
        check(bench, answer)
    except ReasonerError as error:
        bench.answer("plan", bench.reasoner.name, facts, {"refused": str(error)})
        return {"step": state["step"] + 1, "plan": _wait("no usable plan"), "refused": refused + 1}
    bench.answer("plan", answer.giver, facts, answer.model_dump(mode="json"))
    if answer.action == "stop":
        return _end(bench, "nothing left to try")
    known = {lesson.id: lesson for lesson in bench.lessons}
    for name in answer.lessons:
        lesson = known[name]
        bench.journal.write("lesson_used", durable=False, lesson=name, number=state["next"], text=lesson.text, why=lesson.why)
    return {"step": state["step"] + 1, "plan": answer.model_dump(mode="json")}


def check(bench: Workbench, answer: Plan) -> None:
    """Raises ReasonerError, in words for the reasoner, when a plan rests on what is not there."""
    if answer.action == "wait" and not bench.pending():
        raise ReasonerError("there is nothing to wait for: no attempt is under way")
    if answer.action in ("improve", "debug", "tune") and answer.parent is None:
        raise ReasonerError(f"a plan to {answer.action} must name its parent attempt")
    if answer.parent is not None:
        parent = bench.ledger.attempts.get(answer.parent)
        if parent is None or not (bench.folder.attempt(answer.parent) / "solution.py").exists():
            raise ReasonerError(f"there is no attempt {answer.parent} to {answer.action}")
        if answer.action == "tune" and not (parent.tunable and parent.score is not None):
            raise ReasonerError(f"attempt {answer.parent} has no score, or no SPACE that holds anything untried, to tune")
    if answer.action == "blend" and not bench.ledger.scored:
        raise ReasonerError("there is nothing to blend: no attempt has a score")
    unknown = set(answer.lessons) - {lesson.id for lesson in bench.lessons}
    if unknown:
        raise ReasonerError(f"no lesson is called {', '.join(sorted(unknown))}")


def _wait(idea: str) -> dict[str, Any]:
    return Plan(giver="graph", action="wait", idea=idea).model_dump(mode="json")


def plan_question(bench: Workbench, state: State) -> PlanQuestion:
    """The facts that planning rests on, bounded whatever the length of the run."""
    ledger, arena = bench.ledger, bench.arena
    return PlanQuestion(
        step=state["step"],
        competition=arena.competition,
        profile=arena.profile,
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
    if bench.pending():  # what has finished still counts; the rest may end, or is cancelled where time is over
        return {"plan": _wait("what is under way comes first")}
    # The last look at what there is: a blend of everything, where some attempt has not been in one.
    blend = bench.ledger.since_blend > 0 and len(bench.ledger.scored) > 1
    action: Literal["blend", "stop"] = "blend" if blend else "stop"
    last = Plan(giver="graph", action=action, idea="the last blend" if blend else "")
    return {"plan": last.model_dump(mode="json"), "stop": reason}


def code(bench: Workbench, state: State) -> State:
    """Asks for the program, and keeps it before it is executed. Entered again, it finds the program it kept."""
    number, answer = state["next"], Plan.model_validate(state["plan"])
    bench.notice("code", answer.idea)
    if bench.folder.has_started(number) or number in bench.ledger.attempts:
        begun(bench, number)
        return {"next": number + 1, "refused": 0}
    parent = bench.ledger.attempts.get(answer.parent) if answer.parent is not None else None
    question = CodeQuestion(
        competition=bench.arena.competition,
        profile=bench.arena.profile,
        plan=answer,
        direction=bench.arena.metric.direction,
        parents=() if parent is None else (Parent(attempt=parent, source=bench.folder.read_solution(parent).source),),
        resources=bench.resources(),
        fold_seconds=answer.seconds,
        seed=bench.setting.seed,
    )
    try:
        written = bench.reasoner.code(question)
    except ReasonerError as error:
        bench.journal.write("answer", node="code", giver=answer.giver, answer={"refused": str(error)})
        return {"plan": _wait("no program for the plan"), "refused": state.get("refused", 0) + 1}
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
    begun(bench, number)
    return {"next": number + 1, "refused": 0}


def begun(bench: Workbench, number: int) -> None:
    """The journal line of an attempt whose program is kept, unless it is there already."""
    if number in bench.ledger.started or number in bench.ledger.attempts:
        return
    solution, facts = bench.folder.started_solution(number)
    bench.journal.write("attempt_started", number=number, kind=facts["kind"], parent=facts["parent"], name=solution.name)
