"""Learning: at the end of a run memory is told what was earned; and the account of it that a person can read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue

from agentk.graph.folder import RunFolder
from agentk.graph.forewarned import LEARNED
from agentk.graph.journal import Journal, Line, read, whole
from agentk.graph.ledger import Ledger
from agentk.graph.workbench import Workbench
from agentk.memory.lesson import Lesson
from agentk.memory.protocol import Memory
from agentk.memory.rewards import Tried
from agentk.memory.value import Value
from agentk.types.attempt import Attempt
from agentk.types.outcome import Status

if TYPE_CHECKING:
    from agentk.tuning.trials import Trial

FIRST = 3
"""Of each kind of recalled lessons, how many an account names."""
WARNING = Value(prior=0.3)
"""What a warning about files is believed to be worth before it was ever heeded."""

_REFUSED = re.compile(r"(\w+): (.*?) did not hold: (.*)", re.DOTALL)


def learn(bench: Workbench) -> None:
    """Credits the lessons that were used, remembers what was found, lets what held up move outwards. Once a run."""
    from agentk.memory.features import features_of
    from agentk.memory.harvest import learn as harvest
    from agentk.tuning.trials import read_trials

    lines = list(read(bench.folder.journal))
    known, sessions = _learned(lines)
    attempts = bench.ledger.attempts | bench.ledger.abandoned  # what a branch that was left has found is found
    if bench.memory.frozen or attempts.keys() <= known:
        return
    name = bench.folder.path.name
    competition = bench.arena.competition
    written = harvest(
        bench.memory,
        f"{name}+{sessions}" if sessions else name,
        competition,
        [attempts[number] for number in sorted(attempts)],
        bench.arena.metric.direction,
        features=features_of(competition),
        known=known | overfit(attempts.values()),
        withheld=_withheld(lines),
        tried=_tried(lines, read_trials(bench.folder.trials)),
        further=[*bench.recollection.own.values(), *_misread(bench, lines)],
        programs=_programs(bench.folder, attempts),
    )
    write_down(bench.journal, written)


def write_down(journal: Journal, lessons: Iterable[Lesson]) -> None:
    """Tells the journal what memory was taught."""
    for lesson in lessons:
        journal.write(
            "lesson_written",
            durable=False,
            lesson=lesson.id,
            kind=lesson.kind,
            text=lesson.text,
            number=lesson.provenance.attempt,
            value=round(lesson.value.mean, 3),
        )


def _misread(bench: Workbench, lines: Sequence[Line]) -> list[Lesson]:
    """What setup believed of the files at first, and what showed that it does not hold: the next of their kind is warned."""
    from agentk.memory.features import features_of
    from agentk.memory.lesson import Provenance
    from agentk.memory.privacy import error_pattern

    here, run = features_of(bench.arena.competition), bench.folder.path.name
    told = [line["reopened"] for line in lines if line["event"] == "stage" and "reopened" in line]
    said = dict.fromkeys(str(one) for reopened in told if isinstance(reopened, list) for one in reopened)
    parts = [match.groups() for one in said if (match := _REFUSED.match(one)) and not match[3].startswith(LEARNED)]
    return [
        Lesson(
            kind="setup",
            subject=f"setup:{stage}:{belief}",
            text=f"In files like these, {belief} as the {stage} did not hold: {error_pattern(error)}",
            scope=here.run(run),
            features=here,
            value=WARNING,
            provenance=Provenance(origin="run", run=run, competition=here.digest),
        )
        for stage, belief, error in parts
    ]


def overfit(attempts: Iterable[Attempt]) -> set[int]:
    """Attempts whose score flatters them, since they were chosen by it: nothing is learned from them.

    A search keeps the best of many trials by the score that it is then known by. A blend is scored on rows it was not chosen
    on: where a blend that has seen a search's winner gives it no weight, and gives what it came from some, the gain did not
    hold up there.
    """
    every = list(attempts)
    blends = [blend for blend in every if blend.kind == "blend" and blend.weights]
    if not blends:
        return set()
    last = max(blends, key=lambda blend: blend.number)
    parents = {attempt.number: attempt.parent for attempt in every if attempt.kind == "tune"}
    return {
        number
        for number, parent in parents.items()
        if number in last.seen and number not in last.weights and parent in last.weights
    }


def _programs(folder: RunFolder, attempts: Mapping[int, Attempt]) -> dict[int, str]:
    """The programs that a model or a person wrote, those that mended another one, and these."""
    mended = {number for one in attempts.values() if one.kind == "debug" for number in (one.number, one.parent)}
    chosen = [
        one
        for one in attempts.values()
        if one.number in mended
        or (one.origin not in ("playbook", "graph") and one.kind in ("draft", "improve", "fuse", "shrink"))
    ]
    return {one.number: folder.read_solution(one).source for one in chosen}


def _withheld(lines: Iterable[Line]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for line in lines:
        if line["event"] == "lesson_withheld":
            found.setdefault(whole(line["number"]), []).append(str(line["lesson"]))
    return found


def _tried(lines: Iterable[Line], trials: Iterable[Trial]) -> dict[int, list[Tried]]:
    """The finished trials of each search, by attempt; those it was given to begin with are marked."""
    from agentk.memory.rewards import rounded

    starts: dict[str, list[dict[str, JsonValue]]] = {}
    recipes: dict[int, str] = {}
    for line in lines:
        if line["event"] == "attempt_finished":
            attempt = Attempt.model_validate(line["attempt"])
            recipes[attempt.number] = str(attempt.recipe)
        elif line["event"] == "answer" and line["node"] == "plan" and isinstance(answer := line["answer"], dict):
            given = answer.get("starts")
            sets = given if isinstance(given, list) else []
            starts.setdefault(str(answer.get("recipe")), []).extend(rounded(one) for one in sets if isinstance(one, dict))
    found: dict[int, list[Tried]] = {}
    for trial in trials:
        number = trial.search.partition("/")[0]
        if trial.status is Status.SCORED and trial.number > 0 and number.isdigit():
            params, known = rounded(trial.params), starts.get(recipes.get(int(number), ""), ())
            start = any(all(params.get(name) == value for name, value in one.items()) for one in known)
            found.setdefault(int(number), []).append(Tried(trial.params, trial.fold_scores, start))
    return found


def _learned(lines: Iterable[Line]) -> tuple[set[int], int]:
    """The attempts that earlier ends of this run have taught memory already, and how many ends there were."""
    known: set[int] = set()
    seen: set[int] = set()
    ends = 0
    for line in lines:
        if line["event"] == "attempt_finished":
            seen.add(whole(line["number"]))
        elif line["event"] == "run_finished":
            known, ends = set(seen), ends + 1
    return known, ends


def explanation(folder: RunFolder, memory: Memory | None = None, *, every: bool = False) -> list[str]:
    """For each attempt: what was recalled, why, what was withheld, and what it earned; then what was done and learned.

    `memory`: where the lessons are looked up as they stand today. `every`: all that was recalled, not the first few of each kind.
    """
    from agentk.memory.rewards import rewards

    lines = list(read(folder.journal))
    attempts = Ledger.of(lines, "maximize").attempts
    earned: dict[int, float] = {}
    if (competition := folder.read_contract()) is not None:
        from agentk.competitions.metrics.own import metric_of

        metric = metric_of(competition)
        earned = rewards([attempts[number] for number in sorted(attempts)], metric.direction)
    ids = sorted({str(line["lesson"]) for line in lines if "lesson" in line})
    today = {} if memory is None else {lesson.id: lesson for lesson in memory.get(ids)}
    told = []
    for line in lines:
        event = line["event"]
        if event in ("lesson_used", "lesson_withheld"):
            number = whole(line["number"])
            how = "used" if event == "lesson_used" else "did without, as a control,"
            result = _result(attempts.get(number), earned)
            told.append(f"#{number} {result} {how} {str(line['lesson'])[:8]}: {line['text']}\n    {line['why']}")
            if (lesson := today.get(str(line["lesson"]))) is not None:
                told[-1] += f"\n    in memory today: {_standing(lesson)}, at {lesson.scope}"
        elif event == "recalled":
            told += _recalled(line, None if every else FIRST)
        elif event == "traps" and isinstance(known := line["lessons"], list):
            for one in known:
                assert isinstance(one, dict)
                told.append(f"setup was told {str(one['id'])[:8]}: {one['text']}\n    {one['why']}")
        elif event == "memory_action":
            action = line["action"]
            assert isinstance(action, dict)
            said = action.get("text") or action.get("query") or action.get("lesson")
            refused = f" (refused: {line['refused']})" if line.get("refused") else ""
            told.append(f"{line['giver']} asked to {action['act']}: {said}{refused}")
        elif event == "lesson_written":
            value = f", worth {line['value']:+.2f} here" if isinstance(line.get("value"), float) else ""
            told.append(f"learned {str(line['lesson'])[:8]} ({line['kind']}{value}): {line['text']}")
    return told or ["this run used and wrote no lessons"]


def _recalled(line: Line, limit: int | None) -> list[str]:
    """What was brought to mind before an attempt, the most promising of each kind first."""
    by_kind: dict[str, list[Line]] = {}
    for one in line["lessons"] if isinstance(line["lessons"], list) else ():
        assert isinstance(one, dict)
        by_kind.setdefault(str(one["kind"]), []).append(one)
    told = []
    for kind, found in by_kind.items():
        aside = sum(bool(one.get("withheld")) for one in found)
        told.append(f"before #{line['number']} memory recalled {len(found)} of {kind}" + (f", {aside} withheld" if aside else ""))
        for one in found[:limit]:
            mark = ", withheld" if one.get("withheld") else ""
            told[-1] += f"\n    {str(one['id'])[:8]}{mark}: {one['text']}\n        {one['why']}"
        if limit is not None and len(found) > limit:
            told[-1] += f"\n    … and {len(found) - limit} more"
    return told


def _result(attempt: Attempt | None, earned: Mapping[int, float]) -> str:
    if attempt is None:
        return "(not finished)"
    result = attempt.outcome.status.words if attempt.score is None else f"{attempt.score:.5f}"
    return f"{attempt.name} ({result}" + (f", earned {earned[attempt.number]:+.2f})" if attempt.number in earned else ")")


def _standing(lesson: Lesson) -> str:
    tried = f"over {lesson.evidence} competition{'' if lesson.evidence == 1 else 's'}" if lesson.evidence else "not tried yet"
    value = f"worth {lesson.value.mean:+.2f} ± {lesson.value.spread:.2f} {tried}"
    if not lesson.control.evidence:
        return value
    return f"{value}; without it {lesson.control.mean:+.2f} over {lesson.control.competitions}"
