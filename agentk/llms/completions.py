"""OpenAI's Chat Completions, which every compatible server understands."""

from __future__ import annotations

from typing import Any

from agentk.llms.connection import Connection, number
from agentk.llms.exchange import Ended, Exchange
from agentk.llms.pictures import PICTURES, encoded
from agentk.llms.protocol import ChatRequest, Message, Reply, Usage
from agentk.llms.schemas import ANSWER, strict
from agentk.llms.servers import Server

_ENDED: dict[str, Ended] = {"length": "length", "content_filter": "refusal"}


class CompletionsModel:
    """A model behind Chat Completions. A structured answer comes by response format, else by a tool, else by the prompt."""

    def __init__(self, short: str, model: str, server: Server) -> None:
        self._connection = Connection(short, model, server)
        self.name = self._connection.name

    def ask(self, request: ChatRequest) -> Reply:
        """One streamed try."""
        return self._connection.ask(request, self._connection.client.chat.completions.create, self._options, self._read)

    def close(self) -> None:
        """Closes the SDK's connections."""
        self._connection.close()

    def _options(self, request: ChatRequest) -> dict[str, Any]:
        refused = self._connection.refused
        blind = PICTURES in refused
        messages = [
            {"role": message.role, "content": message.content if blind or not message.pictures else _parts(message)}
            for message in request.messages
        ]
        options: dict[str, Any] = {"model": self._connection.model, "messages": messages, "stream": True}
        options["max_completion_tokens" if "max_tokens" in refused else "max_tokens"] = request.max_tokens
        if "stream_options" not in refused:
            options["stream_options"] = {"include_usage": True}
        if request.temperature is not None and "temperature" not in refused:
            options["temperature"] = request.temperature
        if request.answer_schema is not None:
            tight = strict(request.answer_schema)
            schema = {"name": ANSWER, "strict": tight is not None}
            if "response_format" not in refused:
                options["response_format"] = {
                    "type": "json_schema",
                    "json_schema": {**schema, "schema": tight or request.answer_schema},
                }
            elif "tools" not in refused:
                options["tools"] = [{"type": "function", "function": {"name": ANSWER, "parameters": request.answer_schema}}]
                options["tool_choice"] = {"type": "function", "function": {"name": ANSWER}}
        return options

    def _read(self, stream: Any, exchange: Exchange, structured: bool) -> Reply:
        text: list[str] = []
        called: list[str] = []
        ended: Ended | None = None
        usage, model = Usage(), self._connection.model
        for chunk in stream:
            model = chunk.model or model
            if getattr(chunk, "usage", None):
                usage = _usage(chunk.usage)
            for choice in chunk.choices or []:
                delta = choice.delta
                text.append(delta.content or "")
                called += [call.function.arguments or "" for call in delta.tool_calls or [] if call.function]
                if refusal := getattr(delta, "refusal", None):
                    text.append(refusal)
                    ended = "refusal"
                if choice.finish_reason and ended != "refusal":
                    ended = _ENDED.get(choice.finish_reason, "stop")
        return exchange.finished("".join(called) or "".join(text), ended, usage, model, structured=structured)


def _parts(message: Message) -> list[dict[str, Any]]:
    addresses = [f"data:image/png;base64,{encoded(picture)}" for picture in message.pictures]
    return [
        *({"type": "image_url", "image_url": {"url": address}} for address in addresses),
        {"type": "text", "text": message.content},
    ]


def _usage(told: Any) -> Usage:
    cached = number(told, "prompt_tokens_details", "cached_tokens") or number(told, "prompt_cache_hit_tokens")  # DeepSeek's name
    kept = number(told, "prompt_tokens_details", "cache_write_tokens")
    return Usage(
        prompt=number(told, "prompt_tokens"),
        reply=number(told, "completion_tokens"),
        cached=cached,
        kept=kept,
    )
