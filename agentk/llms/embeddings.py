"""Embeddings over OpenAI's wire format, which every compatible server understands: texts to vectors, a batch a request."""

from __future__ import annotations

from collections.abc import Sequence

from agentk.errors import ModelError, SettingError
from agentk.llms.connection import Connection, errors, number, timeouts
from agentk.llms.servers import SERVERS, server
from agentk.settings import Settings

_BATCH = 256
_TRIES_MORE = 2
_TIMEOUT = 30.0  # seconds of one try


class EmbeddingModel:
    """One embedding model on one server. Nothing is sent before the first text."""

    def __init__(self, spec: str, settings: Settings) -> None:
        """`spec`: SERVER/MODEL. Raises SettingError for an unknown server, AccessError for a missing key."""
        short, _, model = spec.partition("/")
        found = server(short, None, settings)
        if found is None or not model:
            known = ", ".join(sorted({*SERVERS, *settings.servers}))
            raise SettingError(f"{spec!r} is no embedding model; write SERVER/MODEL, e.g. ollama/NAME; the servers are {known}")
        self._connection = Connection(short, model, found)
        self.name = self._connection.name
        self.tokens = 0  # that the server says it has read

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text, none of which may be empty. Raises ModelError or AccessError when there is none to be had."""
        client = self._connection.client.with_options(max_retries=_TRIES_MORE)
        vectors: list[list[float]] = []
        for start in range(0, len(texts), _BATCH):
            batch = list(texts[start : start + _BATCH])
            exchange = self._connection.exchange(_TIMEOUT)
            try:
                told = client.embeddings.create(
                    model=self._connection.model, input=batch, encoding_format="float", timeout=timeouts(_TIMEOUT)
                )
                found = [entry.embedding for entry in sorted(told.data, key=lambda entry: entry.index)]
            except errors() as error:
                raise exchange.translated(error) from error
            if len(found) != len(batch):
                raise ModelError(f"{self.name}: {len(batch)} texts were sent and {len(found)} vectors came back")
            vectors += found
            self.tokens += number(told, "usage", "prompt_tokens")
        return vectors

    def close(self) -> None:
        """Closes the SDK's connections."""
        self._connection.client.close()
