"""`langchain:PROVIDER/NAME`: every chat model that LangChain knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from agentk.errors import SettingError
from agentk.llms.exchange import Ended, Exchange
from agentk.llms.protocol import ChatRequest, Reply, Usage
from agentk.llms.schemas import ANSWER

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

_ENDED: dict[str, Ended] = {
    "length": "length", "max_tokens": "length", "MAX_TOKENS": "length", "max_output_tokens": "length",
    "content_filter": "refusal", "refusal": "refusal", "SAFETY": "refusal",
}  # fmt: skip


class LangChainModel:
    """Asks what `make` gives for a request: a LangChain model with its limits set. It asks once and does not stream."""

    def __init__(self, name: str, make: Callable[[ChatRequest], BaseChatModel]) -> None:
        self.name = name
        self._make = make

    def ask(self, request: ChatRequest) -> Reply:
        """One try; its deadline is kept by the wrapped model."""
        exchange = Exchange(self.name, request.timeout)
        messages = [(message.role, message.content) for message in request.messages]
        parsed: Any = None
        try:
            model = self._make(request)
            if request.answer_schema is None:
                answer: Any = model.invoke(messages)
            else:
                schema = {"title": ANSWER, **request.answer_schema}
                both: Any = model.with_structured_output(schema, include_raw=True).invoke(messages)
                answer, parsed = both["raw"], both["parsed"]
        except Exception as error:  # integrations raise what their vendors raise; there is no common ancestor
            raise exchange.translated(error) from error
        text = str(answer.text) or (json.dumps(answer.tool_calls[0]["args"]) if answer.tool_calls else "")
        reply = exchange.finished(text, _ended(answer), _usage(answer), self.name, structured=request.answer_schema is not None)
        return reply if reply.data is not None or parsed is None else reply.model_copy(update={"data": parsed})

    def close(self) -> None:
        """The wrapped models keep their connections to themselves."""


def langchain_model(spec: str) -> LangChainModel:
    """The model that LangChain calls PROVIDER/NAME. Raises SettingError where a package is missing or the name means nothing."""
    provider, slash, name = spec.partition("/")
    if not slash or not name:
        raise SettingError(f"langchain:{spec}: write it like langchain:openai/NAME")
    try:
        from langchain.chat_models import init_chat_model
    except ImportError:
        raise SettingError('LangChain\'s models need: pip install "agentk[langchain]"') from None

    def make(request: ChatRequest) -> BaseChatModel:
        limits: dict[str, Any] = {"max_tokens": request.max_tokens, "timeout": request.timeout, "max_retries": 0}
        if request.temperature is not None:
            limits["temperature"] = request.temperature
        model: BaseChatModel = init_chat_model(name, model_provider=provider, **limits)
        return model

    try:
        make(ChatRequest(messages=()))
    except Exception as error:  # a missing package, key or provider, each in LangChain's own words
        raise SettingError(f"langchain:{spec}: LangChain cannot make this model: {' '.join(str(error).split())[:300]}") from error
    return LangChainModel(f"langchain:{spec}", make)


def _ended(answer: AIMessage) -> Ended:
    told = answer.response_metadata
    why = told.get("finish_reason") or told.get("stop_reason") or told.get("done_reason")
    if why is None and isinstance(told.get("incomplete_details"), dict):
        why = told["incomplete_details"].get("reason")
    return _ENDED.get(str(why), "stop")


def _usage(answer: AIMessage) -> Usage:
    told = answer.usage_metadata
    if not told:
        return Usage()
    details = told.get("input_token_details") or {}
    cached, kept = details.get("cache_read") or 0, details.get("cache_creation") or 0
    return Usage(prompt=told["input_tokens"], reply=told["output_tokens"], cached=cached, kept=kept)
