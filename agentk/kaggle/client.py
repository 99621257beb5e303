"""The client: what agentk asks of kaggle.com, through Kaggle's own bindings (kagglesdk); the only file that imports them.

Every failure ends as a KaggleError (the person can mend it) or a ServiceError (Kaggle or the way to it fails), in plain words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agentk.errors import KaggleError, ServiceError
from agentk.kaggle.address import SITE
from agentk.kaggle.calls import MissingError, Notice, Patient, reason_of
from agentk.kaggle.credentials import HOW, Credentials, find_credentials
from agentk.kaggle.protocol import Facts, Limits, Notebook, Page, RemoteFile, Sent

CONNECT, SILENCE = 20.0, 60.0
"""Seconds for a connection, and between two pieces of an answer."""
MOST_FILES = 1000  # of a listing that are asked for
_INSTALL = 'Kaggle\'s client is not installed: pip install "agentk[kaggle]"'


class Kaggle:
    """A connection in the name of the person. To be used as a context manager.

    Raises KaggleError where the client is not installed or no credentials are found.
    """

    def __init__(self, notice: Notice = lambda _text: None) -> None:
        self.credentials = find_credentials() or _no_credentials()
        self._sdk = _open(self.credentials)
        self._calls = Patient(self.credentials.source, notice)

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
            found = self._calls(lambda: self._api.get_competition(request), slug)
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
            answer = self._calls(lambda request=request: self._api.list_data_files(request), slug, rules=True)  # type: ignore[misc]
            found += [RemoteFile(file.name, int(file.total_bytes or 0), _iso(file.creation_date)) for file in answer.files]
            token = answer.next_page_token
            if not token:
                break
        return tuple(found)

    def pages(self, slug: str) -> tuple[Page, ...]:
        """Its published pages: description, evaluation, data-description, rules …"""
        request = _request("ApiListCompetitionPagesRequest", competition_name=slug)
        answer = self._calls(lambda: self._api.list_competition_pages(request), slug)
        return tuple(Page(found.name, found.content, found.mime_type or "text/html") for found in answer.pages)

    def archive(self, slug: str) -> Any:
        """The answer, still to be read, that holds all data files as one archive; a `requests.Response`."""
        request = _request("ApiDownloadDataFilesRequest", competition_name=slug)
        return self._calls(lambda: self._api.download_data_files(request), slug, rules=True)

    def leaderboard(self, slug: str) -> bytes:
        """The public leaderboard as a zip archive with one CSV file."""
        request = _request("ApiDownloadLeaderboardRequest", competition_name=slug)
        with self._hinting(slug):
            return bytes(self._calls(lambda: self._api.download_leaderboard(request).content, slug))

    def limits(self, slug: str) -> Limits:
        """How many submissions are left."""
        request = _request("ApiGetSubmissionLimitsRequest", competition_name=slug)
        found = self._calls(lambda: self._api.get_submission_limits(request), slug, rules=True)
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
        place = self._calls(lambda: self._api.start_submission_upload(request), slug, rules=True)
        self._calls(lambda: self._put(place.create_url, file), slug)
        sending = _request(
            "ApiCreateSubmissionRequest", competition_name=slug, blob_file_tokens=place.token, submission_description=message
        )
        # not sent twice: after a lost answer nobody knows whether the first was counted
        done = self._calls(lambda: self._api.create_submission(sending), slug, rules=True, repeat=(429,))
        if not done.ref:
            raise KaggleError(f"Kaggle did not take {file.name}: {done.message or 'it gave no reason'}")
        return int(done.ref)

    def submission(self, ref: int) -> Sent:
        """How a submission stands."""
        request = _request("ApiGetSubmissionRequest", ref=ref)
        return _sent(self._calls(lambda: self._api.get_submission(request), ""))

    def submissions(self, slug: str) -> tuple[Sent, ...]:
        """The team's latest submissions, newest first, 100 at most."""
        request = _request("ApiListSubmissionsRequest", competition_name=slug, page_size=100)
        answer = self._calls(lambda: self._api.list_submissions(request), slug, rules=True)
        return tuple(_sent(found) for found in answer.submissions)

    def push(self, notebook: Path, slug: str, title: str) -> Notebook:
        """Makes a private notebook of this title, without internet, with the competition's data, or a new version of it."""
        from kagglesdk.kernels.types.kernels_api_service import ApiSaveKernelRequest

        name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
        owner = self.username()
        request = ApiSaveKernelRequest()
        request.slug, request.new_title, request.text = f"{owner}/{name}", title, _pushable(notebook)
        request.language, request.kernel_type = "python", "notebook"
        request.is_private, request.enable_internet = True, False
        request.competition_data_sources = [slug]
        done = self._calls(lambda: self._sdk.kernels.kernels_api_client.save_kernel(request), slug, rules=True)
        if done.error or done.invalid_competition_sources:
            raise KaggleError(f"Kaggle did not take {notebook.name}: {done.error or 'it does not know the competition'}")
        return Notebook(owner, name, int(done.version_number), done.url)

    def notebook_ended(self, notebook: Notebook) -> bool:
        """Whether a pushed notebook has run to its end. Raises KaggleError where it failed there."""
        from kagglesdk.kernels.types.kernels_api_service import ApiGetKernelSessionStatusRequest

        request = ApiGetKernelSessionStatusRequest()
        request.user_name, request.kernel_slug = notebook.owner, notebook.slug
        found = self._calls(lambda: self._sdk.kernels.kernels_api_client.get_kernel_session_status(request), "")
        if found.status.name in ("ERROR", "CANCEL_REQUESTED", "CANCEL_ACKNOWLEDGED"):
            raise KaggleError(f"the notebook failed at Kaggle ({found.failure_message or 'no reason given'}): see {notebook.url}")
        return bool(found.status.name == "COMPLETE")

    def submit_notebook(self, slug: str, notebook: Notebook, output: str, message: str) -> int:
        """Submits the file `output` that a version of a notebook has written; returns Kaggle's number of the submission."""
        request = _request(
            "ApiCreateCodeSubmissionRequest",
            competition_name=slug,
            kernel_owner=notebook.owner,
            kernel_slug=notebook.slug,
            kernel_version=notebook.version,
            file_name=output,
            submission_description=message,
        )
        done = self._calls(lambda: self._api.create_code_submission(request), slug, rules=True, repeat=(429,))
        if not done.ref:
            raise KaggleError(f"Kaggle did not take the notebook: {done.message or 'it gave no reason'}")
        return int(done.ref)

    def username(self) -> str:
        """The account's name. Raises KaggleError where the token is not good any more."""
        if self.credentials.username:
            return self.credentials.username
        from kagglesdk.security.types.oauth_service import IntrospectTokenRequest

        request = IntrospectTokenRequest()
        request.token = self._sdk.api_token
        found = self._calls(lambda: self._sdk.security.oauth_client.introspect_token(request), "")
        if not (found.active and found.username):
            raise KaggleError(f"the token from {self.credentials.source} has expired. {HOW}")
        return str(found.username)

    def _put(self, address: str, file: Path) -> None:
        import requests

        with file.open("rb") as stream:
            answer = requests.put(address, data=stream, timeout=(CONNECT, SILENCE))
        if 400 <= answer.status_code < 500 and answer.status_code != 429:
            raise ServiceError(f"the storage that Kaggle named did not take {file.name} ({answer.status_code}): try again")
        answer.raise_for_status()

    @contextmanager
    def _hinting(self, slug: str) -> Iterator[None]:
        """Adds the nearest names to what is raised where there is no competition of this one."""
        try:
            yield
        except MissingError as missing:
            near: list[str] = []
            with suppress(KaggleError, ServiceError):
                request = _request("ApiListCompetitionsRequest", search=slug.replace("-", " "), page_size=5)
                answer = self._calls(lambda: self._api.list_competitions(request), slug)
                near = [found.ref.rstrip("/").rpartition("/")[2] for found in answer.competitions]
            hint = f"Did you mean {' or '.join(near[:3])}?" if near else f"Search for it at {SITE}/competitions."
            raise KaggleError(f"{missing}. {hint}") from None


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
        raise KaggleError(f"the login in {credentials.source} could not be renewed ({reason_of(error)}). {HOW}") from None
    if not token:
        raise KaggleError(f"{credentials.source} holds no login that can be used. {HOW}")
    return KaggleClient(api_token=token, user_agent="agentk")


def _request(kind: str, **fields: Any) -> Any:
    from kagglesdk.competitions.types import competition_api_service

    request = getattr(competition_api_service, kind)()
    for name, value in fields.items():
        setattr(request, name, value)
    return request


def _pushable(notebook: Path) -> str:
    """A notebook as Kaggle takes it: no outputs, each cell's source one text."""
    try:
        content = json.loads(notebook.read_text(encoding="utf-8"))
        cells = content["cells"]
        for cell in cells:
            cell["source"] = "".join(cell["source"])
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KaggleError(f"{notebook} is no Jupyter notebook that can be read ({type(error).__name__})") from None
    return json.dumps(content)


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
