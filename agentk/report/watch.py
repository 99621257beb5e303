"""The live page: a run's report, served to this machine alone, following the run while another process works on it."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from agentk.agent.insight.evidence import Evidence, evidence_of
from agentk.errors import AgentKError, SettingError
from agentk.graph.folder import RunFolder
from agentk.graph.journal import read
from agentk.graph.ledger import Ledger
from agentk.report.page import render

HOST = "127.0.0.1"


class LivePage:
    """The page of a run, made anew only when its journal has grown. Safe to ask from several threads."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._made: tuple[int, str] | None = None
        self._evidence: Evidence | None = None

    def version(self) -> int:
        """Grows with the journal."""
        return self._folder.journal.stat().st_size if self._folder.journal.exists() else 0

    def ended(self) -> bool:
        """Whether the run has come to an end."""
        return Ledger.of(read(self._folder.journal), "maximize").ended is not None

    def page(self) -> str:
        """The whole page as it is now."""
        with self._lock:
            version = self.version()
            if self._made is None or self._made[0] != version:
                self._made = version, render(self._folder, evidence=self._rows(), live=True)
            return self._made[1]

    def _rows(self) -> Evidence | None:
        """The rows are read once, as soon as setup has ended."""
        if self._evidence is None:
            try:
                self._evidence = evidence_of(self._folder)
            except AgentKError:  # not yet, or no longer: the page says so itself
                return None
        return self._evidence


@contextmanager
def watching(folder: RunFolder, port: int = 0) -> Iterator[str]:
    """Serves the live page until left; gives its address. Only who knows the address, on this machine, gets an answer.

    Raises SettingError when the port is taken.
    """
    page, token = LivePage(folder), secrets.token_urlsafe(16)
    try:
        server = ThreadingHTTPServer((HOST, port), _handler(page, token))
    except OSError as error:
        raise SettingError(f"--port {port}: {error.strerror}; choose another, or leave it out") from None
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_address[1]}/{token}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(page: LivePage, token: str) -> type[BaseHTTPRequestHandler]:
    """Answers GET of the page and of its state. The name it is asked under must be this machine's: no other site can reach it."""

    class Handler(BaseHTTPRequestHandler):
        server_version, sys_version = "agentk", ""

        def do_GET(self) -> None:
            host = (self.headers.get("Host") or "").rpartition(":")[0]
            place = self.path.partition("?")[0]
            known = any(secrets.compare_digest(place.encode(), f"/{token}/{name}".encode()) for name in ("", "state"))
            if host not in (HOST, "localhost") or not known:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            try:
                if place.endswith("state"):
                    self._answer(json.dumps({"version": page.version(), "ended": page.ended()}), "application/json")
                else:
                    self._answer(page.page(), "text/html; charset=utf-8")
            except AgentKError as error:
                self.send_error(HTTPStatus.SERVICE_UNAVAILABLE, explain=str(error))

        def _answer(self, text: str, kind: str) -> None:
            body = text.encode()
            self.send_response(HTTPStatus.OK)
            for name, value in (
                ("Content-Type", kind),
                ("Content-Length", str(len(body))),
                ("Cache-Control", "no-store"),
                ("Referrer-Policy", "no-referrer"),
                ("X-Content-Type-Options", "nosniff"),
                ("X-Frame-Options", "DENY"),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Requests go unmentioned."""

    return Handler
