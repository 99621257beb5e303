"""The purse: what a run may spend on models, checked before a call with the worst that the call can come to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from agentk.errors import BudgetError
from agentk.llms.record import Call, Spent


class Purse:
    """Tokens and US dollars for all models of one run together. Thread-safe.

    `spent` is what earlier sessions of the run have used (`Spent.of` their recorded calls). None means no limit.
    """

    def __init__(self, *, max_cost: float | None = None, max_tokens: int | None = None, spent: Spent | None = None) -> None:
        self.max_cost = max_cost
        self.max_tokens = max_tokens
        self._spent = spent or Spent()
        self._held_tokens = 0
        self._held_cost = 0.0
        self._change = threading.Condition()

    @property
    def spent(self) -> Spent:
        """Used so far, calls under way left out."""
        return self._spent

    @contextmanager
    def hold(self, tokens: int, cost: float | None, what: str) -> Iterator[None]:
        """Sets aside the worst case of a call while it is under way; waits where calls under way may still give some back.

        Raises BudgetError where the call could exceed a limit; `what` names it. `cost` is None where no price is known.
        """
        with self._change:
            while self._short(tokens, cost):
                if not self._held_tokens:
                    raise BudgetError(self._refusal(tokens, cost, what))
                self._change.wait()
            self._held_tokens += tokens
            self._held_cost += cost or 0.0
        try:
            yield
        finally:
            with self._change:
                self._held_tokens -= tokens
                self._held_cost -= cost or 0.0
                self._change.notify_all()

    def book(self, call: Call) -> None:
        """Takes a call into account; inside `hold`, so that nothing is free in between."""
        with self._change:
            self._spent = self._spent.plus(call)

    def _short(self, tokens: int, cost: float | None) -> bool:
        return self._tokens_left() < tokens or self._cost_left() < (cost or 0.0)

    def _tokens_left(self) -> float:
        return float("inf") if self.max_tokens is None else self.max_tokens - self._spent.tokens - self._held_tokens

    def _cost_left(self) -> float:
        if self.max_cost is None:
            return float("inf")
        return self.max_cost - self._spent.cost - self._spent.risk_cost - self._held_cost

    def _refusal(self, tokens: int, cost: float | None, what: str) -> str:
        if self._tokens_left() < tokens:
            left = max(0, round(self._tokens_left()))
            return (
                f"{what} was not asked: it could take {tokens:,} tokens, and of --max-tokens {self.max_tokens:,} "
                f"only {left:,} are left; resume with a higher --max-tokens to go on with the model"
            )
        left_cost = max(0.0, self._cost_left())
        return (
            f"{what} was not asked: it could cost ${cost or 0:.4f}, and of --max-cost ${self.max_cost:.2f} "
            f"only ${left_cost:.4f} are left; resume with a higher --max-cost to go on with the model"
        )
