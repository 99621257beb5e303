"""`replay:JOURNAL`: a recorded run answers again, without a network."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

from agentk.errors import ModelError, RunError
from agentk.llms.protocol import ChatRequest, Reply
from agentk.llms.record import Call, calls_in


class ReplayModel:
    """Gives the recorded replies of each purpose in their order.

    `done` says how many of each purpose are used up already (a resumed replay). With `strict` the messages must be those that
    were recorded, word for word; without it only the purposes must follow the recorded course, so that measured seconds in a
    prompt do no harm.
    """

    def __init__(self, journal: Path, *, done: Mapping[str, int] | None = None, strict: bool = False) -> None:
        self.name = f"replay:{journal}"
        self._journal = journal
        self._strict = strict
        self._recorded: dict[str, list[Call]] = defaultdict(list)
        for call in calls_in(journal):
            if call.reply is not None:
                self._recorded[call.request.purpose].append(call)
        if not self._recorded:
            raise RunError(f"{journal}: this run asked no model, so there is nothing to replay")
        self._next = Counter(done or {})
        self._lock = threading.Lock()

    def ask(self, request: ChatRequest) -> Reply:
        """The next recorded reply for `request.purpose`. Raises ModelError where this run's course leaves the recorded one."""
        recorded = self._recorded.get(request.purpose, [])
        with self._lock:
            number = self._next[request.purpose]
            if number >= len(recorded):
                held = ", ".join(f"{len(calls)} × {purpose}" for purpose, calls in sorted(self._recorded.items()))
                raise ModelError(
                    f"{self._journal}: this run parts from the recorded one: it asks {request.purpose!r} a {number + 1}. time, "
                    f"the recording holds {held}. Replay with the same competition, seed, --attempts and --workers"
                )
            if self._strict:
                self._compare(recorded[number].request, request, number)
            self._next[request.purpose] += 1
        reply = recorded[number].reply
        assert reply is not None
        return reply

    def close(self) -> None:
        """Nothing is held open."""

    def _compare(self, then: ChatRequest, now: ChatRequest, number: int) -> None:
        before = [line for message in then.messages for line in (f"[{message.role}]", *message.content.splitlines())]
        after = [line for message in now.messages for line in (f"[{message.role}]", *message.content.splitlines())]
        for old, new in zip([*before, ""], [*after, ""], strict=False):
            if old != new:
                raise ModelError(
                    f"{self._journal}: this run parts from the recorded one at {now.purpose!r}, call {number + 1}: "
                    f"recorded was {old[:200]!r}, asked is {new[:200]!r}"
                )
