"""Harvest: the lessons a finished run teaches, read off its attempts."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from pydantic import JsonValue

from agentk.memory.features import Features, private_words
from agentk.memory.lesson import Conditions, Lesson, Provenance
from agentk.memory.privacy import error_pattern
from agentk.memory.protocol import Memory
from agentk.memory.rewards import Tried, credits, paired, rewards, rounded, trial_rewards
from agentk.memory.scope import Scope
from agentk.memory.value import Value
from agentk.types.attempt import Attempt
from agentk.types.change import change
from agentk.types.competition import Competition
from agentk.types.metric import Direction
from agentk.types.outcome import Status

PUBLIC = frozenset({"id", "index", "label", "target", "test", "train"})
"""Names that so many competitions use that they tell of none, and that programs use for what is theirs."""

PROGRAM = 6_000
"""Characters of a program that is kept, about 1,500 tokens: a model reads one of them."""

WINNERS = 3
"""Parameter sets of a recipe that one run teaches."""


def learn(
    memory: Memory,
    run: str,
    competition: Competition,
    attempts: Sequence[Attempt],
    direction: Direction,
    *,
    features: Features,
    known: Collection[int] = (),
    withheld: Mapping[int, Sequence[str]] | None = None,
    tried: Mapping[int, Sequence[Tried]] | None = None,
    further: Iterable[Lesson] = (),
    programs: Mapping[int, str] | None = None,
) -> list[Lesson]:
    """What a run does once, when it ends: credit what it used, remember what it found, move outwards what held up.

    Idempotent by `run`. `known`: attempts that an earlier end of the run has taught; others are still measured by them.
    `withheld`: lessons set aside that would have led to an attempt, `tried`: what a search tried, both by attempt; `further`:
    lessons that a reasoner or a person wrote; `programs`: by attempt, of those that a model or a person wrote, and of those that
    mended another one, and of these. The lessons written are returned, for the journal.
    """
    earned = _earned(attempts, direction, known)
    tried, withheld = tried or {}, withheld or {}
    found = harvest(run, attempts, direction, features, known, tried, programs)
    own = {lesson.id: lesson for lesson in further}
    ids = {id_ for attempt in attempts for id_ in (*attempt.lessons, *withheld.get(attempt.number, ()))}
    lessons = {lesson.id: lesson for lesson in memory.get(sorted(ids - own.keys()))} | own
    told = credits(attempts, earned, lessons, trial_rewards(attempts, tried, direction), withheld)
    for credit in told:
        if credit.lesson in own:  # what this run wrote is not in the store yet: it enters it with what it earned
            own[credit.lesson] = own[credit.lesson].credited(features.digest, credit.reward, 0)
    found += own.values()
    memory.credit(run, [credit for credit in told if credit.lesson not in own], competition=features.digest)
    memory.remember(found, private=_private(competition, attempts))
    memory.consolidate(run, features)
    return found


def harvest(
    run: str,
    attempts: Sequence[Attempt],
    direction: Direction,
    features: Features,
    known: Collection[int] = (),
    tried: Mapping[int, Sequence[Tried]] | None = None,
    programs: Mapping[int, str] | None = None,
) -> list[Lesson]:
    """What a recipe earned, the parameters that won, what mended a failure, and the program that won where somebody wrote it."""
    earned = _earned(attempts, direction, known)
    return [
        *_recipes(run, attempts, earned, features),
        *_parameters(run, attempts, earned, direction, features, tried or {}),
        *_fixes(run, attempts, earned, features, programs or {}),
        *_winner(run, attempts, earned, direction, features, programs or {}),
    ]


def _earned(attempts: Sequence[Attempt], direction: Direction, known: Collection[int]) -> dict[int, float]:
    return {number: reward for number, reward in rewards(attempts, direction).items() if number not in known}


def recipe_lesson(recipe: str, scope: Scope) -> Lesson:
    """The lesson that holds what a recipe is worth at a place."""
    text = f"The recipe {recipe}: what it earned against the other drafts of a run"
    return Lesson(kind="recipe", subject=f"recipe:{recipe}", text=text, scope=scope, payload={"recipe": recipe})


def _private(competition: Competition, attempts: Sequence[Attempt]) -> set[str]:
    """The competition's names, less those that give nothing away: what the playbook's parameters are called whatever the data
    (`depth`), and what half of all competitions use (`target`)."""
    own = json.dumps([attempt.params for attempt in attempts if attempt.origin == "playbook"])
    public = {word.lower() for word in re.findall(r"[A-Za-z0-9]+", own)} | PUBLIC
    return {name for name in private_words(competition) if name.lower() not in public}


def _recipes(run: str, attempts: Sequence[Attempt], earned: Mapping[int, float], features: Features) -> list[Lesson]:
    """One a recipe, valued by its drafts with default parameters."""
    lessons: dict[str, Lesson] = {}
    for attempt in attempts:
        if attempt.kind == "draft" and attempt.recipe and attempt.number in earned and not rounded(attempt.params):
            lesson = lessons.get(attempt.recipe) or _of(recipe_lesson(attempt.recipe, features.run(run)), run, attempt, features)
            value = lesson.value.add(features.digest, earned[attempt.number])
            lessons[attempt.recipe] = lesson.model_copy(update={"value": value})
    return list(lessons.values())


def _parameters(
    run: str,
    attempts: Sequence[Attempt],
    earned: Mapping[int, float],
    direction: Direction,
    features: Features,
    tried: Mapping[int, Sequence[Tried]],
) -> list[Lesson]:
    """The best few parameter sets of each recipe that beat what they came from, and those that were given to try, whatever came
    of it: to a search, or to a draft. Credit alone would tell the one lesson that was used, and none further out of it.

    Each is valued as a draft with it would have been: by one yardstick with recipes.
    """
    by_number = {attempt.number: attempt for attempt in attempts}
    trials = trial_rewards(attempts, tried, direction)
    winners: dict[str, dict[str, tuple[float, Lesson]]] = {}
    others: dict[str, Lesson] = {}
    for attempt in attempts:
        given = rounded(attempt.params)
        if attempt.kind == "draft" and attempt.origin == "playbook" and attempt.recipe and given and attempt.number in earned:
            lesson = _parameter_lesson(attempt.recipe, given, earned[attempt.number], features.run(run), features.digest)
            others.setdefault(lesson.id, _of(lesson, run, attempt, features))
        parent = by_number.get(attempt.parent) if attempt.parent is not None else None
        if not attempt.recipe or attempt.kind not in ("tune", "improve") or attempt.number not in earned or parent is None:
            continue
        itself = Tried(attempt.params, attempt.fold_scores)
        for one, reward in trials.get(attempt.number) or trial_rewards(attempts, {0: [itself]}, direction).get(0, []):
            if not (advice := rounded(one.params)):
                continue
            lesson = _parameter_lesson(attempt.recipe, advice, reward, features.run(run), features.digest)
            lesson = _of(lesson, run, attempt, features)
            if paired(one.fold_scores, parent.fold_scores, direction) > 0:
                winners.setdefault(attempt.recipe, {}).setdefault(lesson.id, (reward, lesson))
            elif one.start:
                others.setdefault(lesson.id, lesson)
    best = [sorted(sets.values(), key=lambda pair: (-pair[0], pair[1].id))[:WINNERS] for sets in winners.values()]
    return [*(lesson for sets in best for _, lesson in sets), *others.values()]


def _parameter_lesson(recipe: str, params: dict[str, JsonValue], reward: float, scope: Scope, digest: str) -> Lesson:
    return Lesson(
        kind="params",
        subject=f"params:{recipe}:" + ",".join(f"{name}={params[name]}" for name in sorted(params)),
        text=f"Parameters of {recipe}: " + ", ".join(f"{name} = {value}" for name, value in sorted(params.items())),
        scope=scope,
        payload={"recipe": recipe, "params": params},
        value=Value().add(digest, reward),
    )


def _fixes(
    run: str, attempts: Sequence[Attempt], earned: Mapping[int, float], features: Features, programs: Mapping[int, str]
) -> list[Lesson]:
    """An error, the idea that mended it, and the change to the program, where it is small.

    Where the playbook did again what memory told it, that lesson is credited, and no new one is made.
    """
    by_number = {attempt.number: attempt for attempt in attempts}
    lessons = []
    for attempt in attempts:
        broken = by_number.get(attempt.parent) if attempt.parent is not None else None
        if attempt.kind != "debug" or broken is None or attempt.number not in earned or not attempt.idea:
            continue
        if attempt.origin == "playbook" and attempt.lessons:
            continue
        error = error_pattern(broken.outcome.reason)
        lesson = Lesson(
            kind="fix",
            subject=f"fix:{error[:120]}",
            text=f"{error} -> {attempt.idea}",
            scope=features.run(run),
            conditions=Conditions(modality=(features.modality,)),
            payload={"error": error, "fix": error_pattern(attempt.idea), **_edits(broken, attempt, programs)},
            value=Value().add(features.digest, earned[attempt.number]),
        )
        lessons.append(_of(lesson, run, attempt, features))
    return lessons


def _edits(broken: Attempt, mended: Attempt, programs: Mapping[int, str]) -> dict[str, JsonValue]:
    if broken.number not in programs or mended.number not in programs or mended.outcome.status is not Status.SCORED:
        return {}
    edits = change(programs[broken.number], programs[mended.number])
    quoted = any(mark in text for edit in edits for text in (edit.find, edit.put) for mark in "'\"")
    return {"edits": [edit.model_dump() for edit in edits]} if edits and not quoted else {}  # a quoted word may be a cell's


def _winner(
    run: str,
    attempts: Sequence[Attempt],
    earned: Mapping[int, float],
    direction: Direction,
    features: Features,
    programs: Mapping[int, str],
) -> list[Lesson]:
    """The best program that is none of the playbook's, in short, where it earned anything, with the parameters that a search of
    its SPACE won by; recipes need no keeping.

    It stays with its competition: whoever wrote it may have seen rows, and any word in it may be a cell's.
    """
    sign = 1.0 if direction == "maximize" else -1.0
    written = [one for one in attempts if one.origin != "playbook" and one.number in programs and one.score is not None]
    best = max(written, key=lambda one: sign * (one.score or 0.0), default=None)
    if best is None or earned.get(best.number, 0.0) <= 0 or not (short := in_short(programs[best.number])):
        return []
    searched = [one for one in attempts if one.kind == "tune" and one.parent == best.number and one.score is not None]
    tuned = max(searched, key=lambda one: sign * (one.score or 0.0), default=best)
    params = rounded(tuned.params) if sign * ((tuned.score or 0.0) - (best.score or 0.0)) > 0 else {}
    given = ", ".join(f"{name} = {value}" for name, value in sorted(params.items()))
    lesson = Lesson(
        kind="claim",
        subject=f"program:{best.name}",
        text=f"A program that won: {best.name}. {best.idea}{f' A search won with {given}.' if given else ''}".strip(),
        scope=features.run(run),
        local=True,
        payload={"program": short} | ({"params": params} if params else {}),
        value=Value().add(features.digest, earned[best.number]),
    )
    return [_of(lesson, run, best, features)]


def in_short(source: str) -> str:
    """A program without comments and docstrings; "" where that is more than `PROGRAM` characters, or no program."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    short = ast.unparse(tree)
    return short if len(short) <= PROGRAM else ""


def _of(lesson: Lesson, run: str, attempt: Attempt, features: Features) -> Lesson:
    origin = Provenance(origin="run", run=run, attempt=attempt.number, competition=features.digest)
    return lesson.model_copy(update={"features": features, "provenance": origin})
