"""Advice on a draft that has doubts: what somebody who read the description would believe instead, held to every test."""

from __future__ import annotations

from agentk.competitions.draft import Draft, Overrides
from agentk.competitions.reopening import ACROSS
from agentk.competitions.said import over
from agentk.competitions.setup import through
from agentk.errors import CompetitionError

ADVISABLE = ("target", "id", "metric", "weights", "task", "positive", "validation", "column")
"""What may be advised: fields of `Overrides`. Files and leaks are for a person to say."""


def advised(first: Draft, advice: Overrides, adviser: str) -> Draft:
    """The draft that all stages arrive at from `first` when they believe the advice; what the person said wins over it.

    The tests across stages hold for what was advised, as they do not for what a person says. Raises UserError when a stage or a
    test has something against it.
    """
    said = over(advice, first.overrides)
    draft = through(first.model_copy(update={"overrides": said, "speaker": adviser}))
    draft = draft.model_copy(update={"overrides": first.overrides, "speaker": first.speaker})
    fault = next((fault for test in ACROSS if (fault := test(draft))), None)
    if fault is not None:
        raise CompetitionError(fault.text)
    return draft
