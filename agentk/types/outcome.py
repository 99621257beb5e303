"""How an attempt ended."""

from __future__ import annotations

from enum import StrEnum

from agentk.types.competition import Frozen


class Status(StrEnum):
    """One word for the end of a program."""

    SCORED = "scored"
    FAILED = "failed"  # it raised
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"  # died of a signal
    INVALID = "invalid"  # it ended, and what it returned was refused
    PRUNED = "pruned"  # stopped early because others are clearly better
    CANCELLED = "cancelled"  # stopped because the budget ended or the person said so

    @property
    def at_fault(self) -> bool:
        """Whether the program failed, rather than being scored or stopped by others."""
        return self not in (Status.SCORED, Status.PRUNED, Status.CANCELLED)

    @property
    def words(self) -> str:
        """For a sentence: "timed out"."""
        return self.value.replace("_", " ")


class Outcome(Frozen):
    """The status and, in one plain sentence, why."""

    status: Status
    reason: str = ""
