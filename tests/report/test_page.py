"""The report: one file, whatever became of the run; what programs and data say stays text."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agentk.graph.folder import RunFolder
from agentk.report.page import render, report_at_end, write_report
from agentk.testing.flowers import attempt
from agentk.types.outcome import Outcome, Status

from .conftest import Written

Write = Callable[[], Written]
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)><!--"


def data(page: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return dict(json.loads(found[1]))


def test_the_verdict_comes_first_and_the_page_needs_nothing_else(finished: RunFolder) -> None:
    page = write_report(finished).read_text()
    order = [page.index(f'id="{part}"') for part in ("verdict", "contract", "tree", "ideas", "rows", "cost", "environment")]
    assert order == sorted(order)
    best = max(float(one) for one in re.findall(r'data-score="([\d.]+)"', page))
    assert f'<p class="score">{best:#.5g}' in page
    assert "expected on new rows" in page and "on the test rows" in page and "plain model" in page
    assert not re.search(r'(src|href)="(https?:)?//', page) and "@import" not in page and "url(" not in page
    assert "Ended by: attempts" in page and "No model was called" in page


def test_what_programs_and_their_authors_wrote_stays_text(written: Write) -> None:
    hostile = attempt(1, 0.9, chosen=True, name=HOSTILE, idea=HOSTILE, verdict=HOSTILE, params={HOSTILE: HOSTILE}, recipe=HOSTILE)
    failed = attempt(2, None, name=HOSTILE, outcome=Outcome(status=Status.FAILED, reason=HOSTILE))
    made = written().set_up().tried(hostile, failed, log=HOSTILE, source=f"x = '{HOSTILE}'\n")
    made.journal.write("edited", hint=HOSTILE)
    page = render(made.folder)
    assert len(re.findall("<script", page)) == 2 and len(re.findall("</script", page)) == 2
    assert "<img" not in page and "<!--" not in page
    shown = data(page)["attempts"]
    assert isinstance(shown, list) and shown[0]["log"] == HOSTILE and shown[0]["name"] == HOSTILE


def test_only_the_pages_own_script_may_run(finished: RunFolder) -> None:
    import base64
    import hashlib

    page = render(finished)
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(script) == 1
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page and "default-src 'none'" in page


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda one: one, "setup has not ended"),
        (lambda one: one.set_up(), "No attempt has ended"),
        (lambda one: one.set_up().tried(attempt(1, None), attempt(2, None)).ended(), "it raised"),
        (lambda one: one.set_up().tried(attempt(1, 0.8, chosen=True)), "agentk resume"),
        (lambda one: one.set_up().tried(attempt(1, 0.8, chosen=True)).ended("interrupted"), "Ended by: interrupted"),
    ],
    ids=["not set up", "nothing tried", "all failed", "killed", "interrupted"],
)
def test_every_end_of_a_run_can_be_read(written: Write, make: Callable[[Written], Written], said: str) -> None:
    page = render(make(written()).folder)
    assert said in page and "Environment" in page


def test_doubts_are_shown_with_the_contract(written: Write) -> None:
    assert "--id says otherwise" in render(written().set_up().folder)


def test_a_damaged_journal_is_said_and_not_hidden(written: Write) -> None:
    made = written().set_up().tried(attempt(1, 0.8, chosen=True))
    with made.folder.journal.open("a") as file:
        file.write("no json\n")
    page = render(made.folder)
    assert "not JSON" in page and "0.80000" in page


def test_five_hundred_attempts_are_a_page_within_two_seconds(long: Written) -> None:
    render(long.folder)  # imports
    began = time.process_time()
    page = render(long.folder)
    assert time.process_time() - began < 2
    assert len(page) < 3_000_000 and page.count('<li data-attempt="') == 500


def test_rows_are_numbers_only_until_a_person_asks(finished: RunFolder) -> None:
    plain, asked = render(finished), render(finished, show_rows=True)
    header = re.compile(r"<summary>Worst rows</summary>.*?<thead><tr>(.*?)</tr>", re.DOTALL)
    found = [header.search(page) for page in (plain, asked)]
    assert found[0] is not None and found[0][1] == "<th>row</th><th>loss</th>"
    assert found[1] is not None and "<th>alcohol</th>" in found[1][1]


def test_data_that_are_gone_cost_the_section_and_not_the_report(finished: RunFolder, tmp_path: Path) -> None:
    contract = finished.path / "competition.json"
    told = json.loads(contract.read_text())
    contract.write_text(json.dumps(told | {"folder": str(tmp_path / "elsewhere")}))
    page = render(finished)
    assert "no longer at" in page and "elsewhere" in page and '<p class="score">' in page


def test_a_report_never_takes_a_run_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report_at_end(RunFolder(tmp_path / "nowhere"))
    assert "report.html was not written" in capsys.readouterr().err
