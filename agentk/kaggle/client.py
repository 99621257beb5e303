"""The client: what agentk asks of kaggle.com, through Kaggle's own bindings (kagglesdk); the only file that imports them.

Every failure ends as a KaggleError (the person can mend it) or a ServiceError (Kaggle or the way to it fails), in plain words.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agentk.errors import KaggleError, ServiceError
from agentk.kaggle.address import SITE, TOKENS, page
from agentk.kaggle.credentials import HOW, Credentials, find_credentials

PATIENCE = 5
"""Tries of a call that fails for reasons of Kaggle's own."""
LONGEST_WAIT = 60.0  # seconds that one wait between two tries takes at most
CONNECT, SILENCE = 20.0, 60.0
"""Seconds for a connection, and between two pieces of an answer."""
MOST_FILES = 1000  # of a listing that are asked for
_AGAIN = (429, 500, 502, 503, 504)
_INSTALL = 'Kaggle\'s client is not installed: pip install "agentk[kaggle]"'

Notice = Callable[[str], None]


@dataclass(frozen=True)
class Facts:
    """A competition as Kaggle lists it."""

    slug: str
    title: str
    metric: str = ""  # as Kaggle names it
    deadline: str = ""  # ISO 8601, UTC
    code_only: bool = False  # submissions are made by notebooks
    joined: bool = False
    teams: int = 0


@dataclass(frozen=True)
class RemoteFile:
    """A data file: bytes as Kaggle counts them, and when it was made."""

    name: str
    bytes: int
    created: str


@dataclass(frozen=True)
class Page:
    """A page of the competition, HTML or Markdown as `kind` (a MIME type) says."""

    name: str
    content: str
    kind: str


@dataclass(frozen=True)
class Limits:
    """Submissions of the team: sent today, ever, and allowed for the rest of the day (UTC)."""

    today: int
    total: int
    left: int
    for_good: bool  # the competition's total is what limits


@dataclass(frozen=True)
class Sent:
    """A submission at Kaggle; status is pending, complete or error."""

    ref: int
    status: str
    message: str
    score: float | None
    reason: str
    date: str


class Kaggle:
    """A connection in the name of the person. To be used as a context manager.

    Raises KaggleError where the client is not installed or no credentials are found.
    """

    def __init__(self, notice: Notice = lambda _text: None) -> None:
        self._notice = notice
        self.credentials = find_credentials() or _no_credentials()
        self._sdk = _open(self.credentials)

    def __enter__(self) -> Self:
        self._sdk.__enter__()
        self.session = self._sdk.http_client()._session  # they offer no other way to it
        send = self.session.send

        def timed(request: Any, **options: Any) -> Any:
            """The bindings wait for ever; this does not."""
            options.setdefault("timeout", (CONNECT, SILENCE))
            return send(request, **options)

        self.session.send = timed
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._sdk.__exit__(kind, error, trace)

    @property
    def _api(self) -> Any:
        return self._sdk.competitions.competition_api_client

    def competition(self, slug: str) -> Facts:
        """What Kaggle says of it. Raises KaggleError with the nearest names where there is none of this name."""
        request = _request("ApiGetCompetitionRequest", competition_name=slug)
        with self._hinting(slug):
            found = self._call(lambda: self._api.get_competition(request), slug)
        return Facts(
            slug=slug,
            title=found.title or slug,
            metric=found.evaluation_metric or "",
            deadline=_iso(found.deadline),
            code_only=bool(found.is_kernels_submissions_only),
            joined=bool(found.user_has_entered),
            teams=int(found.team_count or 0),
        )

    def files(self, slug: str) -> tuple[RemoteFile, ...]:
        """Its data files, the first `MOST_FILES` of them."""
        found: list[RemoteFile] = []
        token = ""
        while len(found) < MOST_FILES:
            request = _request("ApiListDataFilesRequest", competition_name=slug, page_size=200, page_token=token)
            answer = self._call(lambda request=request: self._api.list_data_files(request), slug, rules=True)  # type: ignore[misc]
            found += [RemoteFile(file.name, int(file.total_bytes or 0), _iso(file.creation_date)) for file in answer.files]
            token = answer.next_page_token
            if not token:
                break
        return tuple(found)

    def pages(self, slug: str) -> tuple[Page, ...]:
        """Its published pages: description, evaluation, data-description, rules …"""
        request = _request("ApiListCompetitionPagesRequest", competition_name=slug)
        answer = self._call(lambda: self._api.list_competition_pages(request), slug)
        return tuple(Page(found.name, found.content, found.mime_type or "text/html") for found in answer.pages)

    def archive(self, slug: str) -> Any:
        """The answer, still to be read, that holds all data files as one archive; a `requests.Response`."""
        request = _request("ApiDownloadDataFilesRequest", competition_name=slug)
        return self._call(lambda: self._api.download_data_files(request), slug, rules=True)

    def leaderboard(self, slug: str) -> bytes:
        """The public leaderboard as a zip archive with one CSV file."""
        request = _request("ApiDownloadLeaderboardRequest", competition_name=slug)
        with self._hinting(slug):
            return bytes(self._call(lambda: self._api.download_leaderboard(request).content, slug))

    def limits(self, slug: str) -> Limits:
        """How many submissions are left."""
        request = _request("ApiGetSubmissionLimitsRequest", competition_name=slug)
        found = self._call(lambda: self._api.get_submission_limits(request), slug, rules=True)
        return Limits(found.num_today, found.num_total, found.num_allowed_now, found.limited_by_total)

    def submit(self, slug: str, file: Path, message: str) -> int:
        """Sends a file and returns Kaggle's number of the submission. It is counted from here on."""
        size = file.stat().st_size
        request = _request(
            "ApiStartSubmissionUploadRequest",
            competition_name=slug,
            file_name=file.name,
            content_length=size,
            last_modified_epoch_seconds=int(file.stat().st_mtime),
        )
        place = self._call(lambda: self._api.start_submission_upload(request), slug, rules=True)
        self._call(lambda: self._put(place.create_url, file), slug)
        sending = _request(
            "ApiCreateSubmissionRequest", competition_name=slug, blob_file_tokens=place.token, submission_description=message
        )
        # not sent twice: after a lost answer nobody knows whether the first was counted
        done = self._call(lambda: self._api.create_submission(sending), slug, rules=True, repeat=(429,))
        if not done.ref:
            raise KaggleError(f"Kaggle did not take {file.name}: {done.message or 'it gave no reason'}")
        return int(done.ref)

    def submission(self, ref: int) -> Sent:
        """How a submission stands."""
        request = _request("ApiGetSubmissionRequest", ref=ref)
        return _sent(self._call(lambda: self._api.get_submission(request), ""))

    def submissions(self, slug: str) -> tuple[Sent, ...]:
        """The team's latest submissions, newest first, 100 at most."""
        request = _request("ApiListSubmissionsRequest", competition_name=slug, page_size=100)
        answer = self._call(lambda: self._api.list_submissions(request), slug, rules=True)
        return tuple(_sent(found) for found in answer.submissions)

    def _put(self, address: str, file: Path) -> None:
        import requests

        with file.open("rb") as stream:
            requests.put(address, data=stream, timeout=(CONNECT, SILENCE)).raise_for_status()

    @contextmanager
    def _hinting(self, slug: str) -> Iterator[None]:
        """Adds the nearest names to what is raised where there is no competition of this one."""
        try:
            yield
        except _MissingError as missing:
            near: list[str] = []
            with suppress(KaggleError, ServiceError):
                request = _request("ApiListCompetitionsRequest", search=slug.replace("-", " "), page_size=5)
                answer = self._call(lambda: self._api.list_competitions(request), slug)
                near = [found.ref.rstrip("/").rpartition("/")[2] for found in answer.competitions]
            hint = f"Did you mean {' or '.join(near[:3])}?" if near else f"Search for it at {SITE}/competitions."
            raise KaggleError(f"{missing}. {hint}") from None

    def _call(self, call: Callable[[], Any], slug: str, *, rules: bool = False, repeat: tuple[int, ...] = _AGAIN) -> Any:
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
                if repeat != _AGAIN:
                    raise _unsure(_reason(error)) from None
                problem, wait = _reason(error), _wait(None, turn)
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
            return KaggleError(f"Kaggle does not accept the credentials from {self.credentials.source} (401{said}). {HOW}.")
        if code == 403 and rules:
            return KaggleError(
                f"Kaggle refuses (403{said}): most likely the rules of {slug} are not accepted yet. "
                f"Open {page(slug, 'rules')}, join the competition there, and try again. "
                f"If you have joined: the token may lack rights ({TOKENS})"
            )
        if code in (403, 404):
            return _MissingError(f"Kaggle knows no competition {slug!r}, or does not show it to this account ({code}{said})")
        return ServiceError(f"Kaggle answered {code}{said}: agentk asked for what it does not take; try again, or report this")


class _MissingError(KaggleError):
    """There is no such thing, or it is not shown to us."""


def _unsure(problem: str) -> ServiceError:
    return ServiceError(
        f"Kaggle failed while the submission was confirmed ({problem}): it may have been counted. "
        "`agentk submit` again looks first whether it was"
    )


def client_version() -> str | None:
    """Of Kaggle's bindings, None where they are not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("kagglesdk")
    except PackageNotFoundError:
        return None


def _no_credentials() -> Credentials:
    raise KaggleError(
        f"no Kaggle credentials were found. {HOW}. Without an account: `agentk run FOLDER` on data downloaded by hand"
    )


def _open(credentials: Credentials) -> Any:
    try:
        from kagglesdk import KaggleClient
        from kagglesdk.kaggle_creds import KaggleCredentials
    except ImportError:
        raise KaggleError(_INSTALL) from None
    if credentials.token or credentials.key:
        return KaggleClient(
            username=credentials.username, password=credentials.key, api_token=credentials.token, user_agent="agentk"
        )
    import requests

    client = KaggleClient(user_agent="agentk")
    try:
        login = KaggleCredentials.load(client, credentials.source)
        token = login.get_access_token() if login is not None else None
    except (requests.exceptions.RequestException, ValueError, KeyError) as error:
        raise KaggleError(f"the login in {credentials.source} could not be renewed ({_reason(error)}). {HOW}") from None
    if not token:
        raise KaggleError(f"{credentials.source} holds no login that can be used. {HOW}")
    return KaggleClient(api_token=token, user_agent="agentk")


def _request(kind: str, **fields: Any) -> Any:
    from kagglesdk.competitions.types import competition_api_service

    request = getattr(competition_api_service, kind)()
    for name, value in fields.items():
        setattr(request, name, value)
    return request


def _sent(found: Any) -> Sent:
    score = None
    with suppress(TypeError, ValueError):
        score = float(found.public_score)
    return Sent(
        ref=int(found.ref or 0),
        status=found.status.name.lower(),
        message=found.description or "",
        score=score,
        reason=found.error_description or "",
        date=_iso(found.date),
    )


def _iso(moment: datetime | None) -> str:
    if moment is None or moment.year < 2000:
        return ""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat(timespec="seconds")


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


def _reason(error: Exception) -> str:
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
