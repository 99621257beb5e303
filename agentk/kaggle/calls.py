"""A call to Kaggle with patience: tried again while Kaggle is busy, its failures told in plain words."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from agentk.errors import KaggleError, ServiceError
from agentk.kaggle.address import SITE, TOKENS, page
from agentk.kaggle.credentials import HOW

PATIENCE = 5
"""Tries of a call that fails for reasons of Kaggle's own."""
LONGEST_WAIT = 60.0  # seconds that one wait between two tries takes at most
AGAIN = (429, 500, 502, 503, 504)

Notice = Callable[[str], None]


class Patient:
    """Makes calls in the name of the person whose credentials were found at `source`; `notice` tells of waits."""

    def __init__(self, source: str, notice: Notice) -> None:
        self._source, self._notice = source, notice

    def __call__(self, call: Callable[[], Any], slug: str, *, rules: bool = False, repeat: tuple[int, ...] = AGAIN) -> Any:
        """`call`, tried again while Kaggle is busy. rules: a refusal may mean that they were not accepted."""
        import requests

        for turn in range(1, PATIENCE + 1):
            try:
                return call()
            except requests.exceptions.HTTPError as error:
                code = error.response.status_code if error.response is not None else 0
                if code >= 500 and code not in repeat:
                    raise _unsure(f"it answered {code}{_said(error)}") from None
                if code not in repeat:
                    raise self._refused(error, code, slug, rules) from None
                problem, wait = f"it answered {code}{_said(error)}", _wait(error, turn)
            except (
                requests.exceptions.ConnectionError,
                requests.exceptions.Timeout,
                requests.exceptions.ChunkedEncodingError,
            ) as error:
                if repeat != AGAIN:
                    raise _unsure(reason_of(error)) from None
                problem, wait = reason_of(error), _wait(None, turn)
            except (requests.exceptions.RequestException, ValueError, KeyError, TypeError) as error:
                raise ServiceError(f"Kaggle's answer could not be read ({type(error).__name__}): try again later") from None
            if turn < PATIENCE:
                self._notice(f"Kaggle: {problem}; trying again in {wait:.0f} s ({turn} of {PATIENCE - 1})")
                time.sleep(wait)
        raise ServiceError(
            f"Kaggle cannot be used now: {problem}, {PATIENCE} times. Check the network (a proxy?) or {SITE}, "
            "and try again later; `agentk run FOLDER` works on data that is already here"
        )

    def _refused(self, error: Any, code: int, slug: str, rules: bool) -> Exception:
        said = _said(error)
        if code == 401:
            return KaggleError(f"Kaggle does not accept the credentials from {self._source} (401{said}). {HOW}.")
        if code == 403 and rules:
            return KaggleError(
                f"Kaggle refuses (403{said}): most likely the rules of {slug} are not accepted yet. "
                f"Open {page(slug, 'rules')}, join the competition there, and try again. "
                f"If you have joined: the token may lack rights ({TOKENS})"
            )
        if code in (403, 404):
            what = f"competition {slug!r}" if slug else "such submission or notebook"
            return MissingError(f"Kaggle knows no {what}, or does not show it to this account ({code}{said})")
        if code == 400 and said:
            return KaggleError(f"Kaggle refuses (400{said})")
        return ServiceError(f"Kaggle answered {code}{said}: agentk asked for what it does not take; try again, or report this")


class MissingError(KaggleError):
    """There is no such thing, or it is not shown to us."""


def _unsure(problem: str) -> ServiceError:
    return ServiceError(
        f"Kaggle failed while the submission was confirmed ({problem}): it may have been counted. "
        "`agentk submit` again looks first whether it was"
    )


def _said(error: Any) -> str:
    """What Kaggle's answer says of a failure, in at most 200 characters."""
    response = error.response
    text = ""
    if response is not None:
        with suppress(ValueError, AttributeError, OSError):
            held = json.loads(response.text)
            text = str(held.get("message") or held.get("error") or "") if isinstance(held, dict) else ""
    return f": {' '.join(text.split())[:200]}" if text.strip() else ""


def _wait(error: Any, turn: int) -> float:
    """Seconds until the next try: what Kaggle asks for, else twice as long each time."""
    asked = error.response.headers.get("Retry-After", "") if error is not None and error.response is not None else ""
    return min(LONGEST_WAIT, float(asked)) if asked.isdigit() else min(LONGEST_WAIT, 2.0 ** (turn - 1))


def reason_of(error: Exception) -> str:
    """In words what broke a connection; addresses and what they carry are left out."""
    import requests

    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not answer"
    if isinstance(error, requests.exceptions.SSLError):
        return "the certificate of the other side is not trusted"
    if isinstance(error, requests.exceptions.Timeout):
        return "it did not answer in time"
    if "resolve" in str(error).lower() or "getaddrinfo" in str(error).lower():
        return "its name was not found: is there a network?"
    return "the connection could not be made, or broke"
