"""The live page: for who knows its address, on this machine, and never older than the journal."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest

from agentk.errors import SettingError
from agentk.report.watch import watching
from agentk.testing.flowers import attempt

from .conftest import Written


def get(address: str, **headers: str) -> str:
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=10) as reply:
        return str(reply.read().decode())


def test_the_page_follows_the_journal_of_another_process(written: Callable[[], Written]) -> None:
    made = written().set_up()
    with watching(made.folder) as address:
        assert address.startswith("http://127.0.0.1:")
        before = json.loads(get(address + "state"))
        assert "No attempt has ended" in get(address)
        made.tried(attempt(1, 0.8125, chosen=True)).ended()
        after = json.loads(get(address + "state"))
        assert after["version"] > before["version"] and (before["ended"], after["ended"]) == (False, True)
        assert "0.81250" in get(address)


def test_without_the_address_or_from_another_site_there_is_nothing(written: Callable[[], Written]) -> None:
    with watching(written().folder) as address:
        others = [(address.rsplit("/", 2)[0] + "/", {}), (address + "../", {}), (address, {"Host": "evil.example:80"})]
        for wrong, headers in others:
            with pytest.raises(urllib.error.HTTPError, match="404"):
                get(wrong, **headers)


def test_a_port_that_is_taken_is_named(written: Callable[[], Written]) -> None:
    folder = written().folder
    with watching(folder) as address:
        taken = int(address.split(":")[2].split("/")[0])
        with pytest.raises(SettingError, match=f"--port {taken}"), watching(folder, taken):
            pass
