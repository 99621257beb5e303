"""The summary says what a run's folder says: while it runs, after its end, after a crash."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agentk.agent.ending.summary import summarize, write_grade
from agentk.agent.request import Request
from agentk.graph.folder import RunFolder
from agentk.graph.journal import Journal
from agentk.testing.flowers import attempt

from .conftest import told

Made = Callable[[], tuple[RunFolder, Journal]]


def test_a_run_that_has_only_begun_has_a_summary_too(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", {"request": Request(competition="builtin:iris").model_dump(mode="json")})
    folder.unlock()
    found = summarize(folder)
    assert (found.competition, found.submission, found.stopped_by, found.seconds) == ("builtin:iris", None, None, 0)


def test_it_tells_the_winner_what_it_is_compared_with_and_what_failed(made: Made) -> None:
    folder, journal = made()
    folder.submission.write_text("id,kind\n")
    journal.write("submission_replaced", number=None, score=None, reason="sound")
    told(
        journal,
        attempt(1, 0.5, name="constant", recipe="constant", chosen=True),
        attempt(2, 0.8, chosen=True),
        attempt(3),
        attempt(4, 0.9, kind="tune", parent=2, trials=12, chosen=True),
    )
    found = summarize(folder)
    assert (found.cv_score, found.sound_score, found.baseline_score) == (0.9, 0.5, 0.8)
    assert (found.attempts, found.failed, found.trials) == (4, 1, 12)
    assert found.winner == "#4 linear, tuned over 12 trials"
    assert (found.metric, found.direction, found.first_submission_s) == ("accuracy", "maximize", 12.34)
    assert found.program is None, "what is taken away is written at the end"


def test_what_the_end_measured_is_told_until_the_run_goes_on(made: Made) -> None:
    folder, journal = made()
    told(journal, attempt(1, 0.8, chosen=True))
    journal.write("run_finished", stopped_by="budget", interval=[0.7, 0.9], occupancy=0.9, step_ms=3.0)
    found = summarize(folder)
    assert (found.stopped_by, found.interval, found.occupancy) == ("budget", (0.7, 0.9), 0.9)
    journal.write("resumed")
    again = summarize(folder)
    assert (again.stopped_by, again.interval, again.cv_score) == (None, None, 0.8)


def test_what_the_grader_said_is_told_and_stands_nowhere_in_the_journal(made: Made) -> None:
    folder, _ = made()
    write_grade(folder.path, {"test_score": 0.71828})
    assert summarize(folder).test_score == 0.71828
    assert "0.71828" not in folder.journal.read_text()


def test_what_memory_knew_of_such_files_is_told(made: Made) -> None:
    folder, journal = made()
    journal.write("traps", lessons=[{"id": "a", "text": "rows are sorted by their target", "why": "it was so before"}])
    told(journal, attempt(1, 0.8, chosen=True))
    assert summarize(folder).traps == ("rows are sorted by their target",)
