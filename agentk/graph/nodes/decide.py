"""Plan and code: what to try next, and the program for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from agentk.errors import ReasonerError
from agentk.graph.briefing import code_question, fold_limit, plan_question
from agentk.graph.journal import Event
from agentk.graph.ledger import Ledger
from agentk.graph.legal import legal, stagnant
from agentk.graph.lessons import missed
from agentk.graph.nodes.hear import hear
from agentk.graph.state import State
from agentk.graph.workbench import Workbench
from agentk.reasoning.questions import WRITTEN, Code, Plan, PlanQuestion
from agentk.types.solution import Solution

if TYPE_CHECKING:
    from agentk.referee.probes import Probed

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
    question = plan_question(bench, state["step"])
    proposed = None if bench.proposing is None else bench.proposing.propose(bench, question)
    if bench.proposing is not None and (reason := bench.over()) is not None:
        return _end(bench, reason)
    if proposed is None and bench.proposing is not None:
        question = plan_question(bench, state["step"])  # what was found out meanwhile counts
    facts = question.model_dump(mode="json", exclude={"competition", "profile", "tree", "standing", "lessons"})
    try:
        answer = proposed or _busied(bench, bench.reasoner.plan(question))
        check(bench, answer)
    except ReasonerError as error:
        if proposed is not None and bench.proposing is not None:  # it was sound when it was made
            bench.proposing.drop()
        bench.answer("plan", bench.reasoner.name, facts, {"refused": str(error)})
        return {"step": state["step"] + 1, "plan": _wait("no usable plan"), "refused": refused + 1}
    bench.answer("plan", answer.giver, facts, answer.model_dump(mode="json"))
    if answer.action == "stop":
        return _end(bench, "nothing left to try")
    if proposed is not None and bench.proposing is not None and not written(bench, answer):
        bench.proposing.drop()
    _tell_lessons(bench, question, answer, state["next"])
    bench.recollection.act(answer.memory, answer.giver, "plan")
    return {"step": state["step"] + 1, "plan": answer.model_dump(mode="json")}


def _busied(bench: Workbench, answer: Plan) -> Plan:
    """The playbook's answer; while a model thinks, nothing left to try means to wait for it."""
    if answer.action == "stop" and bench.proposing is not None and (bench.proposing.busy or bench.proposing.ready):
        return answer.model_copy(update={"action": "wait", "idea": "the model is thinking"})
    return answer


def written(bench: Workbench, answer: Plan) -> bool:
    """Whether the program of a plan is the model's to write."""
    model = bench.proposing
    return model is not None and answer.giver == model.model.name and answer.action in WRITTEN and model.colleagues.writes(answer)


def _tell_lessons(bench: Workbench, question: PlanQuestion, answer: Plan, number: int) -> None:
    """Journals what was recalled, which lessons led to the plan, and which withheld ones would have: treated and control."""
    held = bench.recollection.held
    if news := bench.recollection.news():
        aside = {lesson.id for lesson in held}
        bench.journal.write(
            "recalled",
            durable=False,
            number=number,
            lessons=[
                {"id": one.id, "kind": one.kind, "text": one.text, "why": one.why}
                | ({"withheld": True} if one.id in aside else {})
                for one in news
            ],
        )
    told: tuple[tuple[Event, Sequence[str]], ...] = (
        ("lesson_used", answer.lessons),
        ("lesson_withheld", missed(question, answer, held)),
    )
    for event, ids in told:
        known = {lesson.id: lesson for lesson in (*bench.lessons, *held)}
        for id_ in ids:
            lesson = known[id_]
            bench.journal.write(event, durable=False, lesson=id_, number=number, text=lesson.text, why=lesson.why)


def check(bench: Workbench, answer: Plan) -> None:
    """Raises ReasonerError, in words for the reasoner, when a plan rests on what is not there."""
    if answer.action == "explore" and bench.proposing is None:
        raise ReasonerError("only a model looks at the data")
    if answer.action == "wait" and not bench.pending() and not (bench.proposing is not None and bench.proposing.busy):
        raise ReasonerError("there is nothing to wait for: no attempt is under way")
    if answer.action in ("improve", "shrink", "debug", "tune", "bag", "ablate") and answer.parent is None:
        raise ReasonerError(f"a plan to {answer.action} must name its parent attempt")
    if answer.parent is not None:
        parent = bench.ledger.attempts.get(answer.parent)
        if parent is None or not (bench.folder.attempt(answer.parent) / "solution.py").exists():
            raise ReasonerError(f"there is no attempt {answer.parent} to {answer.action}")
        if answer.action == "tune" and not (parent.tunable and parent.score is not None):
            raise ReasonerError(f"attempt {answer.parent} has no score, or no SPACE that holds anything untried, to tune")
    if answer.action == "blend" and not bench.ledger.scored:
        raise ReasonerError("there is nothing to blend: no attempt has a score")
    if answer.action == "fuse" and len({number for number in answer.parents if number in bench.ledger.attempts}) < 2:
        raise ReasonerError(f"a plan to fuse must name two attempts or more in parents, not {list(answer.parents)}")
    unknown = set(answer.lessons) - {lesson.id for lesson in bench.lessons}
    if unknown:
        raise ReasonerError(f"no lesson is called {', '.join(sorted(unknown))}")


def check_legal(answer: Plan, ledger: Ledger, looks: int | None) -> None:
    """Raises ReasonerError, in words for the model, when a plan is none of the options it was given."""
    options = {option.action: option for option in legal(ledger, looks)}
    option = options.get(answer.action)
    if option is None:
        because = "; nothing has got better for long" if stagnant(ledger) else ""
        raise ReasonerError(f"to {answer.action} is not legal now{because}: choose among {', '.join(options)}")
    named = {answer.parent} if answer.parent is not None else set()
    foreign = (named | set(answer.parents)) - set(ledger.attempts)
    if foreign:
        raise ReasonerError(f"there is no attempt {', '.join(map(str, sorted(foreign)))}")
    if answer.action in ("shrink", "debug") and answer.parent not in option.parents:
        raise ReasonerError(f"to {answer.action} attempt {answer.parent} is not legal: only {list(option.parents)}")


def _wait(idea: str) -> dict[str, Any]:
    return Plan(giver="graph", action="wait", idea=idea).model_dump(mode="json")


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
    try:
        made, tried = _program(bench, answer, number)
    except ReasonerError as error:
        bench.journal.write("answer", node="code", giver=answer.giver, answer={"refused": str(error)})
        return {"plan": _wait("no program for the plan"), "refused": state.get("refused", 0) + 1}
    facts: dict[str, Any] = {
        "kind": answer.action,
        "parent": answer.parent,
        "parents": list(answer.parents),
        "predicted_gain": answer.predicted_gain,
        "smoke": None if tried is None else [tried.train_score, tried.valid_score],
        "origin": made.giver,
        "recipe": answer.recipe,
        "idea": answer.idea,
        "params": made.params,
        "seconds": answer.seconds if tried is None or answer.seconds is not None else fold_limit(bench),
        "lessons": list(answer.lessons),
    }
    bench.folder.start(number, Solution(made.source, made.name), facts)
    bench.answer("code", made.giver, {"plan": answer.model_dump(mode="json")}, made.model_dump(mode="json", exclude={"source"}))
    begun(bench, number)
    return {"next": number + 1, "refused": 0}


def _program(bench: Workbench, answer: Plan, number: int) -> tuple[Code, Probed | None]:
    """From who writes it; another seed, the attempt's `number` away from the run's own, needs no writing.

    Raises ReasonerError where there is none.
    """
    if answer.action == "bag" and answer.parent is not None:
        parent = bench.ledger.attempts[answer.parent]
        params = parent.params | {"seed": bench.setting.seed + number} | answer.params  # others under way have other numbers
        return Code(giver=answer.giver, name=parent.name, source=bench.folder.read_solution(parent).source, params=params), None
    if written(bench, answer) and bench.proposing is not None:
        taken = bench.proposing.take(bench, answer)
        if taken is None:
            raise ReasonerError(f"{answer.giver} wrote no program for its plan")
        return taken
    return bench.reasoner.code(code_question(bench, answer)), None


def begun(bench: Workbench, number: int) -> None:
    """The journal line of an attempt whose program is kept, unless it is there already."""
    if number in bench.ledger.started or number in bench.ledger.attempts:
        return
    solution, facts = bench.folder.started_solution(number)
    bench.journal.write("attempt_started", number=number, kind=facts["kind"], parent=facts["parent"], name=solution.name)
