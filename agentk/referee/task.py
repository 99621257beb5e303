"""An evaluation under way: what is still to be called, and what has come in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from agentk.referee.apply import averaged
from agentk.referee.layout import Layout
from agentk.sandbox.protocol import Limits
from agentk.types.metric import Array
from agentk.types.solution import Solution
from agentk.types.space import Params

Watch = Callable[[list[float]], bool]
"""Merits of the folds so far, higher is better -> whether the next one is worth it."""


@dataclass(eq=False)
class Task:
    """One solution under one parameter set."""

    key: str
    solution: Solution
    params: Params  # reserved ones included
    limits: Limits
    watch: Watch | None
    calls: list[int]  # still to be submitted, in order
    wanted: int  # calls in all
    digest: str  # of the content its kept calls are found under
    prepared: str | None  # digest of the features it needs
    done: dict[int, Array] = field(default_factory=dict)  # checked predictions of each call: held-out rows, then test
    seconds: float = 0.0
    scores: list[float] = field(default_factory=list)  # where there is a watch: each decided by earlier folds alone
    merits: list[float] = field(default_factory=list)  # as `watch` sees them
    logs: dict[str, str] = field(default_factory=dict)

    def out_of_fold(self, layout: Layout, width: int) -> Array:
        """(N, W) predictions of the rows that finished calls held out, NaN elsewhere."""
        oof = np.full((len(layout.assignment), width), np.nan)
        for call, predictions in self.done.items():
            held_out = layout.held_out(call)
            oof[held_out] = predictions[: len(held_out)]
        return oof

    def test(self, layout: Layout, task: str, link: str) -> Array | None:
        """(M, W) what the calls that predicted test say together, see `apply.averaged`; None where none did."""
        calls = [call for call in sorted(self.done) if layout.predicts_test(call)]
        parts = [self.done[call][len(layout.held_out(call)) :] for call in calls]
        return averaged(parts, task, link) if parts else None

    @property
    def log(self) -> str:
        """The logs of its calls, without empty ones."""
        return "\n".join(f"--- {name}\n{text.rstrip()}" for name, text in self.logs.items() if text.strip())
