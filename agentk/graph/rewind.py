"""Rewinding: time travel to the end of any earlier step. One journal line begins a branch; everything else follows from it."""

from __future__ import annotations

from pydantic import JsonValue

from agentk.graph.branches import fork, fork_of
from agentk.graph.folder import RunFolder
from agentk.graph.journal import Journal, Line, read
from agentk.types.solution import Solution


def rewind(journal: Journal, to: Line) -> str:
    """Begins a branch after the `step` line `to`, and returns its name. The run must be opened anew to go on with it."""
    name, fields = fork(list(read(journal.path)), to)
    journal.branch = name
    journal.write("rewound", durable=True, **fields)
    return name


def carry_over(folder: RunFolder) -> None:
    """Keeps for the current branch the programs that were under way where it began, each under its new number."""
    begun = fork_of(read(folder.journal))
    for old, new in ({} if begun is None else begun.renumbered).items():
        if not folder.has_started(new) and not folder.attempt(new).exists():
            folder.start(new, *_program(folder, old))


def _program(folder: RunFolder, number: int) -> tuple[Solution, dict[str, JsonValue]]:
    """What was started under a number, whether or not the branch it was started in has finished it."""
    attempt = folder.read_attempt(number)
    if attempt is None:
        solution, facts = folder.started_solution(number)
        return solution, facts
    kept = attempt.model_dump(mode="json", include={"kind", "parent", "origin", "recipe", "idea", "params", "lessons"})
    return folder.read_solution(attempt), {**kept, "seconds": attempt.limit}
