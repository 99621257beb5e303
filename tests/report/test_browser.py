"""The report in a real browser: no complaint on the console, an attempt on a click, nothing wider than a phone."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agentk.graph.folder import RunFolder
from agentk.report.page import write_report
from agentk.testing.flowers import attempt

from .conftest import Written
from .test_page import HOSTILE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")]


def opened(page: Path, place: Path, fragment: str = "") -> str:
    """The page's document after its script has run; fails on anything the console complains of."""
    assert CHROMIUM is not None
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000", "--enable-logging=stderr"]
    command += [f"--user-data-dir={place / 'browser'}", "--dump-dom", f"{page.as_uri()}{fragment}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not complaints, complaints
    return done.stdout


def test_a_real_run_shows_the_program_of_an_attempt(finished: RunFolder, tmp_path: Path) -> None:
    document = opened(write_report(finished), tmp_path, "#attempt-1")
    assert '<div class="tabs" role="tablist"><button' in document and '<span class="kw">def</span>' in document


def test_an_ensemble_leads_to_its_members(written: Callable[[], Written], tmp_path: Path) -> None:
    ensemble = attempt(3, 0.9, kind="blend", name="blend", chosen=True, weights={1: 0.25, 2: 0.75})
    document = opened(write_report(written().set_up().tried(attempt(1, 0.7), attempt(2, 0.8), ensemble).folder), tmp_path)
    assert 'data-tab="members"' in document and "<td>0.750</td><td>draft linear</td><td>0.8" in document


def test_an_attempt_can_be_linked_to_with_its_change(long: Written, tmp_path: Path) -> None:
    child = next(number for number in range(6, 500) if (one := long.folder.read_attempt(number)) and one.parent)
    document = opened(write_report(long.folder), tmp_path, f"#attempt-{child}")
    assert f"#{child} improve" in document and "diff to parent" in document


def test_what_a_program_wrote_is_not_executed(written: Callable[[], Written], tmp_path: Path) -> None:
    script = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
    one = attempt(1, 0.9, chosen=True, name=script, idea=script, verdict=HOSTILE)
    document = opened(write_report(written().set_up().tried(one, log=script, source=script).folder), tmp_path)
    assert "<title>flowers · agentk</title>" in document


def test_an_empty_run_is_quiet(written: Callable[[], Written], tmp_path: Path) -> None:
    assert "Nothing has been scored" in opened(write_report(written().folder), tmp_path)


def test_an_ensemble_shows_the_programs_of_its_members_each_once(written: Callable[[], Written], tmp_path: Path) -> None:
    """Attempt 2 is attempt 1 with another seed."""
    ensemble = attempt(4, 0.9, kind="blend", name="blend of 3", chosen=True, weights={1: 0.25, 2: 0.25, 3: 0.5})
    made = written().set_up().tried(attempt(1, 0.7), attempt(2, 0.8, kind="bag"), source="def fit_predict(): ...\n")
    document = opened(write_report(made.tried(attempt(3, 0.8), ensemble).folder), tmp_path)
    assert 'data-tab="#1 linear"' in document and 'data-tab="#3 linear"' in document and 'data-tab="#2' not in document


def test_where_nothing_was_scored_the_last_log_is_open(written: Callable[[], Written], tmp_path: Path) -> None:
    document = opened(write_report(written().set_up().tried(attempt(1, None), log="ValueError: boom").folder), tmp_path)
    assert "<pre>ValueError: boom</pre>" in document and 'data-tab="log" aria-selected="true"' in document
