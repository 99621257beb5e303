"""What is kept of every call: enough to bill it, to show it, and to replay it without a network."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agentk.errors import RunError
from agentk.llms.protocol import ChatRequest, Frozen, Reply

EVENT = "model_call"


class Call(Frozen):
    """One call of a chat model: the fields of a journal's `model_call` line.

    Made for every try, failed ones too: `journal.write("model_call", **call.model_dump(mode="json"))`.
    """

    name: str  # PROVIDER/NAME
    request: ChatRequest
    reply: Reply | None = None  # with usage, seconds and cost
    error: str = ""  # why there is no reply
    saved: float = 0.0  # US dollars that the provider's prompt cache took off; below zero: writing into it cost more
    risk_tokens: int = 0  # of a call that was cut off: what it was billed at most, since no bill was seen
    risk_cost: float | None = None  # the same in US dollars; None: no price is known


class Spent(Frozen):
    """What calls have used up so far."""

    calls: int = 0
    prompt: int = 0  # tokens in
    reply: int = 0  # tokens out
    cached: int = 0  # of `prompt`: read from the provider's cache
    cost: float = 0.0  # US dollars, of the calls with a known price
    saved: float = 0.0
    unpriced: int = 0  # tokens of calls without a known price
    risk_tokens: int = 0  # of calls that were cut off before their bill was seen: at most so much more
    risk_cost: float = 0.0

    @property
    def tokens(self) -> int:
        """Tokens in and out, with what cut-off calls may have used."""
        return self.prompt + self.reply + self.risk_tokens

    def plus(self, call: Call) -> Spent:
        """With one more call."""
        usage, cost = (call.reply.usage, call.reply.cost) if call.reply else (None, None)
        used = usage.prompt + usage.reply if usage else 0
        return Spent(
            calls=self.calls + 1,
            prompt=self.prompt + (usage.prompt if usage else 0),
            reply=self.reply + (usage.reply if usage else 0),
            cached=self.cached + (usage.cached if usage else 0),
            cost=self.cost + (cost or 0.0),
            saved=self.saved + call.saved,
            unpriced=self.unpriced + (used if cost is None else 0),
            risk_tokens=self.risk_tokens + call.risk_tokens,
            risk_cost=self.risk_cost + (call.risk_cost or 0.0),
        )

    @classmethod
    def of(cls, calls: Iterable[Call]) -> Spent:
        """The total of recorded calls: what a resumed run starts from."""
        total = cls()
        for call in calls:
            total = total.plus(call)
        return total


def call_of(line: Mapping[str, Any]) -> Call:
    """The call of one `model_call` line. Raises pydantic's ValidationError where it is none."""
    return Call.model_validate({name: line[name] for name in Call.model_fields if name in line})


def calls_in(journal: Path) -> Iterator[Call]:
    """The calls that a run's journal holds, oldest first; `journal` is the file or the run's folder.

    Raises RunError for a file that is not there or is no journal.
    """
    path = journal / "journal.jsonl" if journal.is_dir() else journal
    if not path.is_file():
        raise RunError(f"{path}: there is no such journal; name a run's folder or its journal.jsonl")
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            if not raw.endswith(b"\n"):
                return  # torn by a kill
            try:
                line = json.loads(raw)
                if line["event"] == EVENT:
                    yield call_of(line)
            except (ValueError, KeyError, TypeError, ValidationError) as error:
                raise RunError(f"{path}, line {number}: not a line of a journal that this agentk reads: {error}") from None
