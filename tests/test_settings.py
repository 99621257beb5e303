"""Durations and sizes are read as people type them, and refused with an example."""

from __future__ import annotations

import pytest

from agentk.errors import SettingError
from agentk.settings import duration, seconds, size


@pytest.mark.parametrize(
    ("text", "value"),
    [("90s", 90), ("10m", 600), ("1h30m", 5400), ("2.5h", 9000), ("600", 600), (" 1 h ", 3600), ("1d", 86400)],
)
def test_durations_are_read(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "soon", "10x", "0s", "-5m", "1m2", "m5"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingError, match="90s, 10m"):
        seconds(text)


@pytest.mark.parametrize(("value", "text"), [(41.6, "42s"), (190, "3m10s"), (3900, "1h05m"), (0, "0s")])
def test_durations_are_written_as_people_do(value: float, text: str) -> None:
    assert duration(value) == text


@pytest.mark.parametrize(("text", "value"), [("500M", 500 << 20), ("5G", 5 << 30), ("2GiB", 2 << 30), ("12", 12), ("1.5k", 1536)])
def test_sizes_are_read(text: str, value: int) -> None:
    assert size(text) == value


def test_what_is_no_size_is_refused() -> None:
    with pytest.raises(SettingError, match="5G"):
        size("big")
