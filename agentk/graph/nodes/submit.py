"""Submit: the end of a run. What the person takes away is written, memory learns, the journal is closed."""

from __future__ import annotations

from statistics import median

from pydantic import JsonValue

from agentk.graph.state import State
from agentk.graph.workbench import Workbench
from agentk.referee.interval import expected_score
from agentk.types.attempt import ranked

CONSIDERED = 30
"""Programs that the expectation takes as having been chosen from: the best ones."""


def expectation(bench: Workbench) -> list[JsonValue] | None:
    """The 90% interval of the score on as many new rows as test has, corrected for having chosen the best of many."""
    best = ranked(bench.ledger.attempts.values(), bench.arena.metric.direction)
    if not best:
        return None
    programs = [bench.evaluation(one.number) for one in [one for one in best if one.kind != "blend"][:CONSIDERED]]
    blends = [bench.evaluation(one.number) for one in best if one.kind == "blend"]
    found = expected_score(
        bench.arena.referee.judge,
        programs,
        bench.arena.competition.test_rows,
        blends=blends if bench.ledger.blended else None,
        seed=bench.setting.seed,
    )
    return [round(found.low, 6), round(found.high, 6)]


def submit(bench: Workbench, state: State) -> State:
    """Delivers, and puts the end into the journal."""
    bench.notice("submit", "")
    with bench.aside():
        bench.deliver(bench)
    best = bench.ledger.best
    attempt = None if best is None else bench.ledger.attempts[best]
    with bench.aside():
        interval = expectation(bench)
    bench.journal.write(
        "run_finished",
        stopped_by=state.get("stop") or bench.stopped or "nothing left to try",
        best=best,
        score=None if attempt is None else attempt.score,
        interval=interval,
        attempts=len(bench.ledger.attempts),
        failed=bench.ledger.failed,
        occupancy=round(bench.arena.referee.occupancy(), 3),
        step_ms=round(1000 * median(bench.paces), 1) if bench.paces else None,
    )
    return {}
