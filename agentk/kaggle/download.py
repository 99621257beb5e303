"""Downloads that resume: in pieces, after a break from where it stopped, checked against what the server says of the whole."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agentk.errors import KaggleError, ServiceError, StoreError

PIECE = 1 << 16  # what a break costs at most
TRIES = 6
"""Breaks in a row without one byte in between that are borne."""
SPARE = 64 << 20  # bytes of the disk that are left free

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are there and those of the whole, None where it is not known."""


def download(ask: Callable[[], Any], session: Any, place: Path, progress: Progress) -> None:
    """Writes the file that `ask` (a fresh `requests.Response`, still to be read) opens to `place`.

    It grows as `place`.part, with what identifies the whole in `place`.json beside it: a later call goes on where an earlier
    one, or an earlier process, stopped, if the server still has the same. Raises ServiceError when the connection breaks
    `TRIES` times without progress or the whole differs from its checksum twice, StoreError when the disk has no room.
    """
    for turn in (1, 2):
        part = place.with_name(f"{place.name}.part")
        whole = _fetch(ask, session, part, place.with_name(f"{place.name}.json"), progress)
        if _checksum_fits(whole, part):
            part.replace(place)
            place.with_name(f"{place.name}.json").unlink(missing_ok=True)
            return
        part.unlink()
        if turn == 2:
            raise ServiceError(f"{place.name} arrived twice with another checksum than Kaggle gives: try again later")


def _fetch(ask: Callable[[], Any], session: Any, part: Path, notes: Path, progress: Progress) -> dict[str, Any]:
    """Fills `part`; what the server says of the whole."""
    import requests

    breaks = 0
    while True:
        held = part.stat().st_size if part.exists() else 0
        before = held
        try:
            response = ask()
            whole = _identity(response)
            if held and (not whole["ranges"] or _noted(notes) != whole):
                held = 0
            if held and held == whole["bytes"]:
                response.close()
                return whole
            if held:
                response, held = _rest(response, session, held, whole)
            _need_room(part, whole["bytes"], held)
            if not held:
                notes.write_text(json.dumps(whole))
            _pour(response, part, held, whole["bytes"], progress)
        except (requests.exceptions.ConnectionError, requests.exceptions.Timeout, requests.exceptions.ChunkedEncodingError):
            pass
        except OSError as error:
            if isinstance(error, requests.exceptions.RequestException):
                raise ServiceError(f"the download broke off ({type(error).__name__}): try again") from None
            raise StoreError(f"{part} cannot be written: {error.strerror}. Free space, or choose another --data") from error
        else:
            now = part.stat().st_size
            if whole["bytes"] is None or now == whole["bytes"]:
                return whole
        now = part.stat().st_size if part.exists() else 0
        breaks = 0 if now > before else breaks + 1
        if breaks >= TRIES:
            raise ServiceError(
                f"the download breaks off again and again after {now:,} bytes. They are kept: the same command goes on from there"
            )


def _identity(response: Any) -> dict[str, Any]:
    headers = response.headers
    length = headers.get("Content-Length", "")
    return {
        "bytes": int(length) if length.isdigit() and not headers.get("Content-Encoding") else None,
        "mark": headers.get("ETag") or headers.get("Last-Modified"),
        "ranges": headers.get("Accept-Ranges") == "bytes" and bool(headers.get("ETag") or headers.get("Last-Modified")),
        "hash": "" if headers.get("Content-Encoding") else headers.get("x-goog-hash", ""),
    }


def _noted(notes: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(notes.read_text()))
    except (OSError, ValueError):
        return None


def _rest(response: Any, session: Any, held: int, whole: dict[str, Any]) -> tuple[Any, int]:
    """The answer with what is missing, and the bytes it begins after: 0 where the server begins anew."""
    response.close()
    request = response.request.copy()
    request.headers["Range"] = f"bytes={held}-"
    request.headers["If-Range"] = whole["mark"]
    settings = session.merge_environment_settings(request.url, {}, True, None, None)
    rest = session.send(request, **settings)
    rest.raise_for_status()
    return rest, held if rest.status_code == 206 else 0


def _pour(response: Any, part: Path, held: int, total: int | None, progress: Progress) -> None:
    with part.open("r+b" if held else "wb") as file:
        file.seek(held)
        file.truncate()
        progress(held, total)
        for piece in response.iter_content(PIECE):
            file.write(piece)
            held += len(piece)
            progress(held, total)


def _need_room(part: Path, total: int | None, held: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if total is not None and free < total - held + SPARE:
        raise KaggleError(
            f"the download needs {(total - held) / 1e9:.1f} GB and {part.parent} has {free / 1e9:.1f} GB free: "
            "free space, or name a folder on another disk with --data DIR"
        )


def _checksum_fits(whole: dict[str, Any], path: Path) -> bool:
    """Whether the MD5 that Google's storage gives (x-goog-hash), where it gives one, is that of the file."""
    given: list[str] = [part.strip()[4:] for part in whole["hash"].split(",") if part.strip().startswith("md5=")]
    if not given:
        return True
    with path.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
    return given[0] == base64.b64encode(found.digest()).decode()
