"""OpenAI's Responses, which OpenAI's own models are asked through."""

from __future__ import annotations

from typing import Any

from agentk.llms.connection import Connection, number
from agentk.llms.exchange import Ended, Exchange, FailedError
from agentk.llms.pictures import PICTURES, encoded
from agentk.llms.protocol import ChatRequest, Message, Reply, Usage
from agentk.llms.schemas import ANSWER, strict
from agentk.llms.servers import Server


class ResponsesModel:
    """A model behind the Responses API. Nothing is stored at the vendor; structured answers come by JSON schema."""

    def __init__(self, short: str, model: str, server: Server) -> None:
        self._connection = Connection(short, model, server)
        self.name = self._connection.name

    def ask(self, request: ChatRequest) -> Reply:
        """One streamed try."""
        return self._connection.ask(request, self._connection.client.responses.create, self._options, self._read)

    def close(self) -> None:
        """Closes the SDK's connections."""
        self._connection.close()

    def _options(self, request: ChatRequest) -> dict[str, Any]:
        refused = self._connection.refused
        blind = PICTURES in refused
        options: dict[str, Any] = {
            "model": self._connection.model,
            "input": [
                {"role": message.role, "content": message.content if blind or not message.pictures else _parts(message)}
                for message in request.messages
            ],
            "max_output_tokens": request.max_tokens,
            "store": False,
            "stream": True,
        }
        if request.temperature is not None and "temperature" not in refused:
            options["temperature"] = request.temperature
        if request.answer_schema is not None and "text" not in refused:
            tight = strict(request.answer_schema)
            kind = {"type": "json_schema", "name": ANSWER, "strict": tight is not None}
            options["text"] = {"format": {**kind, "schema": tight or request.answer_schema}}
        return options

    def _read(self, stream: Any, exchange: Exchange, structured: bool) -> Reply:
        text: list[str] = []
        ended: Ended | None = None
        refused = False
        usage, model = Usage(), self._connection.model
        for event in stream:
            match event.type:
                case "response.output_text.delta":
                    text.append(event.delta)
                case "response.refusal.delta":
                    text.append(event.delta)
                    refused = True
                case "response.completed" | "response.incomplete":
                    usage, model = _usage(event.response.usage), event.response.model or model
                    ended = "refusal" if refused else _ended(event.response)
                case "response.failed" | "error":
                    said = getattr(event, "response", event)
                    told = getattr(said, "error", None) or said
                    raise exchange.translated(FailedError(told.code, told.message))
        return exchange.finished("".join(text), ended, usage, model, structured=structured)


def _parts(message: Message) -> list[dict[str, Any]]:
    addresses = [f"data:image/png;base64,{encoded(picture)}" for picture in message.pictures]
    return [
        *({"type": "input_image", "detail": "auto", "image_url": address} for address in addresses),
        {"type": "input_text", "text": message.content},
    ]


def _ended(response: Any) -> Ended:
    if response.status != "incomplete":
        return "stop"
    return "refusal" if response.incomplete_details.reason == "content_filter" else "length"


def _usage(told: Any) -> Usage:
    return Usage(
        prompt=number(told, "input_tokens"),
        reply=number(told, "output_tokens"),
        cached=number(told, "input_tokens_details", "cached_tokens"),
        kept=number(told, "input_tokens_details", "cache_write_tokens"),
    )
