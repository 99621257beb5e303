"""The picture of a comparison: every system's scores over time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agentk.bench.peers.cells import Cell
from agentk.bench.peers.plot import curves, draw, mean_of


def cell(system: str, curve: tuple[tuple[float, float], ...], task: str = "a", budget: float = 100.0) -> Cell:
    return Cell(
        task=task, split=0, system=system, budget=budget, cores=2, metric="auc", direction="maximize", constant=0.5,
        score=curve[-1][1], curve=curve,
    )  # fmt: skip


def at(curve: tuple[np.ndarray, np.ndarray], seconds: float) -> float:
    return float(curve[1][np.searchsorted(curve[0], seconds)])


def test_a_line_follows_the_submissions_there_were():
    found = curves([cell("agentk", ((10.0, 0.6), (50.0, 0.9)))])["agentk"]["a"]
    assert np.isnan(at(found, 5.0))
    assert at(found, 20.0) == pytest.approx(0.25) and at(found, 60.0) == 1.0


def test_who_answers_once_has_a_point_a_budget():
    found = curves([cell("flaml", ((28.0, 0.7),), budget=30.0), cell("flaml", ((97.0, 0.9),))])["flaml"]["a"]
    assert np.isnan(at(found, 20.0))
    assert at(found, 50.0) == pytest.approx(0.5) and at(found, 100.0) == 1.0


def test_the_mean_counts_nothing_handed_in_as_knowing_nothing():
    found = curves([cell("agentk", ((1.0, 0.9), (60.0, 0.9))), cell("agentk", ((50.0, 0.6), (60.0, 0.6)), task="b")])["agentk"]
    mean = mean_of(found)
    assert at(mean, 20.0) == 0.5 and at(mean, 70.0) == 1.0


def test_the_picture_has_every_task(tmp_path: Path):
    pytest.importorskip("matplotlib")
    draw([cell("agentk", ((10.0, 0.6), (50.0, 0.9))), cell("flaml", ((97.0, 0.9),), task="b")], tmp_path / "peers.png")
    assert (tmp_path / "peers.png").stat().st_size > 10_000
