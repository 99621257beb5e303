"""Who we are at kaggle.com: credentials from where Kaggle's own clients look for them. Their values are never shown."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from agentk.errors import KaggleError
from agentk.kaggle.address import TOKENS

HOW = (
    f"Open {TOKENS}, section API, and create a token; then either set the environment variable KAGGLE_API_TOKEN, or save it as "
    "~/.kaggle/access_token, or save the older kaggle.json as ~/.kaggle/kaggle.json (chmod 600)"
)


@dataclass(frozen=True)
class Credentials:
    """A token, or a username and its key; `source` says where they were found. Printing them shows the source alone."""

    source: str
    token: str | None = field(default=None, repr=False)
    username: str | None = None
    key: str | None = field(default=None, repr=False)


def find_credentials() -> Credentials | None:
    """The first that is there of: KAGGLE_API_TOKEN (a token, or a file that holds one), ~/.kaggle/access_token,
    KAGGLE_USERNAME with KAGGLE_KEY, kaggle.json, the browser login that `kaggle auth login` left.

    Raises KaggleError where something is there and cannot be used.
    """
    folder = Path.home() / ".kaggle"
    token = os.environ.get("KAGGLE_API_TOKEN", "").strip()
    if token:
        held = _content(Path(token)) if len(token) < 1000 and Path(token).is_file() else token
        if not held:
            raise KaggleError(f"KAGGLE_API_TOKEN names the file {token}, which is empty. {HOW}")
        return Credentials("the environment variable KAGGLE_API_TOKEN", token=held)
    for name in ("access_token", "access_token.txt"):
        if held := _content(folder / name):
            return Credentials(str(folder / name), token=held)
    username, key = os.environ.get("KAGGLE_USERNAME", "").strip(), os.environ.get("KAGGLE_KEY", "").strip()
    if username and key:
        return Credentials("the environment variables KAGGLE_USERNAME and KAGGLE_KEY", username=username, key=key)
    if username or key:
        there, missing = ("KAGGLE_USERNAME", "KAGGLE_KEY") if username else ("KAGGLE_KEY", "KAGGLE_USERNAME")
        raise KaggleError(f"{there} is set and {missing} is not: set both, or neither. {HOW}")
    for path in _key_files(folder):
        if path.is_file():
            return _from_json(path)
    login = folder / "credentials.json"
    return Credentials(str(login)) if login.is_file() else None


def _key_files(folder: Path) -> list[Path]:
    named = os.environ.get("KAGGLE_CONFIG_DIR")
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "kaggle"
    return [place / "kaggle.json" for place in ([Path(named)] if named else []) + [folder, settings]]


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip() if path.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise KaggleError(f"{path} holds no token that can be read: {type(error).__name__}. {HOW}") from None


def _from_json(path: Path) -> Credentials:
    try:
        held = json.loads(_content(path))
        username, key = held["username"], held["key"]
    except (ValueError, KeyError, TypeError):
        raise KaggleError(f'{path} is not of the form {{"username": …, "key": …}} that Kaggle writes. {HOW}') from None
    if not (isinstance(username, str) and isinstance(key, str) and username.strip() and key.strip()):
        raise KaggleError(f"{path} has an empty username or key. {HOW}")
    return Credentials(str(path), username=username.strip(), key=key.strip())
