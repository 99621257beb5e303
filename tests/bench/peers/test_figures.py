"""The figures of a comparison: scores on one scale, wins, intervals, failures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agentk.bench.peers.cells import Cell
from agentk.bench.peers.figures import against, differences, kept, mean_difference, normalized, reliability
from agentk.bench.peers.tasks import split, tasks


def cell(task: str, system: str, score: float | None, **more: object) -> Cell:
    given: dict[str, object] = {
        "task": task, "split": 0, "system": system, "budget": 60.0, "cores": 2, "metric": "auc", "direction": "maximize",
        "constant": 0.5, "score": score,
    }  # fmt: skip
    return Cell.model_validate(given | more)


def errors(task: str, system: str, score: float, **more: object) -> Cell:
    return cell(task, system, score, **{"metric": "rmse", "direction": "minimize", "constant": 10.0} | more)


def test_zero_is_knowing_nothing_and_one_the_best_of_that_split():
    scale = normalized([cell("a", "agentk", 0.9), cell("a", "flaml", 0.7), errors("b", "agentk", 6.0), errors("b", "flaml", 2.0)])
    assert scale == pytest.approx(
        {("a", 0, "agentk", 60.0): 1.0, ("a", 0, "flaml", 60.0): 0.5, ("b", 0, "agentk", 60.0): 0.5, ("b", 0, "flaml", 60.0): 1.0}
    )


def test_splits_and_budgets_are_scales_of_their_own():
    scale = normalized([cell("a", "agentk", 0.9), cell("a", "flaml", 0.6, split=1), cell("a", "flaml", 0.7, budget=30.0)])
    assert set(scale.values()) == {1.0}


def test_a_failure_counts_as_knowing_nothing():
    scale = normalized([cell("a", "agentk", 0.9), cell("a", "flaml", None)])
    assert scale["a", 0, "flaml", 60.0] == 0.0


def test_where_nobody_beats_the_constant_it_is_no_yardstick():
    scale = normalized([cell("a", "agentk", 0.5), cell("a", "flaml", 0.4)])
    assert scale["a", 0, "agentk", 60.0] == 0.0
    assert scale["a", 0, "flaml", 60.0] == pytest.approx(-0.1)


def test_wins_are_counted_by_split_and_a_failure_loses():
    cells = [
        cell("a", "agentk", 0.9), cell("a", "flaml", 0.8),
        cell("a", "agentk", 0.7, split=1), cell("a", "flaml", 0.7, split=1),
        cell("b", "agentk", None), cell("b", "flaml", 0.6),
        errors("c", "agentk", 1.0), errors("c", "flaml", 2.0),
        cell("d", "agentk", 0.9),
    ]  # fmt: skip
    (row,) = against(cells, [])
    assert (row.peer, row.cells, row.wins, row.ties) == ("flaml", 4, 2, 1)
    assert row.share == pytest.approx(2.5 / 4)
    assert row.ours == pytest.approx((1 + 0 + 1) / 3)


def test_the_mean_over_splits_is_surer_than_each_of_them():
    rng = np.random.default_rng(0)
    drawn = [(0.02, 0.02 + 0.02 * rng.standard_normal(1000)) for _ in range(4)]
    one, all_four = mean_difference(drawn[:1]), mean_difference(drawn)
    assert one.gain == all_four.gain == pytest.approx(0.02)
    assert one.low < 0 < all_four.low
    assert (one.high - one.low) / (all_four.high - all_four.low) == pytest.approx(2.0, rel=0.15)


def test_intervals_cover_or_not_and_drifting_tasks_are_told_apart():
    found = reliability(
        [
            cell("a", "agentk", 0.8, interval=(0.7, 0.9)),
            cell("b", "agentk", 0.95, interval=(0.7, 0.9)),
            errors("c", "agentk", 0.95, interval=(0.7, 0.9)),
            cell("d", "agentk", 0.6, interval=(0.7, 0.9), drifting=True),
            cell("e", "agentk", None, interval=(0.7, 0.9)),
            cell("f", "flaml", 0.6),
        ]
    )
    alike, drifting = found
    assert (alike.drifting, alike.cells, alike.covered, alike.above, alike.below) == (False, 3, 1, 1, 1)
    assert (drifting.drifting, drifting.cells, drifting.covered, drifting.below) == (True, 1, 0, 1)


def test_failures_and_the_longest_run_are_told_of_each_system():
    rows = kept(
        [cell("a", "flaml", 0.8, working=70.0), cell("b", "flaml", None, working=90.0), cell("a", "agentk", 0.8, occupancy=0.9)]
    )
    assert [(row.system, row.cells, row.failures, row.longest, row.busy) for row in rows] == [
        ("agentk", 1, 0, 0.0, 0.9),
        ("flaml", 2, 1, 90.0, None),
    ]


def test_differences_are_drawn_from_the_submissions_test_rows(tmp_path: Path):
    (task,) = tasks(None, None, ["iris"])
    made = split(task, 0, tmp_path / "splits")
    truth = pd.read_csv(made.answers)
    labels = [str(label) for label in made.competition.classes]

    def hand_in(system: str, sure: float) -> Cell:
        shares = np.full((len(truth), 3), (1 - sure) / 2)
        shares[np.arange(len(truth)), [labels.index(label) for label in truth["target"]]] = sure
        pd.DataFrame({"id": truth["id"], **dict(zip(labels, shares.T, strict=True))}).to_csv(
            tmp_path / f"{system}.csv", index=False
        )
        score = float(-np.log(sure))
        return errors("iris", system, score, metric="log_loss", constant=1.1, submission=f"{system}.csv")

    cells = [hand_in("agentk", 0.9), hand_in("flaml", 0.8)]
    (row,) = differences(cells, lambda _: made, tmp_path, resamples=100)
    assert row.gain == pytest.approx(np.log(0.9 / 0.8))
    assert row.low == pytest.approx(row.gain) and row.high == pytest.approx(row.gain)  # every row differs by the same
    assert (row.peer, row.splits, row.metric) == ("flaml", 1, "log_loss")
