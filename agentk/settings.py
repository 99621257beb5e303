"""What a person sets: durations and sizes as they are typed, and what agentk.toml may hold.

Flags win over the environment, the environment over `agentk.toml` in the working directory, that over the one in the user's
configuration folder, that over the defaults. Keys are read from the environment alone: a file may name the variable.
"""

from __future__ import annotations

import math
import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from agentk.errors import SettingError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(text: str) -> float:
    """The seconds of a duration such as "90s", "10m", "1h30m", "2.5h" or plain "600".

    Raises SettingError for anything else, and for what is not above zero.
    """
    compact = text.strip().lower().replace(" ", "")
    if re.fullmatch(r"\d+(\.\d+)?", compact):
        compact += "s"
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd])", compact)
    total = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if not parts or "".join(number + unit for number, unit in parts) != compact or not 0 < total < math.inf:
        raise SettingError(f"{text!r} is not a duration above zero; write it like 90s, 10m, 1h30m or 2h")
    return total


def duration(value: float) -> str:
    """Seconds as a person writes them: 42s, 3m10s, 1h05m."""
    whole = max(0, round(value))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


def size(text: str) -> int:
    """The bytes of a size such as "500M", "5G" or "2GiB" (powers of 1024). Raises SettingError for anything else."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", text.strip().lower())
    if match is None or not math.isfinite(float(match[1])):
        raise SettingError(f"{text!r} is not a size; write it like 500M or 5G")
    return int(float(match[1]) * 1024 ** " kmgt".index(match[2] or " "))


def wanted(found: ErrorDetails) -> str:
    """What a setting takes, in place of the value that pydantic has found unfit: "it takes 1 or more"."""
    bounds = found.get("ctx", {})
    match found["type"]:
        case "int_type" | "int_parsing" | "int_parsing_size" | "int_from_float":
            told = "a whole number, in digits"
        case "float_type" | "float_parsing" | "finite_number":
            told = "a number, in digits"
        case "greater_than_equal":
            told = f"{_plain(bounds['ge'])} or more"
        case "greater_than":
            told = f"more than {_plain(bounds['gt'])}"
        case "less_than_equal":
            told = f"{_plain(bounds['le'])} or less"
        case "bool_type" | "bool_parsing":
            told = "true or false"
        case "string_type":
            told = "a text"
        case "tuple_type" | "list_type":
            told = "a list"
        case "model_type" | "dict_type":
            told = "a section of its own"
        case "literal_error" | "enum":
            told = str(bounds["expected"]).replace("'", "")
        case _:
            return found["msg"]
    return f"it takes {told}"


def _plain(bound: float) -> str:
    return str(bound).removesuffix(".0")


def _seconds(said: object) -> object:
    return seconds(said) if isinstance(said, str) else said


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelSettings(_Section):
    """`[model]`: which models answer, and what they may cost."""

    name: str | None = None  # PROVIDER/NAME for every question
    code: str | None = None  # another one for questions that ask for a program
    think: str | None = None  # another one for all others
    max_cost: float | None = Field(default=None, ge=0, allow_inf_nan=False)  # US dollars a run
    max_tokens: int | None = Field(default=None, ge=0)  # a run, in and out
    temperature: float | None = Field(default=None, ge=0, le=2)
    timeout: Annotated[float, BeforeValidator(_seconds)] = Field(default=600.0, gt=0)  # for one call with its retries: 90, "10m"
    share: Literal["names", "stats", "examples"] = "stats"  # of the data, with a model that is not on this machine


class ServerSettings(_Section):
    """`[servers.SHORT]`: an OpenAI-compatible server, to be named as SHORT/MODEL."""

    base_url: str
    key_variable: str | None = None  # the environment variable that holds the key; None: no key is needed
    api: Literal["chat", "responses"] = "chat"


class PriceSettings(_Section):
    """`[prices."PROVIDER/NAME"]`: US dollars for a million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached: float | None = Field(default=None, ge=0)  # read from the provider's cache; None: as input
    written: float | None = Field(default=None, ge=0)  # written into it; None: as input


class Settings(_Section):
    """What agentk.toml may hold."""

    model: ModelSettings = ModelSettings()
    servers: dict[str, ServerSettings] = Field(default_factory=dict)
    prices: dict[str, PriceSettings] = Field(default_factory=dict)


def load_settings(folder: Path | None = None) -> Settings:
    """The settings of the user's configuration folder, and over them those of `folder` (default: the working directory).

    Raises SettingError for a file that cannot be read, and for a name or value that does not fit, with the nearest name.
    """
    from platformdirs import user_config_path

    merged: dict[str, Any] = {}
    for path in (user_config_path("agentk", appauthor=False) / "agentk.toml", (folder or Path()) / "agentk.toml"):
        if path.is_file():
            said = _read(path)
            for section, entries in said.items():
                merged[section] = {**merged.get(section, {}), **entries} if isinstance(entries, dict) else entries
            settings = _checked(merged, path)
    return settings if merged else Settings()


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingError(f"{path} cannot be read: {error}") from None


def _checked(said: dict[str, Any], path: Path) -> Settings:
    try:
        return Settings.model_validate(said)
    except SettingError as error:
        raise SettingError(f"{path}: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "missing":  # the whole section is its input, whatever that holds
            raise SettingError(f"{path}: {where} is missing") from None
        if first["type"] != "extra_forbidden":
            raise SettingError(f"{path}: {where} = {first['input']!r}: {wanted(first)}") from None
        known = _fields(first["loc"])
        near = get_close_matches(str(first["loc"][-1]), known, 1, cutoff=0.4)
        meant = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
        raise SettingError(f"{path}: there is no setting {where}{meant}") from None


def _fields(place: tuple[int | str, ...]) -> list[str]:
    """The names that are known where `place` ends."""
    sections: dict[str, type[BaseModel]] = {"model": ModelSettings, "servers": ServerSettings, "prices": PriceSettings}
    return list((sections[str(place[0])] if len(place) > 1 else Settings).model_fields)
