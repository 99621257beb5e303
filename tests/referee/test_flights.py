"""Flights: folds side by side or one after another, what is kept of them, and what one that fails means for the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agentk.competitions.metrics import metric_named
from agentk.referee.referee import Referee
from agentk.sandbox.protocol import Sandbox
from agentk.types.outcome import Status
from agentk.types.solution import Solution

from .conftest import Rows, outcome_of
from .solutions import body, good


def test_one_failing_fold_ends_the_others(referee: Referee) -> None:
    line = "if 'row-0' in set(test['id']): raise ValueError('unlucky')"
    evaluation = outcome_of(referee, body(line, "import time; time.sleep(30)"))
    assert evaluation.outcome.status is Status.FAILED and "unlucky" in evaluation.outcome.reason
    assert referee.pending == set()
    assert referee.collect(0) == []


def test_finished_folds_are_not_done_again_by_the_next_process(
    referee: Referee, cancer: Rows, sandbox: Sandbox, tmp_path: Path
) -> None:
    first = outcome_of(referee, good())
    other = Referee(cancer.competition, cancer.train, cancer.test, cancer.truth, metric_named("f1"), sandbox, tmp_path, seed=1)
    other.mark()
    other.submit(good("another name"), {}, key="again")
    (again,) = other.collect(0)  # at once, nothing was executed
    assert other.occupancy() == 0
    assert again.score == first.score and np.array_equal(again.oof, first.oof) and again.seconds == pytest.approx(first.seconds)
    other.forget("again")
    assert not list((tmp_path / "folds").iterdir())


def test_a_watch_sees_fold_after_fold_and_can_end_the_evaluation(referee: Referee, tmp_path: Path) -> None:
    seen: list[list[float]] = []

    def watch(scores: list[float]) -> bool:
        seen.append(scores)
        return len(scores) < 2

    evaluation = outcome_of(referee, good(), watch=watch)
    assert evaluation.outcome.status is Status.PRUNED and "2 folds" in evaluation.outcome.reason
    assert [len(scores) for scores in seen] == [1, 2] and seen[1][0] == seen[0][0]
    assert len(evaluation.fold_scores) == 2
    assert len(list((tmp_path / "folds").rglob("*.npz"))) == 2  # the third fold was never begun


def test_a_prefix_of_the_folds_is_scored_but_not_complete_and_can_be_continued(referee: Referee) -> None:
    part = outcome_of(referee, good(), folds=[0])
    assert part.outcome.status is Status.SCORED and not part.complete
    assert part.mask is not None and part.mask.sum() == 100 and part.oof is not None and np.isnan(part.oof[~part.mask]).all()
    whole = outcome_of(referee, good())
    assert whole.complete and np.array_equal(whole.oof[part.mask], part.oof[part.mask])


def test_a_cancelled_evaluation_is_not_heard_of_again(referee: Referee) -> None:
    referee.submit(body("import time; time.sleep(30)"), {}, key="slow")
    referee.submit(good(), {}, key="good")
    assert referee.pending == {"slow", "good"}
    referee.cancel("slow")
    assert [evaluation.key for evaluation in referee.collect(None)] == ["good"]
    assert referee.collect(0.2) == [] and referee.pending == set()


def test_two_slots_work_at_once_and_their_time_is_known(referee: Referee) -> None:
    referee.mark()
    told = outcome_of(
        referee, body("import time; began = time.monotonic()", "time.sleep(1)", "return np.full(len(test), began / 1e9)")
    )
    assert told.oof is not None
    begins = sorted(told.oof[referee.layout.held_out(fold)[0], 1] * 1e9 for fold in range(3))
    assert min(np.diff(begins)) < 1  # a fold began while another was running
    assert begins[2] - begins[0] >= 1  # but no three of them ran on two slots
    assert 0.2 < referee.occupancy() <= 1


PREPARED = """
import numpy as np


def prepare(rows, params, data_dir):
    assert "target" not in rows and "grade" not in rows and len(rows) == 450
    return rows[["f0"]].rename(columns={"f0": "made"}).assign(f1=0.0, stamp=np.random.rand()) * params["scale"]


def fit_predict(train, test, params, data_dir):
    assert (test["f1"] == 0).all() and np.allclose(test["made"], test["f0"] * params["scale"])
    return np.full(len(test), test["stamp"].iloc[0] / params["scale"] * 0.5 + 0.1 * params["c"])
"""


def test_prepared_features_are_made_once_and_joined_to_the_rows_they_belong_to(referee: Referee) -> None:
    source = PREPARED.replace("np.random.rand()", "__import__('time').time() % 1")
    stamps = []
    for scale, c in ((2.0, 0.0), (2.0, 1.0), (3.0, 0.0)):
        referee.submit(Solution(source, "prepared"), {"scale": scale, "c": c}, key=f"{scale} {c}")
        (evaluation,) = referee.collect(None)
        assert evaluation.outcome.status is Status.SCORED, evaluation.outcome
        assert evaluation.oof is not None
        values = set(np.round(evaluation.oof[:, 1] - 0.1 * c, 9))
        assert len(values) == 1  # one preparation for all folds
        stamps.append(values.pop())
    assert stamps[0] == stamps[1] != stamps[2]  # `c` is no concern of prepare, `scale` is


def test_a_failing_preparation_fails_what_waits_for_it(referee: Referee) -> None:
    evaluation = outcome_of(referee, Solution(PREPARED.replace("return rows", "return None and rows"), "prepared"))
    assert evaluation.outcome.status is Status.FAILED and evaluation.outcome.reason.startswith("in prepare: ")
