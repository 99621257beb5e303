"""Learning: at the end of a run memory is told what was earned; and the account of it that a person can read."""

from __future__ import annotations

from agentk.graph.folder import RunFolder
from agentk.graph.journal import read
from agentk.graph.ledger import Ledger
from agentk.graph.workbench import Workbench


def learn(bench: Workbench) -> None:
    """Credits the lessons that were used, remembers what was found, lets what held up move outwards. Once a run."""
    from agentk.memory.features import features_of
    from agentk.memory.harvest import learn as harvest

    known, sessions = _learned(bench.folder)
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
        known=known,
    )
    for lesson in written:
        bench.journal.write("lesson_written", durable=False, lesson=lesson.id, kind=lesson.kind, text=lesson.text)


def _learned(folder: RunFolder) -> tuple[set[int], int]:
    """The attempts that earlier ends of this run have taught memory already, and how many ends there were."""
    known: set[int] = set()
    seen: set[int] = set()
    ends = 0
    for line in read(folder.journal):
        if line["event"] == "attempt_finished":
            seen.add(int(str(line["number"])))
        elif line["event"] == "run_finished":
            known, ends = set(seen), ends + 1
    return known, ends


def explanation(folder: RunFolder) -> list[str]:
    """For each attempt: what was recalled, why, and what the attempt came to; then what was learned."""
    lines = list(read(folder.journal))
    attempts = Ledger.of(lines, "maximize").attempts
    told = []
    for line in lines:
        if line["event"] == "lesson_used":
            attempt = attempts.get(int(str(line["number"])))
            result = "not finished"
            if attempt is not None:
                result = attempt.outcome.status.value if attempt.score is None else f"{attempt.score:.5f}"
            name = "" if attempt is None else f" {attempt.name}"
            told.append(f"#{line['number']}{name} ({result}) used {str(line['lesson'])[:8]}: {line['text']}\n    {line['why']}")
        elif line["event"] == "lesson_written":
            told.append(f"learned {str(line['lesson'])[:8]} ({line['kind']}): {line['text']}")
    return told or ["this run used and wrote no lessons"]
