"""From what a person writes (`anthropic/NAME`, `files:DIR`) to a chat model with patience, a meter and a record."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from agentk.errors import SettingError
from agentk.llms.files import FilesModel
from agentk.llms.metered import MeteredModel
from agentk.llms.patience import PatientModel
from agentk.llms.preferring import PreferringModel
from agentk.llms.prices import FREE, Price, as_of, price_of
from agentk.llms.protocol import ChatModel
from agentk.llms.purse import Purse
from agentk.llms.record import Call
from agentk.llms.replay import ReplayModel
from agentk.llms.servers import SERVERS, server
from agentk.settings import Settings

GROUP = "agentk.chat_models"  # entry points of third parties: `short = "package:factory"`
Factory = Callable[[str, str | None], ChatModel]  # (what follows the short name, base URL or None) -> a backend that tries once
Tell = Callable[[str], None]


def open_model(
    spec: str,
    *,
    base_url: str | None = None,
    settings: Settings | None = None,
    purse: Purse | None = None,
    record: Callable[[Call], None] | None = None,
    tell: Tell | None = None,
    done: Mapping[str, int] | None = None,
) -> ChatModel:
    """The chat model that `spec` names.

    One `purse` bounds all models of a run together; `record` gets every call, to be written into the journal; `tell` gets one
    line where the person waits (default: stderr). `done`, for a resumed replay: how many replies of each purpose are used up.
    Nothing is sent before the first question.

    Raises SettingError for a spec that means nothing, AccessError where a key is missing, RunError for a journal that is no
    recording, and SettingError where the purse limits dollars and the model has no known price.
    """
    settings, purse, tell = settings or Settings(), purse or Purse(), tell or _say
    backend = _backend(spec, base_url, settings, tell, done)
    price = price_known(spec, base_url, settings)
    if price is None and purse.max_cost is not None:
        raise SettingError(
            f"--max-cost {purse.max_cost:g}: no price of {spec} is known (table of {as_of()}), so the limit could not be kept. "
            f'Write it into agentk.toml: [prices."{spec}"] with input = … and output = … (US dollars for a million tokens), '
            "or bound the run with --max-tokens"
        )
    patient = PatientModel(MeteredModel(backend, purse, price, record or _forget, tell), tell)
    return PreferringModel(patient, settings.model)


def _backend(spec: str, base_url: str | None, settings: Settings, tell: Tell, done: Mapping[str, int] | None) -> ChatModel:
    short, rest = _split(spec)
    if short == "files":
        return FilesModel(Path(rest).expanduser(), tell)
    if short == "replay":
        return ReplayModel(Path(rest).expanduser(), done=done)
    if short == "anthropic":
        from agentk.llms.messages import MessagesModel

        return MessagesModel(rest, base_url)
    if short == "langchain":
        from agentk.llms.langchain import langchain_model

        return langchain_model(rest)
    if found := server(short, base_url, settings):
        from agentk.llms.completions import CompletionsModel
        from agentk.llms.responses import ResponsesModel

        return (ResponsesModel if found.api == "responses" else CompletionsModel)(short, rest, found)
    foreign = _foreign()
    if short in foreign:
        factory: Factory = foreign[short].load()
        return factory(rest, base_url)
    known = sorted({"anthropic", "files", "langchain", "replay", *SERVERS, *settings.servers, *foreign})
    near = get_close_matches(short, known, 1)
    meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    raise SettingError(f"{spec!r}: no backend is called {short!r}; {meant}")


def _split(spec: str) -> tuple[str, str]:
    match = re.fullmatch(r"([A-Za-z0-9_.-]+)[:/](.+)", spec.strip())
    if match is None:
        raise SettingError(f"{spec!r} is no model; write it like anthropic/NAME, ollama/NAME or files:DIR")
    return match[1], match[2]


def price_known(spec: str, base_url: str | None, settings: Settings) -> Price | None:
    """The vendor's list price; at another address than the vendor's only what the person's own table says."""
    short, _ = _split(spec)
    found = server(short, base_url, settings)
    moved = found is not None and short in SERVERS and found.base_url != SERVERS[short].base_url
    elsewhere = moved or (short == "anthropic" and base_url is not None)
    if elsewhere and short not in FREE and spec not in settings.prices:
        return None
    return price_of(spec, settings.prices)


def _foreign() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _forget(call: Call) -> None:
    """Nobody keeps a record."""
