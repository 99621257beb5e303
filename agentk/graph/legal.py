"""Legal: which actions may be taken next, what each costs, and what it may be expected to give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean, median

from agentk.graph.ledger import Ledger
from agentk.reasoning.questions import Action, Option
from agentk.types.attempt import Attempt, ranked, seedless
from agentk.types.metric import sign_of
from agentk.types.outcome import Status

OFFERED = 8
"""Parents that are named for an action."""
MENDINGS = 2
"""Attempts in a row that may mend a failing one."""
STAGNATION = 4
"""Programs since the best one, after which only something new is legal."""
LOOKS = 2
"""Looks at the data in a row."""
SEARCH = 12
"""A search is taken to cost as much as so many programs, until there was one."""
BROKEN = (Status.FAILED, Status.CRASHED, Status.INVALID, Status.OUT_OF_MEMORY)
PROGRAMS = ("draft", "improve", "shrink", "debug", "ablate", "fuse")


def since_gain(ledger: Ledger) -> int:
    """Scored programs since the attempt that is best; another seed and another parameter set are no new program."""
    best = ledger.best or 0
    return sum(attempt.number > best and attempt.kind in PROGRAMS for attempt in ledger.scored)


def stagnant(ledger: Ledger) -> bool:
    """Whether nothing has got better for long, and the latest programs brought nothing new in kind."""
    latest = [attempt.kind for attempt in ledger.scored if attempt.kind in PROGRAMS][-2:]
    return since_gain(ledger) >= STAGNATION and not {"draft", "fuse"} & set(latest)


def legal(ledger: Ledger, looks: int | None) -> tuple[Option, ...]:
    """The options, with what the run's own attempts say of them.

    `looks`: at the data since the last program; None where it may not be looked at.
    """
    scored = ranked(
        (attempt for attempt in ledger.scored if attempt.seconds > 0 and attempt.recipe != "constant" and attempt.kind != "bag"),
        ledger.direction,
    )
    top = distinct(ledger, scored)
    tunable = distinct(ledger, [attempt for attempt in scored if attempt.tunable])
    fixed = seedless(ledger.attempts.values())
    random = distinct(ledger, [attempt for attempt in scored if attempt.number not in fixed])
    stuck = stagnant(ledger)
    parents: dict[Action, list[int] | None] = {"draft": [], "fuse": top if len(top) > 1 else None}
    if not stuck:
        parents |= {"improve": top or None, "ablate": top or None, "tune": tunable or None, "bag": random or None}
    parents["debug"] = [attempt.number for attempt in _unmended(ledger, "debug", BROKEN)] or None
    parents["shrink"] = [attempt.number for attempt in _unmended(ledger, "shrink", (Status.TIMED_OUT,))] or None
    parents["blend"] = [] if ledger.since_blend and len(ledger.scored) > 1 else None
    parents["explore"] = [] if looks is not None and looks < LOOKS else None
    gains, costs = _gains(ledger), _costs(ledger)
    usual = median(attempt.seconds for attempt in scored) if scored else None
    if usual is not None:
        costs.setdefault("tune", SEARCH * usual)
    why = f"{since_gain(ledger)} programs since the best one: only what brings something new" if stuck else ""
    return tuple(
        Option(
            action=action,
            parents=tuple(numbers[:OFFERED]),
            cost_s=None if action == "explore" else 0.0 if action == "blend" else costs.get(action, usual),
            gain=None if action == "explore" or not gains[action] else sum(gains[action]) / (len(gains[action]) + 1),
            tried=len(gains[action]),
            why=why if action in ("draft", "fuse") else "",
        )
        for action, numbers in parents.items()
        if numbers is not None
    )


def distinct(ledger: Ledger, best_first: Sequence[Attempt]) -> list[int]:
    """The numbers of at most `OFFERED` of these attempts, in their order: programs that differ.

    The best of each family comes in first, then the next best of any. What scored alike on every fold is a copy.
    """
    heads: list[int] = []
    others: list[int] = []
    families: set[str] = set()
    results: set[tuple[float, ...]] = set()
    for attempt in best_first:
        result = tuple(attempt.fold_scores) or (attempt.number,)
        if result in results:
            continue
        results.add(result)
        family = _family(ledger, attempt)
        (others if family in families else heads).append(attempt.number)
        families.add(family)
    chosen = {*heads[:OFFERED], *others[: max(0, OFFERED - len(heads))]}
    return [attempt.number for attempt in best_first if attempt.number in chosen]


def _family(ledger: Ledger, attempt: Attempt) -> str:
    """The recipe, or the attempt that the program was first written in: what is improved, tuned or mended stays of its family."""
    while attempt.recipe is None and attempt.kind not in ("draft", "fuse") and attempt.parent in ledger.attempts:
        attempt = ledger.attempts[attempt.parent]
    return attempt.recipe or f"#{attempt.number}"


def _unmended(ledger: Ledger, kind: Action, ends: tuple[Status, ...]) -> list[Attempt]:
    """Attempts that ended so, the latest first, but those that were mended already, or that end `MENDINGS` mendings in a row."""
    tried = {attempt.parent for attempt in ledger.attempts.values() if attempt.kind == kind}
    return [
        attempt
        for number, attempt in sorted(ledger.attempts.items(), reverse=True)
        if attempt.outcome.status in ends and number not in tried and mendings(ledger, attempt) < MENDINGS
    ]


def mendings(ledger: Ledger, attempt: Attempt | None) -> int:
    """How many attempts in a row, this one the last of them, were each made to mend the one before."""
    count = 0
    while attempt is not None and attempt.kind in ("debug", "shrink"):
        count += 1
        attempt = None if attempt.parent is None else ledger.attempts.get(attempt.parent)
    return count


def _gains(ledger: Ledger) -> defaultdict[str, list[float]]:
    """By kind, how far each attempt that ended got ahead of the best program before it; 0 where it did not, or was the first."""
    gains: defaultdict[str, list[float]] = defaultdict(list)
    best: float | None = None
    for _, attempt in sorted(ledger.attempts.items()):
        if attempt.outcome.status is Status.CANCELLED:
            continue
        merit = None if attempt.score is None else sign_of(ledger.direction) * attempt.score
        gains[attempt.kind].append(0.0 if merit is None or best is None else max(0.0, merit - best))
        if merit is not None and attempt.recipe != "constant":  # which everything beats: that says nothing of the next gain
            best = merit if best is None else max(best, merit)
    return gains


def _costs(ledger: Ledger) -> dict[str, float]:
    """Mean slot seconds by kind."""
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for attempt in ledger.attempts.values():
        if attempt.seconds:
            seconds[attempt.kind].append(attempt.seconds)
    return {kind: fmean(values) for kind, values in seconds.items()}
