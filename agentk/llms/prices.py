"""What tokens cost: one table with a date, and what a person's agentk.toml says instead."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from pydantic import Field

from agentk.llms.protocol import Frozen, Usage
from agentk.settings import PriceSettings

FREE = frozenset({"ollama", "vllm", "llamacpp", "lmstudio", "files", "replay"})  # one's own machine, one's own time
_SNAPSHOT = re.compile(r"-(\d{8}|\d{4}-\d{2}-\d{2}|latest)$")


class Price(Frozen):
    """US dollars for a million tokens."""

    input: float = Field(ge=0)
    cached: float = Field(ge=0)  # read from the provider's prompt cache
    written: float = Field(ge=0)  # written into it
    output: float = Field(ge=0)

    def cost(self, usage: Usage) -> float:
        """What a call with this usage costs, in US dollars."""
        fresh = max(0, usage.prompt - usage.cached - usage.kept)
        dear = usage.kept * self.written + usage.reply * self.output
        return (fresh * self.input + usage.cached * self.cached + dear) / 1e6

    def saved(self, usage: Usage) -> float:
        """What the provider's cache took off; below zero where writing into it cost more than reading gave."""
        return (usage.cached * (self.input - self.cached) + usage.kept * (self.input - self.written)) / 1e6

    def worst(self, prompt: int, reply: int) -> float:
        """The most that a call with so many tokens can cost."""
        return (prompt * max(self.input, self.written) + reply * self.output) / 1e6


def price_of(name: str, own: dict[str, PriceSettings] | None = None) -> Price | None:
    """The price of PROVIDER/NAME, from `own` first; None where none is known. A dated snapshot costs what its model costs."""
    plain = name.removeprefix("langchain:")
    provider = re.split(r"[/:]", plain, maxsplit=1)[0]
    for known in (plain, _SNAPSHOT.sub("", plain)):
        if own and known in own:
            return _price(own[known])
        if known in _table():
            return _table()[known]
    return Price(input=0, cached=0, written=0, output=0) if provider in FREE else None


def as_of() -> str:
    """The day the table was made."""
    return str(_read()["as_of"])


def _price(said: PriceSettings) -> Price:
    cached = said.input if said.cached is None else said.cached
    written = said.input if said.written is None else said.written
    return Price(input=said.input, cached=cached, written=written, output=said.output)


@cache
def _table() -> dict[str, Price]:
    models = _read()["models"]
    return {name: _price(PriceSettings.model_validate(entry)) for name, entry in models.items()}


@cache
def _read() -> dict[str, dict[str, object]]:
    return tomllib.loads(Path(__file__).with_name("prices.toml").read_text(encoding="utf-8"))
