"""Credentials: found where Kaggle's own clients look, in their order, and never shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from agentk.errors import KaggleError
from agentk.kaggle.credentials import find_credentials

SECRET = "0123456789abcdef"


@pytest.fixture(autouse=True)
def _none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_CONFIG_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


KEYS = json.dumps({"username": "me", "key": SECRET})


def test_without_any_there_are_none() -> None:
    assert find_credentials() is None


def test_each_place_is_found_and_the_earlier_wins(_own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def source() -> str:
        found = find_credentials()
        assert found is not None and SECRET in (found.token, found.key)
        return found.source

    written(_own_home / ".config" / "kaggle" / "kaggle.json", KEYS)
    assert source().endswith(".config/kaggle/kaggle.json")
    written(_own_home / ".kaggle" / "kaggle.json", KEYS)
    assert source().endswith(".kaggle/kaggle.json")
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(written(tmp_path / "kaggle.json", KEYS).parent))
    assert source() == str(tmp_path / "kaggle.json")
    monkeypatch.setenv("KAGGLE_USERNAME", "me")
    monkeypatch.setenv("KAGGLE_KEY", SECRET)
    assert "KAGGLE_KEY" in source()
    written(_own_home / ".kaggle" / "access_token", SECRET + "\n")
    assert source().endswith("access_token")
    monkeypatch.setenv("KAGGLE_API_TOKEN", SECRET)
    assert "KAGGLE_API_TOKEN" in source()


def test_the_token_variable_may_name_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", str(written(tmp_path / "token", SECRET)))
    found = find_credentials()
    assert found is not None and found.token == SECRET


def test_printing_them_shows_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", SECRET)
    assert SECRET not in repr(find_credentials()) + str(find_credentials())


def test_half_of_a_pair_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGGLE_KEY", SECRET)
    with pytest.raises(KaggleError, match=r"KAGGLE_KEY is set and KAGGLE_USERNAME is not") as refused:
        find_credentials()
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"username": "me"}', f'{{"key": "{SECRET}"}}', f'{{"username": "", "key": "{SECRET}"}}']
)
def test_a_broken_kaggle_json_is_named_and_its_content_is_not(_own_home: Path, text: str) -> None:
    path = written(_own_home / ".kaggle" / "kaggle.json", text)
    with pytest.raises(KaggleError, match=re.escape(str(path))) as refused:
        find_credentials()
    assert SECRET not in str(refused.value) and "kaggle.com/settings" in str(refused.value)
