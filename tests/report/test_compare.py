"""Runs side by side: paired where they met the same rows, refused where scores mean different things."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from agentk.agent.arena import LAYOUT
from agentk.errors import RunError
from agentk.graph.folder import RunFolder
from agentk.referee.layout import Layout
from agentk.report.compare import compare
from agentk.report.page import render_comparison
from agentk.testing.flowers import FLOWERS, attempt

from .conftest import Written


def test_a_run_beside_itself_differs_by_nothing(finished: RunFolder) -> None:
    other = finished.path.with_name("other")
    shutil.copytree(finished.path, other)
    runs = compare([finished, RunFolder.open(other)])
    assert [(run.gain, run.error) for run in runs] == [(None, None), (0.0, 0.0)]
    assert [run.folds for run in runs] == [None, (0.0, 0.0)]
    page = render_comparison(runs)
    assert "other" in page and "<script" not in page


def test_folds_are_paired_only_where_they_held_out_the_same_rows(finished: RunFolder) -> None:
    other = finished.path.with_name("dealt otherwise")
    shutil.copytree(finished.path, other)
    layout = Layout.from_json((other / LAYOUT).read_text())
    (other / LAYOUT).write_text(replace(layout, assignment=layout.assignment[::-1].copy()).to_json())
    assert compare([finished, RunFolder.open(other)])[1].folds is None


def test_runs_without_their_rows_are_compared_by_score_alone(written: Callable[[], Written]) -> None:
    one = written().set_up().tried(attempt(1, 0.7, chosen=True)).folder
    other = Written(one.path.with_name("second")).set_up().tried(attempt(1, 0.8, chosen=True)).folder
    found = compare([one, other])[1]
    assert found.gain == pytest.approx(0.1) and found.error is None


def test_what_cannot_be_compared_is_said(written: Callable[[], Written]) -> None:
    one = written().set_up().folder
    other = Written(one.path.with_name("second")).folder
    (other.path / "competition.json").write_text(FLOWERS.model_copy(update={"metric": "auc"}).model_dump_json())
    with pytest.raises(RunError, match="accuracy and auc"):
        compare([one, other])
    with pytest.raises(RunError, match="RUN RUN"):
        compare([one])
