"""Commands on runs that exist: what they print, where they write, and what they say to a mistake."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agentk.agent.request import Request
from agentk.agent.session import begin, session, work
from agentk.graph.folder import RunFolder
from agentk.graph.inbox import letters

from .conftest import Called, loaded

Say = Callable[..., Called]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    request = Request(
        competition="builtin:iris", budget=None, attempts=1, out=tmp_path_factory.mktemp("runs"), workers=2, memory="off"
    )
    folder = begin(request)
    with session(folder, request) as bench:
        work(bench)
    return folder.path


@pytest.fixture
def run(ran: Path, tmp_path: Path) -> str:
    """A copy of a finished run, under the folder that commands look into."""
    shutil.copytree(ran, tmp_path / "runs" / "flowers")
    return "flowers"


def test_who_looks_at_runs_waits_for_no_heavy_library(run: str, tmp_path: Path) -> None:
    for arguments in (("list",), ("show", run)):
        assert loaded(*arguments, cwd=tmp_path) == []


def test_a_report_is_written_where_it_is_asked_for(say: Say, run: str, tmp_path: Path) -> None:
    said = say("report", run)
    assert said.code == 0 and Path(said.out.strip()) == Path("runs/flowers/report.html")
    assert "iris" in (tmp_path / "runs" / "flowers" / "report.html").read_text()
    assert say("report", run, "-o", "away/page.html").code == 0 and (tmp_path / "away" / "page.html").exists()


def test_an_idea_is_kept_for_the_next_plan(say: Say, run: str, tmp_path: Path) -> None:
    said = say("tell", run, "look at the petals")
    assert said.code == 0 and "agentk resume" in said.out
    folder = RunFolder.open(tmp_path / "runs" / "flowers")
    assert [letter.text for letter in letters(folder)] == ["look at the petals"]
    folder.lock()
    try:
        assert "its next plan reads it" in say("tell", run, "and at the sepals").out
    finally:
        folder.unlock()


def test_a_run_that_has_ended_is_not_stepped_and_stays_as_it_is(say: Say, run: str, tmp_path: Path) -> None:
    journal = tmp_path / "runs" / "flowers" / "journal.jsonl"
    before = journal.read_bytes()
    said = say("step", run)
    assert said.code == 2 and "has ended (attempts); for more: agentk resume flowers" in said.err
    assert journal.read_bytes() == before


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("run.json", "[1]", "no JSON object"),
        ("run.json", '{"version": 1}', "no request"),
        ("competition.json", "{}", "Field required"),
        ("journal.jsonl", "no line\n", "line 1: not JSON"),
    ],
)
def test_a_damaged_run_is_named_with_what_is_left_of_it(
    say: Say, run: str, tmp_path: Path, file: str, content: str, words: str
) -> None:
    (tmp_path / "runs" / run / file).write_text(content)
    said = say("show", run)
    assert said.code in (1, 2) and f"runs/flowers/{file}" in said.err
    assert words in said.err and "Traceback" not in said.err


def test_the_story_of_the_winner_names_what_it_rests_on(say: Say, run: str) -> None:
    said = say("explain", run)
    assert said.code == 0 and "#1 draft constant" in said.out


def test_the_winner_is_taken_away_by_name_of_the_form(say: Say, run: str, tmp_path: Path) -> None:
    for form, name in (("notebook", "flowers.ipynb"), ("script", "flowers.py"), ("folder", "flowers-solution")):
        said = say("export", run, "--to", form)
        assert said.code == 0 and said.out.strip() == name and (tmp_path / name).exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("export", "flowers", "--to", "floppy"), ("floppy", "notebook, script or folder")),
        (("add", "flowers"), ("--oof FILE", "solution.py")),
        (("add", "flowers", "none.py"), ("none.py", "no Python program")),
        (("add", "flowers", "predictions.csv"), ("predictions.csv", "--oof and --test-pred")),
        (("add", "flowers", "--oof", "a.csv"), ("--test-pred FILE",)),
        (("add", "flowers", "--oof", "a.csv", "--test-pred", "b.csv"), ("a.csv", "training rows")),
        (("tell", "flowers", " "), ("no idea",)),
        (("compare", "flowers"), ("RUN RUN",)),
        (("report", "flowers", "-o", "/dev/null/page.html"), ("/dev/null/page.html", "Name another place")),
        (("report", "flowers", "-o", "runs"), ("it is a folder",)),
        (("watch", "flowers", "--port", "70000"), ("--port", "65535")),
        (("predict", "flowers", "none.csv"), ("none.csv", "new rows")),
        (("report", "trees"), ("trees", "agentk list")),
        (("explain", "flowers", "--ablate", "--budget", "soon"), ("soon", "90s")),
    ],
)
def test_a_mistake_is_answered_with_a_sentence(say: Say, run: str, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    said = say(*arguments)
    assert said.code == 2 and "Traceback" not in said.err
    for word in words:
        assert word in said.err
