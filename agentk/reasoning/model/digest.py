"""The run so far as a model sees it: the tree, diagnoses, lessons, notes and means, in digests of bounded size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt
from statistics import stdev
from typing import Any

from agentk.reasoning.model.names import Names
from agentk.reasoning.model.veil import Veil
from agentk.reasoning.questions import Diagnosis, Lesson, Note, Option, Parent, PlanQuestion, Resources
from agentk.reasoning.recipes.catalogue import recipes_for
from agentk.settings import duration
from agentk.types.attempt import Attempt, ranked
from agentk.types.metric import Direction, sign_of
from agentk.types.outcome import Status
from agentk.types.wording import shortened

BEST, LATEST, FAILURES = 8, 6, 4
"""Attempts and kinds of failure that are shown."""
IDEA, REASON = 160, 240
"""Characters of each."""
TRIED = 800
"""Characters of the idea that is to be judged."""
DIAGNOSES, DISSECTED = 8, 2
VERDICT = 90
LESSONS, LESSON = 12, 320
RECIPES = 12
"""Ready programs that are offered untried."""
NOTES, NOTE = 3, 3_000
PROGRAM, PROGRAMS = 40_000, 60_000
"""Characters that one program, and all programs of a prompt together, may take."""
CONCLUSION = 400
LOG = 2_500


def tree_view(attempts: Sequence[Attempt], direction: Direction, names: Names, veil: Veil, room: float = 1.0) -> dict[str, Any]:
    """The best, the latest of the others, and failures of a kind together."""
    scored = [attempt for attempt in attempts if attempt.score is not None]
    best = ranked(scored, direction)[: _part(BEST, room)]
    latest = [attempt for attempt in scored if attempt not in best][-_part(LATEST, room) :]
    failed = [attempt for attempt in attempts if attempt.outcome.status.at_fault]
    kinds: dict[str, list[Attempt]] = {}
    for attempt in reversed(failed):
        kinds.setdefault(attempt.outcome.reason[:60], []).append(attempt)
    failures = list(kinds.values())[:FAILURES]
    quiet = sum(attempt.score is None for attempt in attempts) - len(failed)  # a blend that brought nothing, what was cancelled
    shown = len(best) + len(latest) + sum(map(len, failures)) + quiet
    whole = max((attempt.number for attempt in attempts), default=0)  # the question itself holds no more than some of them
    return {
        "total": whole,
        "best": [attempt_view(attempt, names, veil) for attempt in best],
        "latest": [attempt_view(attempt, names, veil) for attempt in latest],
        "failures": [
            {
                "numbers": ", ".join(f"#{attempt.number}" for attempt in reversed(alike[:4])) + (" …" if len(alike) > 4 else ""),
                "name": shortened(names.text(alike[0].name)),
                "status": alike[0].outcome.status.words,
                "reason": shortened(_ended(alike[0], veil), REASON),
            }
            for alike in failures
        ],
        "unshown": max(0, whole - shown),
    }


def attempt_view(attempt: Attempt, names: Names, veil: Veil, source: str = "") -> dict[str, Any]:
    """One attempt in a line; `source` where its program is shown as well."""
    parents = attempt.parents or (() if attempt.parent is None else (attempt.parent,))
    return {
        "number": attempt.number,
        "kind": attempt.kind,
        "name": shortened(names.text(attempt.name)),
        "parents": ", ".join(f"#{number}" for number in parents[:8]),
        "score": None
        if attempt.score is None
        else f"{attempt.score:.5g}" + (f" ± {attempt.std:.2g}" if attempt.std is not None else ""),
        "status": attempt.outcome.status.words,
        "reason": "" if attempt.score is not None else shortened(_ended(attempt, veil, source), REASON),
        "idea": shortened(names.text(attempt.idea), IDEA),
        "verdict": shortened(names.text(attempt.verdict.split(", a tie would")[0]), VERDICT),
        "predicted": None if attempt.predicted_gain is None else f"{attempt.predicted_gain:+.3g}",
    }


def _ended(attempt: Attempt, veil: Veil, source: str = "") -> str:
    """Why it has no score, in agentk's words or in those of its program."""
    reason, status = attempt.outcome.reason, attempt.outcome.status
    return veil.told(reason) if status in (Status.TIMED_OUT, Status.PRUNED, Status.CANCELLED) else veil.said(reason, source)


def refusals(refused: Sequence[str], names: Names, veil: Veil) -> list[str]:
    """Why plans could not be acted on; after the first line a program itself speaks."""
    told = [one.partition("\n") for one in refused]
    return [shortened(f"{names.text(first)} {veil.said(rest)}", REASON) for first, _, rest in told]


def gain_over(attempt: Attempt, parent: Attempt, direction: Direction) -> str | None:
    """The gain over a parent, with its error from the paired folds, whose training sets overlap (Nadeau & Bengio 2003)."""
    if attempt.score is None or parent.score is None:
        return None
    found = f"{sign_of(direction) * (attempt.score - parent.score):+.3g}"
    count = len(attempt.fold_scores)
    if count < 2 or count != len(parent.fold_scores):
        return found
    apart = [one - other for one, other in zip(attempt.fold_scores, parent.fold_scores, strict=True)]
    return f"{found} ± {stdev(apart) * sqrt(1 / count + 1 / (count - 1)):.2g}"


def diagnosis_view(diagnosis: Diagnosis, names: Names, veil: Veil) -> dict[str, Any]:
    """What the referee says of an attempt beyond its score."""
    return {
        "number": diagnosis.number,
        "fold_seconds": None if diagnosis.fold_seconds is None else f"{diagnosis.fold_seconds:.3g}",
        "alike": None if diagnosis.alike is None else f"{diagnosis.alike:.2f}",
        "nearest": diagnosis.nearest,
        "novelty": None if diagnosis.novelty is None else f"{diagnosis.novelty:.2f}",
        "off": None if diagnosis.off is None else f"{diagnosis.off:.4g}",
        "train_score": None if diagnosis.train_score is None else f"{diagnosis.train_score:.4g}",
        "valid_score": None if diagnosis.valid_score is None else f"{diagnosis.valid_score:.4g}",
        "slices": [
            {
                "column": shortened(names.name(one.column)),
                "value": shortened(value, 50),
                "rows": one.rows,
                "error": f"{one.error:.3g}",
                "elsewhere": f"{one.elsewhere:.3g}",
            }
            for one in diagnosis.slices[:4]
            if (value := veil.value(one.column, one.value)) is not None
        ],
    }


def diagnosis_views(diagnoses: Sequence[Diagnosis], names: Names, veil: Veil, room: float = 1.0) -> list[dict[str, Any]]:
    """One dict an attempt; where it errs is told of the two latest alone, as attempts err much alike."""
    diagnoses = diagnoses[-_part(DIAGNOSES, room) :]
    latest = sorted((one.number for one in diagnoses), reverse=True)[:DISSECTED]
    views = [diagnosis_view(one, names, veil) for one in diagnoses]
    return [view if view["number"] in latest else view | {"slices": []} for view in views]


def lesson_views(lessons: Iterable[Lesson], names: Names, room: float = 1.0, *, program: bool = False) -> list[dict[str, Any]]:
    """The most valuable in words; those about ready programs only where they stand out, as the list of those shows the rest.

    `program`: with the program of the first that holds one, where there is room for all.
    """
    ranked = sorted(lessons, key=lambda lesson: (lesson.kind == "recipe", -abs(lesson.value)))
    whole = next((lesson.id for lesson in ranked if "program" in lesson.payload), None) if program and room >= 1 else None
    return [
        {
            "id": lesson.id,
            "text": shortened(names.text(lesson.text), LESSON),
            "value": f"{lesson.value:+.1f}",
            "evidence": lesson.evidence,
            "program": names.shown(str(lesson.payload["program"])) if lesson.id == whole else "",
        }
        for lesson in ranked[: _part(LESSONS, room)]
    ]


def note_views(notes: Sequence[Note], names: Names, veil: Veil, room: float = 1.0) -> list[dict[str, Any]]:
    """What the latest looks at the data printed."""
    return [
        {
            "number": note.number,
            "aim": shortened(names.text(note.aim), IDEA),
            "output": veil.printed(note.output, note.source)[: _part(NOTE, room)],
        }
        for note in notes[-NOTES:]
    ]


def option_views(options: Iterable[Option]) -> list[dict[str, Any]]:
    """What may be done now."""
    return [
        {
            "action": option.action,
            "parents": ", ".join(f"#{number}" for number in option.parents[:8]),
            "cost": None if option.cost_s is None else duration(max(1.0, option.cost_s)),
            "gain": None if option.gain is None else f"{option.gain:+.2g}",
            "tried": option.tried,
            "why": shortened(option.why, REASON),
        }
        for option in options
    ]


def recipe_views(question: PlanQuestion) -> list[dict[str, Any]]:
    """The playbook's ready programs for this competition: the first of the untried, then all that were tried."""
    found = []
    for recipe in recipes_for(question.competition, frozenset(question.resources.libraries)):
        effort = question.efforts.get(recipe.name)
        tried = (effort is not None and effort.drafts > 0) or recipe.name in question.started
        score = None if effort is None or effort.best_score is None else f"{effort.best_score:.5g}"
        table = recipe.entry.startswith("table_")
        found.append({"name": recipe.name, "idea": recipe.idea, "tried": tried, "score": score, "table": table})
    untried = [recipe for recipe in found if not recipe["tried"]][:RECIPES]
    return untried + [recipe for recipe in found if recipe["tried"]]


def means(resources: Resources) -> dict[str, Any]:
    """What is left to spend."""
    return {
        "time": None if resources.seconds_left is None else duration(resources.seconds_left),
        "of": None if resources.seconds_total is None else duration(resources.seconds_total),
        "attempts": resources.attempts_left,
        "slots": resources.slots,
        "cores": resources.cores,
    }


def parent_views(parents: Sequence[Parent], names: Names, veil: Veil, room: float = 1.0) -> list[dict[str, Any]]:
    """The programs to work from, with their ends of output; the middle of what is too long left out."""
    each = min(_part(PROGRAM, room), _part(PROGRAMS, room) // max(1, len(parents)))
    return [
        attempt_view(parent.attempt, names, veil, parent.source)
        | {
            "params": dict(list(parent.attempt.params.items())[:40]),
            "diagnosis": None if parent.diagnosis is None else diagnosis_view(parent.diagnosis, names, veil),
            "source": cut(names.shown(parent.source), each),
            "cut": len(names.shown(parent.source)) > each,
            "log": veil.said(parent.log, parent.source)[-LOG:] if parent.attempt.score is None else "",
        }
        for parent in parents
    ]


def _part(most: int, room: float) -> int:
    return max(1, round(most * room))


def cut(source: str, most: int) -> str:
    """A program without its middle where it is longer than `most` characters, cut at line ends."""
    if len(source) <= most:
        return source
    head, tail = source[: most // 2].rsplit("\n", 1)[0], source[-most // 2 :].split("\n", 1)[-1]
    return f"{head}\n# […]\n{tail}"
