"""What a person prefers, filled in where a request leaves it open."""

from __future__ import annotations

from agentk.llms.protocol import ChatModel, ChatRequest, Reply
from agentk.settings import ModelSettings


class PreferringModel:
    """Wraps a model; the temperature and the time for a question come from agentk.toml unless the request sets its own."""

    def __init__(self, model: ChatModel, prefers: ModelSettings) -> None:
        self.name = model.name
        self._model = model
        self._filled = {"temperature": prefers.temperature, "timeout": prefers.timeout}

    def ask(self, request: ChatRequest) -> Reply:
        """The wrapped model's reply to the completed request."""
        left_open = {name: value for name, value in self._filled.items() if name not in request.model_fields_set}
        return self._model.ask(request.model_copy(update=left_open))

    def close(self) -> None:
        """Closes the wrapped model."""
        self._model.close()
