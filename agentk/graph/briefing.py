"""Briefing: the graph's questions, put together from the ledger, the run's folder and the referee; bounded in size."""

from __future__ import annotations

from agentk.graph.legal import legal, since_gain, stagnant
from agentk.graph.workbench import Workbench
from agentk.memory.rewards import standing
from agentk.reasoning.questions import (
    Broken,
    CodeQuestion,
    Conclusion,
    Diagnosis,
    Parent,
    Plan,
    PlanQuestion,
    ReflectQuestion,
    Running,
    Slice,
)
from agentk.types.attempt import Attempt, ranked
from agentk.types.metric import Array
from agentk.types.outcome import Status

LOG_TAIL = 4000
DIAGNOSED = 4
"""Of the best, and of the latest."""
COMPARED = 16
"""Attempts, the best ones, that an attempt's novelty is measured against."""
PARENTS = 4
NOTES = 6
CONCLUSIONS = 6
FOLD_SHARE = 0.3
"""Of the time that is left, what all folds of a model's program may take together."""


def plan_question(bench: Workbench, step: int) -> PlanQuestion:
    """The facts that planning rests on, bounded whatever the length of the run; diagnoses only where a model reads them."""
    ledger, arena, model = bench.ledger, bench.arena, bench.proposing
    remedies = bench.recollection.remedies()  # it brings lessons to mind
    tree, running = ledger.tree(), _running(bench)
    return PlanQuestion(
        step=step,
        competition=arena.competition,
        profile=arena.profile,
        direction=arena.metric.direction,
        tree=tree,
        standing=standing(tree, arena.metric.direction),
        best=ledger.best,
        efforts=ledger.efforts(arena.competition.validation.folds),
        pending=len(running),
        started=tuple(one.recipe for one in running),
        running=running,
        scored=len(ledger.scored),
        since_blend=ledger.since_blend,
        person=tuple(ledger.hints[-5:]),
        lessons=bench.lessons,
        remedies=remedies,
        legal=() if model is None else legal(ledger, model.looks),
        diagnoses=() if model is None else diagnoses(bench),
        conclusions=() if model is None else conclusions(bench),
        notes=tuple(ledger.notes[-NOTES:]),
        refused=() if model is None else tuple(model.refused),
        since_gain=since_gain(ledger),
        stagnant=stagnant(ledger),
        meanwhile=model is not None and model.busy and not bench.setting.ordered,
        resources=bench.resources(),
        seed=bench.setting.seed,
    )


def _running(bench: Workbench) -> tuple[Running, ...]:
    found = []
    for number in bench.pending():
        solution, plan = bench.folder.started_solution(number)
        limits, name = plan["params"], str(plan.get("recipe") or solution.name)
        assert isinstance(limits, dict)
        rows, work = limits.get("most_rows"), limits.get("most_work")
        age = 0.0 if bench.setting.ordered else bench.clock.active() - bench.ledger.since.get(number, bench.clock.active())
        found.append(
            Running(
                recipe=name,
                sample=rows if isinstance(rows, int) else None,
                work=float(work) if isinstance(work, int | float) else 1.0,
                seconds=round(age, 1),
            )
        )
    return tuple(found)


def code_question(bench: Workbench, plan: Plan, broken: Broken | None = None) -> CodeQuestion:
    """What the writer of a program needs: its parents with their programs, logs and diagnoses, lessons, libraries, time."""
    numbers = dict.fromkeys((*(() if plan.parent is None else (plan.parent,)), *plan.parents))
    parents = [bench.ledger.attempts[number] for number in numbers][:PARENTS]
    used = set(plan.lessons)
    return CodeQuestion(
        competition=bench.arena.competition,
        profile=bench.arena.profile,
        direction=bench.arena.metric.direction,
        plan=plan,
        parents=tuple(
            Parent(
                attempt=parent,
                source=bench.folder.read_solution(parent).source,
                log=log_of(bench, parent.number),
                diagnosis=diagnosis(bench, parent) if bench.proposing is not None else None,
            )
            for parent in parents
        ),
        broken=broken,
        lessons=tuple(lesson for lesson in bench.lessons if lesson.id in used or lesson.kind == "fix"),
        notes=tuple(bench.ledger.notes[-NOTES:]),
        resources=bench.resources(),
        fold_seconds=plan.seconds if plan.seconds is not None else fold_limit(bench),
        seed=bench.setting.seed,
    )


def fold_limit(bench: Workbench) -> float | None:
    """Seconds that a fold of a program may take where its plan does not say; None without a clock."""
    left = bench.resources().seconds_left
    return None if left is None else max(5.0, FOLD_SHARE * left * bench.setting.slots / bench.arena.competition.validation.folds)


def reflect_question(bench: Workbench, attempt: Attempt) -> ReflectQuestion:
    """A result beside its parent and the best of the others."""
    ledger = bench.ledger
    rival = None if ledger.best is None else ledger.attempts[ledger.best]
    if ledger.best == attempt.number:
        rival = next((other for other in _ranked(bench) if other.number != attempt.number), None)
    return ReflectQuestion(
        competition=bench.arena.competition,
        profile=bench.arena.profile,
        direction=bench.arena.metric.direction,
        attempt=attempt,
        parent=None if attempt.parent is None else ledger.attempts[attempt.parent],
        incumbent=rival,
        verdict=attempt.verdict,
        diagnosis=diagnosis(bench, attempt) if bench.proposing is not None else None,
        log=log_of(bench, attempt.number),
    )


def log_of(bench: Workbench, number: int) -> str:
    """The end of what an attempt printed."""
    path = bench.folder.attempt(number) / "log.txt"
    return path.read_text()[-LOG_TAIL:] if path.exists() else ""


def conclusions(bench: Workbench) -> tuple[Conclusion, ...]:
    """What was concluded last, the playbook's plain words left out."""
    said = [(number, note) for number, (giver, note) in sorted(bench.ledger.conclusions.items()) if giver != bench.reasoner.name]
    return tuple(Conclusion(number=number, note=note) for number, note in said[-CONCLUSIONS:])


def diagnoses(bench: Workbench) -> tuple[Diagnosis, ...]:
    """Of the best attempts and of the latest."""
    chosen = {attempt.number: attempt for attempt in (*_ranked(bench)[:DIAGNOSED], *bench.ledger.scored[-DIAGNOSED:])}
    return tuple(diagnosis(bench, chosen[number]) for number in sorted(chosen))


def diagnosis(bench: Workbench, attempt: Attempt) -> Diagnosis:
    """How an attempt errs, and how far that is like others' errors."""
    train, valid = attempt.smoke or (None, None)
    if attempt.outcome.status is not Status.SCORED:
        return Diagnosis(number=attempt.number, train_score=train, valid_score=valid)
    own, alike = residuals(bench, attempt.number), bench.arena.diagnoser.alike
    best = bench.ledger.best
    near = {
        other.number: found
        for other in _ranked(bench)[:COMPARED]
        if other.number != attempt.number and (found := alike(own, residuals(bench, other.number))) is not None
    }
    nearest = max(near, key=lambda number: near[number], default=None)
    with_best = None if best is None or best == attempt.number else alike(own, residuals(bench, best))
    folds = max(len(attempt.fold_scores), 1) * max(attempt.trials, 1)
    return Diagnosis(
        number=attempt.number,
        fold_seconds=None if bench.setting.ordered else round(attempt.seconds / folds, 2),
        alike=None if with_best is None else round(with_best, 3),
        nearest=nearest,
        novelty=None if nearest is None else round(1.0 - near[nearest], 3),
        slices=()
        if attempt.recipe == "constant"  # it errs where the target differs from its mean
        else tuple(Slice(**weakness._asdict()) for weakness in bench.arena.diagnoser.slices(own)),
        off=_off(own) if bench.arena.metric.form == "labels" else None,
        train_score=train,
        valid_score=valid,
    )


def _off(residuals: Array) -> float | None:
    """Their root mean square over the rows that a fold covers."""
    import numpy as np

    known = residuals[np.isfinite(residuals)]
    return float(np.sqrt(np.mean(known**2))) if known.size else None


def residuals(bench: Workbench, number: int) -> Array:
    """Of a settled attempt's out-of-fold predictions, taken once a process."""
    if number not in bench.residuals:
        bench.residuals[number] = bench.arena.diagnoser.residuals(bench.evaluation(number))
    return bench.residuals[number]


def _ranked(bench: Workbench) -> list[Attempt]:
    return ranked(bench.ledger.scored, bench.arena.metric.direction)
