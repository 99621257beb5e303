"""The place on a leaderboard that lies beside the data."""

from __future__ import annotations

from collections.abc import Callable

from agentk.agent.summary import Summary
from agentk.report.page import render
from agentk.report.standing import standing_of

from .conftest import FLOWERS, Written, attempt

KNOWN = {"direction": "minimize", "cv_score": 0.25, "test_score": 0.5}
SUMMARY = Summary.model_validate({"run": "r", "competition": "flowers", "submission": None, "program": None} | KNOWN)


def test_a_graded_score_takes_its_place_among_the_others(written: Callable[[], Written]) -> None:
    folder = written().folder
    assert standing_of(folder, FLOWERS, SUMMARY) is None
    (folder.path / "leaderboard.csv").write_text("TeamName,Score\na,0.1\nb,0.4\nc,0.6\nd,0.9\n")
    found = standing_of(folder, FLOWERS, SUMMARY)
    assert found is not None and (found.place, found.of, found.graded) == (3, 5, True)
    promised = standing_of(folder, FLOWERS, SUMMARY.model_copy(update={"test_score": None}))
    assert promised is not None and (promised.place, promised.graded) == (2, False)


def test_what_only_the_folds_promise_is_said_to_be_that(written: Callable[[], Written]) -> None:
    made = written().set_up().tried(attempt(1, 0.8, chosen=True))
    (made.folder.path / "leaderboard.csv").write_text("team,score\nx,0.7\ny,0.9\n")
    page = render(made.folder)
    assert "place 2 of 3" in page and "if test rows are like the held-out ones" in page
    (made.folder.path / "leaderboard.csv").write_text("team\nx\n")
    assert "place 2 of 3" not in render(made.folder)
