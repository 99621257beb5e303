"""Anthropic's Messages: structured answers as the input of a tool, the stable beginning marked for the prompt cache."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

from agentk.errors import AccessError, SettingError
from agentk.llms.concessions import Concessions
from agentk.llms.connection import number, timeouts
from agentk.llms.exchange import UNREADABLE, Ended, Exchange
from agentk.llms.pictures import COMPLAINTS, PICTURES, encoded, shows
from agentk.llms.protocol import ChatRequest, Message, Reply, Usage
from agentk.llms.schemas import ANSWER, strict

if TYPE_CHECKING:
    from anthropic import Anthropic

KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
_OPTIONAL = {
    PICTURES: COMPLAINTS,
    "temperature": ("temperature",),
    "tool_choice": ("tool_choice", "forced tool", "tool use"),
    "output_config": ("output_config", "output_format", "schema"),
    "tools": ("tools",),
}
_ENDED: dict[str, Ended] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}


class MessagesModel:
    """One of Anthropic's models, or one behind a server that speaks its language."""

    def __init__(self, model: str, base_url: str | None = None) -> None:
        self.name = f"anthropic/{model}"
        self._model = model
        self._key = next((os.environ[name] for name in KEYS if os.environ.get(name)), "")
        if not self._key:
            raise AccessError(f"{self.name} needs a key: set the environment variable {KEYS[0]} to yours")
        self._client = _client(base_url)
        self._refused = Concessions(_OPTIONAL)

    def ask(self, request: ChatRequest) -> Reply:
        """One streamed try."""
        import httpx2
        from anthropic import AnthropicError

        exchange = Exchange(self.name, request.timeout, key=self._key, mend=f"Check {KEYS[0]}")
        while True:
            options, besides = self._options(request), self._besides(request)
            try:
                stream = self._client.messages.create(**options, extra_body=besides, timeout=timeouts(request.timeout))
                with exchange.reading(stream):
                    return self._read(stream, exchange, structured=request.answer_schema is not None)
            except (AnthropicError, httpx2.HTTPError, httpx2.StreamError, OSError, RuntimeError, *UNREADABLE) as error:
                seen = {PICTURES} if shows(request) and PICTURES not in self._refused else set()
                if not self._refused.gives_up(error, options.keys() | besides.keys() | seen):
                    raise exchange.translated(error) from error

    def close(self) -> None:
        """Closes the SDK's connections."""
        self._client.close()

    def _options(self, request: ChatRequest) -> dict[str, Any]:
        blocks: list[dict[str, Any]] = [{"type": "text", "text": message.content} for message in request.messages]
        pictures = [[] if PICTURES in self._refused else _seen(message) for message in request.messages]
        if request.stable:
            blocks[min(request.stable, len(blocks)) - 1]["cache_control"] = {"type": "ephemeral"}
        roles = [message.role for message in request.messages]
        head = next((place for place, role in enumerate(roles) if role != "system"), len(roles))
        turns = [
            {"role": "assistant" if role == "assistant" else "user", "content": [*seen, block]}
            for role, seen, block in zip(roles[head:], pictures[head:], blocks[head:], strict=True)
        ]
        options: dict[str, Any] = {
            "model": self._model,
            "messages": turns,
            "max_tokens": request.max_tokens,
            "stream": True,
        }
        if head:
            options["system"] = blocks[:head]
        return {**options, **self._structure(request.answer_schema)}

    def _structure(self, schema: dict[str, JsonValue] | None) -> dict[str, Any]:
        """A tool that must be called; for models that cannot be made to, their own JSON mode, or a tool that may be called."""
        from anthropic import transform_schema

        if schema is None:
            return {}
        tools = [{"name": ANSWER, "input_schema": schema}]
        if "tool_choice" not in self._refused:
            return {"tools": tools, "tool_choice": {"type": "tool", "name": ANSWER}}
        if "output_config" not in self._refused and strict(schema) is not None:
            return {"output_config": {"format": {"type": "json_schema", "schema": transform_schema(dict(schema))}}}
        return {"tools": tools} if "tools" not in self._refused else {}

    def _besides(self, request: ChatRequest) -> dict[str, float]:
        """What the SDK no longer names, since the newest models do not take it."""
        if request.temperature is None or "temperature" in self._refused:
            return {}
        return {"temperature": request.temperature}

    def _read(self, stream: Any, exchange: Exchange, *, structured: bool) -> Reply:
        text: list[str] = []
        called: list[str] = []
        ended: Ended | None = None
        begun: Any = None
        final: Any = None
        for event in stream:
            match event.type:
                case "message_start":
                    begun = event.message
                case "content_block_delta" if event.delta.type == "text_delta":
                    text.append(event.delta.text)
                case "content_block_delta" if event.delta.type == "input_json_delta":
                    called.append(event.delta.partial_json)
                case "message_delta":
                    final = event.usage
                    if event.delta.stop_reason:
                        ended = _ENDED.get(event.delta.stop_reason, "stop")
        model = (begun.model if begun else None) or self._model
        return exchange.finished(
            "".join(called) or "".join(text), ended, _usage(begun.usage if begun else None, final), model, structured=structured
        )


def _seen(message: Message) -> list[dict[str, Any]]:
    sources = ({"type": "base64", "media_type": "image/png", "data": encoded(picture)} for picture in message.pictures)
    return [{"type": "image", "source": source} for source in sources]


def _usage(begun: Any, final: Any) -> Usage:
    """What went in is told at the start, what came out at the end; the cached parts are told apart from the rest."""
    cached = number(begun, "cache_read_input_tokens")
    kept = number(begun, "cache_creation_input_tokens")
    return Usage(
        prompt=number(begun, "input_tokens") + cached + kept,
        reply=number(final, "output_tokens") or number(begun, "output_tokens"),
        cached=cached,
        kept=kept,
    )


def _client(base_url: str | None) -> Anthropic:
    try:
        from anthropic import Anthropic
    except ImportError:
        raise SettingError('Anthropic\'s models need the SDK: pip install "agentk[anthropic]"') from None
    return Anthropic(base_url=base_url, max_retries=0)
