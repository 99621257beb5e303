"""What a person sets: durations and sizes as they are typed, and the limits of a run."""

from __future__ import annotations

import re

from agentk.errors import SettingError

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
    if not parts or "".join(number + unit for number, unit in parts) != compact or total <= 0:
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
    if match is None:
        raise SettingError(f"{text!r} is not a size; write it like 500M or 5G")
    return int(float(match[1]) * 1024 ** " kmgt".index(match[2] or " "))
