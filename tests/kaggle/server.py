"""Kaggle on this machine: the endpoints that Kaggle's own client calls, with the misbehavior that a test asks for.

The client is not changed: KAGGLE_API_ENVIRONMENT=TEST makes it speak to http://localhost:7777, and HTTP_PROXY leads that to
this server, which any process that a test starts inherits.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import threading
import time
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

FOR_MEMBERS = ("ListDataFiles", "DownloadDataFiles", "GetSubmissionLimits", "StartSubmissionUpload")
TOKEN = "KGAT_the_value_nobody_may_print"


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@dataclass
class World:
    """What the pretended kaggle.com holds, and how it behaves. Tests write here; `calls` and `received` say what came in."""

    slug: str = "penguins"
    title: str = "Penguins of the South"
    metric: str = "Categorization Accuracy"
    files: dict[str, bytes] = field(default_factory=dict)
    archive: bytes | None = None  # None: `files`, zipped
    pages: list[dict[str, Any]] = field(default_factory=list)
    board: str = "Rank,TeamId,TeamName,LastSubmissionDate,Score\n1,7,ours,2026-01-01,0.91\n2,8,theirs,2026-01-01,0.80\n"
    joined: bool = True
    code_only: bool = False
    left: int = 5
    for_good: bool = False
    scores: list[str] = field(default_factory=lambda: ["0.81234"])  # of submissions, in order; "" ends in an error
    pending: int = 1  # polls until a score is there
    answers: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)  # method: what it answers first
    checksum: str | None = None  # None: the right one
    etag: str = '"one"'
    break_after: list[int] = field(default_factory=list)  # bytes after which a download's connection is cut, one each time
    piece_delay: float = 0.0
    calls: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    pushed: list[dict[str, Any]] = field(default_factory=list)
    submitted_versions: list[str] = field(default_factory=list)
    notebook: str = "COMPLETE"  # how its execution at Kaggle ends
    polls: int = 0

    def whole(self) -> bytes:
        return self.archive if self.archive is not None else zipped(self.files)


class Server:
    """Runs while the context is open; `environment` is what a process needs to take it for kaggle.com."""

    def __init__(self, world: World) -> None:
        self.world = world

        class Handler(_Handler):
            pass

        Handler.world = world

        class Http(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None: ...  # a client that went away

        self._http = Http(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._http.server_port}"
        self.environment = {
            "KAGGLE_API_ENVIRONMENT": "TEST",
            "HTTP_PROXY": self.address,
            "http_proxy": self.address,
            "NO_PROXY": "",
            "no_proxy": "",
            "KAGGLE_API_TOKEN": TOKEN,
        }

    def __enter__(self) -> Server:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    world: World
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def log_message(self, format: str, *arguments: Any) -> None: ...

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        method = urlsplit(self.path).path.removeprefix("/api/v1/").partition("/")[2]
        self.world.calls.append(method)
        refusal = self._refusal(method, asked := json.loads(body or b"{}"))
        if refusal is not None:
            code, headers = refusal
            self._json({"code": code, "message": headers.pop("message", "as the test says")}, code, headers)
        else:
            getattr(self, "answer_" + re.sub(r"(?<!^)([A-Z])", r"_\1", method).lower())(asked)

    def _refusal(self, method: str, asked: dict[str, Any]) -> tuple[int, dict[str, str]] | None:
        key = base64.b64encode(f"somebody:{TOKEN}".encode()).decode()
        if method != "GenerateAccessToken" and self.headers.get("Authorization") not in (f"Bearer {TOKEN}", f"Basic {key}"):
            return 401, {"message": "Unauthenticated"}
        if self.world.answers.get(method):
            return self.world.answers[method].pop(0)
        if asked.get("competitionName", self.world.slug) != self.world.slug:
            return 404, {"message": "Not found"}
        if not self.world.joined and method in FOR_MEMBERS:
            return 403, {"message": "You must accept this competition's rules"}
        return None

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        page = self.world.files.get(path.removeprefix("/page/"))
        if path.startswith("/storage/"):
            self._download()
        elif page is not None:
            self._send(200, page, {"Content-Type": "text/html; charset=utf-8"})
        else:
            self._json({"message": "nothing here"}, 404)

    def do_PUT(self) -> None:
        self.world.calls.append("PUT")
        self.world.received.append(self.rfile.read(int(self.headers["Content-Length"])))
        code, headers = self.world.answers["PUT"].pop(0) if self.world.answers.get("PUT") else (200, {})
        self._json({}, code, headers)

    def answer_get_competition(self, asked: dict[str, Any]) -> None:
        world = self.world
        self._json(
            {
                "ref": f"https://www.kaggle.com/competitions/{world.slug}",
                "title": world.title,
                "evaluationMetric": world.metric,
                "isKernelsSubmissionsOnly": world.code_only,
                "userHasEntered": world.joined,
                "teamCount": 2,
                "deadline": "2030-01-01T00:00:00Z",
            }
        )

    def answer_list_competitions(self, asked: dict[str, Any]) -> None:
        self._json(
            {"competitions": [{"ref": f"https://www.kaggle.com/competitions/{self.world.slug}", "title": self.world.title}]}
        )

    def answer_list_data_files(self, asked: dict[str, Any]) -> None:
        files = [
            {"name": name, "totalBytes": len(content), "creationDate": "2026-01-01T00:00:00Z"}
            for name, content in self.world.files.items()
        ]
        self._json({"files": files})

    def answer_list_competition_pages(self, asked: dict[str, Any]) -> None:
        self._json({"pages": self.world.pages})

    def answer_download_data_files(self, asked: dict[str, Any]) -> None:
        self._send(302, b"", {"Location": f"http://{self._host()}/storage/{self.world.slug}.zip?signature=x"})

    def answer_download_leaderboard(self, asked: dict[str, Any]) -> None:
        self._send(200, zipped({"board.csv": self.world.board.encode()}), {"Content-Type": "application/zip"})

    def answer_get_submission_limits(self, asked: dict[str, Any]) -> None:
        sent = len(self.world.sent)
        self._json({"numToday": sent, "numTotal": sent, "numAllowedNow": self.world.left, "limitedByTotal": self.world.for_good})

    def answer_start_submission_upload(self, asked: dict[str, Any]) -> None:
        self._json({"token": "blob", "createUrl": f"http://{self._host()}/upload"})

    def answer_create_submission(self, asked: dict[str, Any]) -> None:
        ref = 1001 + len(self.world.sent)
        self.world.sent.append({"ref": ref, "description": asked["submissionDescription"], "date": "2026-01-02T00:00:00Z"})
        self.world.left -= 1
        self._json({"message": "Successfully submitted", "ref": ref})

    def answer_get_submission(self, asked: dict[str, Any]) -> None:
        self.world.polls += 1
        self._json(self._submission(int(asked["ref"]) - 1001))

    def answer_list_submissions(self, asked: dict[str, Any]) -> None:
        self._json({"submissions": [self._submission(at) for at in reversed(range(len(self.world.sent)))]})

    def answer_save_kernel(self, asked: dict[str, Any]) -> None:
        self.world.pushed.append(asked)
        self._json({"ref": asked["slug"], "url": f"https://www.kaggle.com/code/{asked['slug']}", "versionNumber": 1})

    def answer_get_kernel_session_status(self, asked: dict[str, Any]) -> None:
        self.world.polls += 1
        status = "RUNNING" if self.world.polls <= self.world.pending else self.world.notebook
        self._json({"status": status, "failureMessage": "as the test says"})

    def answer_create_code_submission(self, asked: dict[str, Any]) -> None:
        self.world.submitted_versions.append(
            f"{asked['kernelOwner']}/{asked['kernelSlug']}/{asked['kernelVersion']}/{asked['fileName']}"
        )
        self.answer_create_submission(asked)

    def answer_introspect_token(self, asked: dict[str, Any]) -> None:
        self._json({"active": asked["token"] == TOKEN, "username": "somebody"})

    def answer_generate_access_token(self, asked: dict[str, Any]) -> None:
        good = asked.get("refreshToken") == "refresh-me"
        self._json({"token": TOKEN if good else "", "expiresIn": 3600})

    def _submission(self, at: int) -> dict[str, Any]:
        if self.world.polls <= self.world.pending:
            return self.world.sent[at] | {"status": "PENDING"}
        score = self.world.scores[min(at, len(self.world.scores) - 1)]
        if not score:
            return self.world.sent[at] | {"status": "ERROR", "errorDescription": "Submission must have 3 rows"}
        return self.world.sent[at] | {"status": "COMPLETE", "publicScore": score}

    def _download(self) -> None:
        whole = self.world.whole()
        asked = self.headers.get("Range", "")
        begin = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if asked:
            self.world.ranges.append(asked)
        if asked and self.headers.get("If-Range") != self.world.etag:
            begin = 0
        right = base64.b64encode(hashlib.md5(whole).digest()).decode()
        self.send_response(206 if begin else 200)
        headers = {
            "Content-Length": str(len(whole) - begin),
            "Content-Type": "application/zip",
            "Accept-Ranges": "bytes",
            "ETag": self.world.etag,
            "x-goog-hash": f"crc32c=AAAAAA==,md5={self.world.checksum or right}",
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        rest = whole[begin:]
        if self.world.break_after:
            rest = rest[: self.world.break_after.pop(0)]
            self.close_connection = True
        for at in range(0, len(rest), 4096):
            try:
                self.wfile.write(rest[at : at + 4096])
                self.wfile.flush()
            except OSError:
                return
            time.sleep(self.world.piece_delay)

    def _host(self) -> str:
        return "localhost:7777"  # led here by the proxy settings, as the first call was

    def _json(self, content: dict[str, Any], code: int = 200, headers: dict[str, str] | None = None) -> None:
        self._send(code, json.dumps(content).encode(), {"Content-Type": "application/json"} | (headers or {}))

    def _send(self, code: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
