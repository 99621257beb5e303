"""Who speaks OpenAI's language: short names with their addresses and the variables that hold their keys."""

from __future__ import annotations

import os
from typing import Literal

from agentk.llms.protocol import Frozen
from agentk.settings import Settings

OPENAI = "https://api.openai.com/v1"


class Server(Frozen):
    """One OpenAI-compatible server."""

    base_url: str
    key_variable: str | None = None  # None: no key is needed
    url_variable: str | None = None  # the vendor's usual variable for another address
    api: Literal["chat", "responses"] = "chat"


SERVERS = {
    "openai": Server(base_url=OPENAI, key_variable="OPENAI_API_KEY", url_variable="OPENAI_BASE_URL", api="responses"),
    "ollama": Server(base_url="http://localhost:11434/v1", url_variable="OLLAMA_HOST"),
    "vllm": Server(base_url="http://localhost:8000/v1"),
    "llamacpp": Server(base_url="http://localhost:8080/v1"),
    "lmstudio": Server(base_url="http://localhost:1234/v1"),
    "openrouter": Server(base_url="https://openrouter.ai/api/v1", key_variable="OPENROUTER_API_KEY"),
    "deepseek": Server(base_url="https://api.deepseek.com/v1", key_variable="DEEPSEEK_API_KEY"),
    "groq": Server(base_url="https://api.groq.com/openai/v1", key_variable="GROQ_API_KEY"),
    "together": Server(base_url="https://api.together.xyz/v1", key_variable="TOGETHER_API_KEY"),
    "mistral": Server(base_url="https://api.mistral.ai/v1", key_variable="MISTRAL_API_KEY"),
    "fireworks": Server(base_url="https://api.fireworks.ai/inference/v1", key_variable="FIREWORKS_API_KEY"),
    "gemini": Server(base_url="https://generativelanguage.googleapis.com/v1beta/openai", key_variable="GEMINI_API_KEY"),
    "xai": Server(base_url="https://api.x.ai/v1", key_variable="XAI_API_KEY"),
}


def server(short: str, base_url: str | None, settings: Settings) -> Server | None:
    """The server named `short`, at another address where a flag, the environment or agentk.toml says so; None: no such name.

    At another address than OpenAI's own, the older Chat Completions are spoken: everybody understands them.
    """
    known = SERVERS.get(short)
    if own := settings.servers.get(short):
        known = Server(**own.model_dump(), url_variable=known.url_variable if known else None)
    if known is None:
        return None
    said = os.environ.get(known.url_variable) if known.url_variable else None
    address = base_url or (_ollama(said) if said and short == "ollama" else said)
    if address is None or address == known.base_url:
        return known
    return known.model_copy(update={"base_url": address, "api": "chat"})


def _ollama(host: str) -> str:
    """OLLAMA_HOST is a host with a port, with or without a scheme; 0.0.0.0 is what the server listens on."""
    address = host if "://" in host else f"http://{host}"
    return address.replace("//0.0.0.0", "//localhost").rstrip("/") + "/v1"
