"""The budget's clock: active seconds of a run, over pauses and restarts."""

from __future__ import annotations

import time

MOST_KEPT = 0.1
"""Of the budget, beside the reserve."""


class Clock:
    """Counts the seconds a run has been worked on.

    used: what earlier sessions of the run have spent. reserve: what is kept of the budget for the run's last steps.
    since: when this session began, on the monotonic clock; now, where left out.
    """

    def __init__(self, budget: float | None, used: float = 0.0, reserve: float = 0.0, since: float | None = None) -> None:
        self.budget = budget
        self._reserve = reserve
        self._kept = 0.0
        self._used = used
        self._since: float | None = time.monotonic() if since is None else since

    def active(self) -> float:
        """Seconds worked so far."""
        return self._used + (0.0 if self._since is None else time.monotonic() - self._since)

    def pause(self) -> None:
        """Stands still until `go`: a person is thinking."""
        self._used, self._since = self.active(), None

    def go(self) -> None:
        """Counts again."""
        self._since = time.monotonic() if self._since is None else self._since

    def keep(self, seconds: float) -> None:
        """Keeps at least so many seconds for a last step, beside the reserve, a tenth of the budget at most."""
        self._kept = max(self._kept, min(seconds, MOST_KEPT * (self.budget or 0.0)))

    def left(self) -> float:
        """Seconds until search has to end, infinite without a budget."""
        return float("inf") if self.budget is None else self.budget - self._reserve - self._kept - self.active()
