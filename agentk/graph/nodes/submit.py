"""Submit: the end of a run. What the person takes away is written, memory learns, the journal is closed."""

from __future__ import annotations

from agentk.graph.state import State
from agentk.graph.workbench import Workbench


def submit(bench: Workbench, state: State) -> State:
    """Delivers, and puts the end into the journal."""
    bench.notice("submit", "")
    bench.deliver(bench)
    best = bench.ledger.best
    attempt = None if best is None else bench.ledger.attempts[best]
    bench.journal.write(
        "run_finished",
        stopped_by=state.get("stop") or bench.stopped or "nothing left to try",
        best=best,
        score=None if attempt is None else attempt.score,
        attempts=len(bench.ledger.attempts),
        failed=bench.ledger.failed,
        occupancy=round(bench.arena.referee.occupancy(), 3),
        step_ms=round(1000 * (bench.clock.active() - bench.began - bench.waited) / max(1, bench.steps), 1),
    )
    return {}
