"""One try over the wire: its deadline, what a finished reply has to have, and vendors' errors turned into agentk's."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from socket import SHUT_RDWR
from typing import Literal, Protocol

from pydantic import JsonValue
from pydantic_core import from_json

from agentk.errors import AccessError, AgentKError, ModelError, TransientError
from agentk.llms.protocol import Reply, Usage

_PASSING = {408, 409, 425, 429}
_PASSING_KINDS = {
    "overloaded_error", "api_error", "rate_limit_error", "timeout_error", "server_error", "rate_limit_exceeded",
    "internal_server_error",
}  # fmt: skip
_QUOTA_KINDS = {"insufficient_quota", "billing_error", "billing_hard_limit_reached", "credit_balance_too_low"}
_QUOTA_WORDS = re.compile(r"credit balance|insufficient (balance|credit|quota|funds)|exceeded your current quota", re.IGNORECASE)
_KEYS = re.compile(r"\b(sk|gsk|xai|key|pk|AIza)[-_][\w*.-]{6,}")
UNREADABLE = (ValueError, TypeError, AttributeError, KeyError, IndexError)  # what reading a malformed answer raises
Ended = Literal["stop", "length", "refusal"]


class _Closable(Protocol):
    def close(self) -> None: ...


class FailedError(Exception):
    """A vendor's word inside a stream that the reply failed."""

    def __init__(self, code: object, message: object) -> None:
        super().__init__(str(message))
        self.body = {"code": code, "message": message}


class Exchange:
    """Watches one try of at most `timeout` seconds. `key` never appears in a message; `mend` says where a key comes from."""

    def __init__(self, name: str, timeout: float, *, key: str = "", mend: str = "") -> None:
        self._name = name
        self._timeout = timeout
        self._end = time.monotonic() + timeout
        self._key = key
        self._mend = mend
        self._began = False
        self._late = False

    @contextmanager
    def reading(self, stream: _Closable) -> Iterator[None]:
        """While a streamed reply is read: at the deadline the connection is closed, even if something still drips in."""
        self._began = True
        timer = threading.Timer(max(0.0, self._end - time.monotonic()), self._expire, [stream])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            stream.close()
        if self._late:  # closed in the middle, and read as if it were the end
            raise self._timed_out()

    def finished(self, text: str, ended: Ended | None, usage: Usage, model: str, *, structured: bool) -> Reply:
        """The reply, once the stream is over. Raises TransientError for one without an end, and for one without content."""
        if self._late:
            raise self._timed_out()
        if ended is None:
            raise TransientError(f"{self._name}: the connection ended in the middle of the reply", billed=True)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # halves that came in two pieces become one
        if not text.strip() and ended == "stop":
            raise TransientError(f"{self._name}: the reply was empty", billed=True)
        return Reply(text=text, data=_data(text) if structured else None, ended=ended, usage=usage, model=model)

    def translated(self, error: Exception) -> AgentKError:
        """What a vendor's exception means here."""
        status, kinds, text = _status(error), _kinds(error), self._clean(_message(error))
        if self._late or (status is None and "Timeout" in type(error).__name__):
            return self._timed_out()
        if status == 402 or kinds & _QUOTA_KINDS or _QUOTA_WORDS.search(text):
            return AccessError(f"{self._name}: the account's quota is used up: {text}. Top it up, or choose another --model")
        if status in (401, 403) or kinds & {"authentication_error", "permission_error", "invalid_api_key"}:
            return AccessError(f"{self._name}: the server lets this key not in ({status}): {text}. {self._mend}".rstrip())
        if status == 404:
            return AccessError(f"{self._name}: the server knows no such model or address: {text}. Check the name and --base-url")
        if status is None and not kinds and isinstance(error, UNREADABLE):
            return TransientError(f"{self._name}: what came cannot be read: {text}", billed=True)
        passing = status is None or status in _PASSING or status >= 500 or bool(kinds & _PASSING_KINDS) or self._began
        if passing:
            refused = status is not None and not self._began  # an error instead of a reply is not charged for
            unreached = "Connect" in type(error.__cause__ or error).__name__
            return TransientError(
                f"{self._name}: {f'{status}, ' if status else ''}{text}", after=_after(error), billed=not (refused or unreached)
            )
        return ModelError(f"{self._name}: the server refuses the request ({status}): {text}")

    def _expire(self, stream: _Closable) -> None:
        self._late = True
        with suppress(AttributeError, KeyError, OSError):  # a reader that is waiting wakes up only when the socket is shut down
            socket = stream.response.extensions["network_stream"].get_extra_info("socket")  # type: ignore[attr-defined]
            socket.shutdown(SHUT_RDWR)
        stream.close()

    def _timed_out(self) -> TransientError:
        return TransientError(f"{self._name}: no complete reply within {self._timeout:.0f} s", billed=True)

    def _clean(self, text: str) -> str:
        text = text.replace(self._key, "[key]") if len(self._key) > 3 else text
        text = " ".join(_KEYS.sub("[key]", text).split())
        return text if len(text) <= 300 else text[:300] + " …"


def _data(text: str) -> JsonValue:
    try:
        data: JsonValue = from_json(text)
    except ValueError:
        return None
    return data


def _status(error: Exception) -> int | None:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) and status != 200 else None


def _body(error: Exception) -> Mapping[str, object]:
    body = getattr(error, "body", None)
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body = body["error"]
    return body if isinstance(body, dict) else {}


def _kinds(error: Exception) -> set[str]:
    body = _body(error)
    return {str(value) for value in (body.get("type"), body.get("code")) if value}


def _message(error: Exception) -> str:
    said = _body(error).get("message")
    cause = f" ({error.__cause__})" if error.__cause__ and str(error.__cause__) else ""
    return str(said or f"{error}{cause}" or type(error).__name__)


def _after(error: Exception) -> float | None:
    """Seconds that the server asks to wait: Retry-After in seconds or as a date, or in milliseconds."""
    headers = getattr(getattr(error, "response", None), "headers", None)
    if headers is None:
        return None
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers.get(name, "")) * unit)
        except ValueError:
            continue
    try:
        wanted = parsedate_to_datetime(headers.get("retry-after", ""))
    except (TypeError, ValueError):
        return None
    return max(0.0, (wanted.astimezone(UTC) - datetime.now(UTC)).total_seconds())
