"""The connection to a server that speaks OpenAI's language: the official SDK, its key, and what this server does not know."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from agentk.errors import AccessError, SettingError
from agentk.llms.concessions import Concessions
from agentk.llms.exchange import UNREADABLE, Exchange
from agentk.llms.pictures import COMPLAINTS, PICTURES, shows
from agentk.llms.protocol import ChatRequest, Reply
from agentk.llms.servers import Server

if TYPE_CHECKING:
    from openai import OpenAI

_OPTIONAL = {
    PICTURES: COMPLAINTS,
    "max_tokens": ("max_tokens",),
    "stream_options": ("stream_options",),
    "temperature": ("temperature",),
    "response_format": ("response_format",),
    "text": ("text.format", "json_schema"),
    "tools": ("tools", "tool_choice"),
}


class Connection:
    """One model on one server."""

    def __init__(self, short: str, model: str, server: Server) -> None:
        self.name = f"{short}/{model}"
        self.model = model
        self.refused = Concessions(_OPTIONAL)
        self._key = os.environ.get(server.key_variable, "") if server.key_variable else ""
        self._mend = f"Check {server.key_variable}" if server.key_variable else ""
        local = urlsplit(server.base_url).hostname in ("localhost", "127.0.0.1", "::1")
        if server.key_variable and not self._key and not local:
            raise AccessError(f"{self.name} needs a key: set the environment variable {server.key_variable} to yours")
        self.client = _client(server.base_url, self._key or "none")

    def ask(
        self,
        request: ChatRequest,
        create: Callable[..., Any],
        options: Callable[[ChatRequest], dict[str, Any]],
        read: Callable[[Any, Exchange, bool], Reply],
    ) -> Reply:
        """One streamed try, again at once without what the server refuses by name.

        create, options  the SDK's call, and what it is given for the request
        read             makes the reply of the stream that the call opens; whether a structured one is wanted comes third
        """
        raised, exchange = errors(), self.exchange(request.timeout)
        while True:
            given = options(request)
            try:
                stream = create(**given, timeout=timeouts(request.timeout))
                with exchange.reading(stream):
                    return read(stream, exchange, request.answer_schema is not None)
            except raised as error:
                seen = {PICTURES} if shows(request) and PICTURES not in self.refused else set()
                if not self.refused.gives_up(error, given.keys() | seen):
                    raise exchange.translated(error) from error

    def exchange(self, timeout: float) -> Exchange:
        """The watch over one try of so many seconds."""
        return Exchange(self.name, timeout, key=self._key, mend=self._mend)

    def close(self) -> None:
        """Closes the SDK's connections."""
        self.client.close()


def errors() -> tuple[type[Exception], ...]:
    """Everything that the SDK and what lies under it raise."""
    import httpx2
    from openai import OpenAIError

    return (OpenAIError, httpx2.HTTPError, httpx2.StreamError, OSError, RuntimeError, *UNREADABLE)


def timeouts(seconds: float) -> Any:
    """The SDK's time limits for a try of so many seconds: an unreachable server is told from a slow one."""
    import httpx2

    return httpx2.Timeout(seconds, connect=min(seconds, 10.0))


def number(source: object, *path: str) -> int:
    """A count out of a vendor's usage object, 0 where it is missing."""
    for name in path:
        source = getattr(source, name, None)
    return source if isinstance(source, int) and source > 0 else 0


def _client(base_url: str, key: str) -> OpenAI:
    try:
        from openai import OpenAI
    except ImportError:
        raise SettingError('OpenAI-compatible models need the SDK: pip install "agentk[openai]"') from None
    return OpenAI(base_url=base_url, api_key=key, max_retries=0)
