"""The state that is checkpointed: ids and counters only, so that step 500 costs what step 5 cost."""

from __future__ import annotations

from typing import Any, TypedDict


class State(TypedDict, total=False):
    """Plain values; everything else lies in the run's folder."""

    done: int  # nodes that have run
    step: int  # decisions made
    next: int  # number of the next attempt
    plan: dict[str, Any]  # the answer that is being acted on
    refused: int  # answers in a row that could not be acted on
    stop: str  # why the run ends
