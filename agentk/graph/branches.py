"""Branches: a rewind forks the run; what the current branch has behind it, and what the others have tried."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import JsonValue

from agentk.graph.journal import TRUNK, Line, whole
from agentk.types.attempt import Attempt


@dataclass(frozen=True)
class Fork:
    """Where a branch begins, as its `rewound` line tells it.

    node: the one that had just run, so that the graph knows what follows. state: of the graph, after it.
    renumbered: attempts that were under way there -> the numbers under which this branch executes them.
    """

    branch: str
    node: str
    state: dict[str, JsonValue]
    renumbered: dict[int, int]


def history(lines: Iterable[Line]) -> list[Line]:
    """The lines behind the current branch, oldest first: up to each fork those of the branch it left, then its own."""
    behind: dict[str, list[Line]] = {TRUNK: []}
    branch = TRUNK
    for line in lines:
        if line["event"] == "rewound":
            branch = str(line["branch"])
            behind[branch] = [one for one in behind[str(line["from"])] if whole(one["seq"]) <= whole(line["to"])]
        behind[branch].append(line)
    return behind[branch]


def ended_attempts(lines: Iterable[Line]) -> list[Attempt]:
    """The attempts of the current branch, in the order in which they ended."""
    return [Attempt.model_validate(line["attempt"]) for line in history(lines) if line["event"] == "attempt_finished"]


def fork_of(lines: Iterable[Line]) -> Fork | None:
    """Where the current branch began; None on the trunk."""
    line = next((line for line in reversed(list(lines)) if line["event"] == "rewound"), None)
    if line is None:
        return None
    state, renumbered = line["state"], line["renumbered"]
    assert isinstance(state, dict) and isinstance(renumbered, dict)
    numbers = {int(old): whole(new) for old, new in renumbered.items()}
    return Fork(str(line["branch"]), str(line["node"]), dict(state), numbers)


def fork(lines: list[Line], to: Line) -> tuple[str, dict[str, JsonValue]]:
    """The name of a new branch that begins after the `step` line `to`, and the fields of its `rewound` line.

    What was under way there gets numbers of its own: those that any branch has used, or was about to use, are not used again.
    """
    name = f"branch-{2 + sum(line['event'] == 'rewound' for line in lines)}"
    kept = history(line for line in lines if whole(line["seq"]) <= whole(to["seq"]))
    under_way = sorted(_started(kept) - _finished(kept))
    state = to["state"]
    assert isinstance(state, dict)
    free = 1 + max(_nexts(lines) | _started(lines) | _finished(lines))
    renumbered: dict[str, JsonValue] = {str(number): free + place for place, number in enumerate(under_way)}
    fields: dict[str, JsonValue] = {
        "from": to["branch"],
        "to": to["seq"],
        "step": to["step"],
        "node": to["node"],
        "state": {**state, "next": free + len(under_way), "stop": ""},
        "renumbered": renumbered,
    }
    return name, fields


def _started(lines: Iterable[Line]) -> set[int]:
    started: set[int] = set()
    for line in lines:
        if line["event"] == "attempt_started":
            started.add(whole(line["number"]))
        elif line["event"] == "rewound":
            renumbered = line["renumbered"]
            assert isinstance(renumbered, dict)
            started -= {int(old) for old in renumbered}
            started |= {whole(new) for new in renumbered.values()}
    return started


def _nexts(lines: Iterable[Line]) -> set[int]:
    """The next number as each step left it: a search or a program that was cut short may have left files under it."""
    states = (line["state"] for line in lines if line["event"] in ("step", "rewound"))
    return {whole(state.get("next", 1)) for state in states if isinstance(state, dict)}


def _finished(lines: Iterable[Line]) -> set[int]:
    return {whole(line["number"]) for line in lines if line["event"] == "attempt_finished"}
