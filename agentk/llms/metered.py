"""A model with a meter: no call that the purse cannot bear, every call billed and recorded."""

from __future__ import annotations

import time
from collections.abc import Callable

from agentk.errors import AgentKError, TransientError
from agentk.llms.counting import Counter, tokens
from agentk.llms.prices import Price
from agentk.llms.protocol import ChatModel, ChatRequest, Reply, Usage
from agentk.llms.purse import Purse
from agentk.llms.record import Call

_LONG = 2000  # tokens: of shorter prompts the count is too rough to tell
_SHARE = 0.6  # of the tokens counted here; vendors' own counts differ less


class MeteredModel:
    """Wraps one backend. `price` None: unknown, so that tokens are counted and dollars are not.

    `record` gets every call; `tell` gets a warning when the server seems to read only a part of what it is sent.
    """

    def __init__(
        self, model: ChatModel, purse: Purse, price: Price | None, record: Callable[[Call], None], tell: Callable[[str], None]
    ) -> None:
        self.name = model.name
        self._model = model
        self._purse = purse
        self._price = price
        self._record = record
        self._tell = tell
        self._warned = False
        self._counter = Counter()

    def ask(self, request: ChatRequest) -> Reply:
        """One try. Raises BudgetError before anything is sent where the worst case of the call exceeds what is left."""
        prompt = self._counter.worst(request)
        worst = prompt + request.max_tokens
        cost = self._price.worst(prompt, request.max_tokens) if self._price else None
        with self._purse.hold(worst, cost, f"{self.name}, question {request.purpose!r},"):
            begun = time.monotonic()
            try:
                reply = self._model.ask(request)
            except AgentKError as error:
                billed = isinstance(error, TransientError) and error.billed
                risk_tokens, risk_cost = (worst, cost) if billed else (0, None)
                self._book(Call(name=self.name, request=request, error=str(error), risk_tokens=risk_tokens, risk_cost=risk_cost))
                raise
            usage = reply.usage if reply.usage.prompt or reply.usage.reply else self._estimated(request, reply)
            if not self._curtailed(request, usage):
                self._counter.learn(request, usage)
            priced = {"cost": self._price.cost(usage)} if self._price else {"cost": None}
            reply = reply.model_copy(update={"usage": usage, "seconds": time.monotonic() - begun, **priced})
            saved = self._price.saved(usage) if self._price else 0.0
            self._book(Call(name=self.name, request=request, reply=reply, saved=saved))
        return reply

    def close(self) -> None:
        """Closes the backend."""
        self._model.close()

    def _curtailed(self, request: ChatRequest, usage: Usage) -> bool:
        """Whether the server read much less than it was sent: some cut long prompts off without a word (Ollama by default)."""
        sent = self._counter.expected(request)
        if sent < _LONG or usage.prompt > _SHARE * sent:
            return False
        if not self._warned:
            self._warned = True
            self._tell(
                f"{self.name}: of about {sent:,} tokens sent the server read {usage.prompt:,}; its context is too short for "
                "these questions. Ollama: start it with OLLAMA_CONTEXT_LENGTH=32768; other servers: raise their context length"
            )
        return True

    def _book(self, call: Call) -> None:
        self._purse.book(call)
        self._record(call)

    def _estimated(self, request: ChatRequest, reply: Reply) -> Usage:
        return Usage(prompt=self._counter.expected(request), reply=tokens(reply.text), estimated=True)
