"""Durations and sizes are read as people type them, and refused with an example."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentk.errors import SettingError
from agentk.settings import Settings, duration, load_settings, seconds, size


@pytest.mark.parametrize(
    ("text", "value"),
    [("90s", 90), ("10m", 600), ("1h30m", 5400), ("2.5h", 9000), ("600", 600), (" 1 h ", 3600), ("1d", 86400)],
)
def test_durations_are_read(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "soon", "10x", "0s", "-5m", "1m2", "m5", "9" * 400 + "d"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingError, match="90s, 10m"):
        seconds(text)


@pytest.mark.parametrize(("value", "text"), [(41.6, "42s"), (190, "3m10s"), (3900, "1h05m"), (0, "0s")])
def test_durations_are_written_as_people_do(value: float, text: str) -> None:
    assert duration(value) == text


@pytest.mark.parametrize(("text", "value"), [("500M", 500 << 20), ("5G", 5 << 30), ("2GiB", 2 << 30), ("12", 12), ("1.5k", 1536)])
def test_sizes_are_read(text: str, value: int) -> None:
    assert size(text) == value


@pytest.mark.parametrize("text", ["big", "-1", "9" * 400])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="5G"):
        size(text)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's configuration folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "config" / "agentk"
    folder.mkdir(parents=True)
    return folder


def test_without_a_file_there_are_defaults(config: Path, tmp_path: Path) -> None:
    assert load_settings(tmp_path) == Settings()


def test_the_working_directory_wins_over_the_users_configuration(config: Path, tmp_path: Path) -> None:
    (config / "agentk.toml").write_text('[model]\nname = "ollama/a"\ntimeout = "10m"\n[prices."x/y"]\ninput = 1\noutput = 2\n')
    (tmp_path / "agentk.toml").write_text(
        '[model]\nname = "anthropic/b"\nmax_cost = 5\n[servers.lab]\nbase_url = "http://gpu:8000/v1"\n'
    )
    found = load_settings(tmp_path)
    assert (found.model.name, found.model.timeout, found.model.max_cost) == ("anthropic/b", 600.0, 5.0)
    assert found.prices["x/y"].output == 2
    assert found.servers["lab"].base_url == "http://gpu:8000/v1"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[model]\nmax_costs = 5", r"agentk\.toml: there is no setting model\.max_costs; did you mean max_cost\?"),
        ("[modle]\nname = 'a/b'", r"there is no setting modle; did you mean model\?"),
        ("[servers.lab]\nbase_url = 'http://x'\nkey = 'sk-123'", r"no setting servers\.lab\.key; did you mean key_variable\?"),
        ("[servers.lab]", r"servers\.lab\.base_url is missing"),
        ("[prices.'x/y']\ninput = -1\noutput = 2", r"prices\.x/y\.input = -1: it takes 0 or more"),
        ("[model]\ntimeout = 'soon'", "'soon' is not a duration"),
        ("model = 3", "model = 3: it takes a section of its own"),
        ("[model", "cannot be read"),
    ],
)
def test_what_does_not_fit_is_named(config: Path, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "agentk.toml").write_text(text)
    with pytest.raises(SettingError, match=says):
        load_settings(tmp_path)


def test_a_key_in_a_file_is_refused_without_being_repeated(config: Path, tmp_path: Path) -> None:
    (tmp_path / "agentk.toml").write_text('[servers.lab]\nkey = "sk-verysecret"\n')
    with pytest.raises(SettingError) as caught:
        load_settings(tmp_path)
    assert "verysecret" not in str(caught.value)
