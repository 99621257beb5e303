"""Rows of whole sequences: what came before and comes after says what a row alone does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score

from agentk.reasoning.recipes.blocks.contract import CONTRACT
from agentk.reasoning.recipes.blocks.table.features.order import order_features, summed, ticking
from agentk.reasoning.recipes.blocks.table.fitting.inner import inner_split

STEPS = 20


def breaths(case_of: Any, named: bool) -> tuple[Any, np.ndarray]:
    """80 sequences whose answer is the sum of a smooth number so far; the truth of the last 30."""
    rng = np.random.default_rng(2)
    flow = np.sin(np.arange(STEPS) / 4 + rng.uniform(0, 6, (80, 1))) * rng.gamma(2, 1, (80, 1))
    frame = pd.DataFrame(
        {
            "breath": np.repeat(rng.permutation(500)[:80], STEPS),
            "flow": flow.ravel(),
            "noise": rng.normal(size=80 * STEPS),
        }
    )
    contract = {
        "task": "regression", "targets": ["pressure"], "classes": [], "id_columns": [], "train_only": [], "metric": "rmse",
        "kinds": dict.fromkeys(frame, "numeric"), "rows": 50 * STEPS,
    } | ({"sequence": "breath"} if named else {})  # fmt: skip
    truth = flow.cumsum(axis=1).ravel()
    cut = 50 * STEPS
    train = frame.iloc[:cut].assign(pressure=truth[:cut])
    return case_of(contract, train, frame.iloc[cut:].reset_index(drop=True)), truth[cut:]


@pytest.mark.parametrize("most_rows", [None, 30 * STEPS])
def test_what_came_before_is_learned_from(most_rows: int | None, solved: Any, case_of: Any) -> None:
    """Also on a sample, which takes whole sequences."""
    limit = {"most_rows": most_rows} if most_rows else {}
    case, truth = breaths(case_of, named=True)
    assert r2_score(truth, solved("table_linear", case, **limit)[:, 0]) > 0.95
    plain, _ = breaths(case_of, named=False)
    assert r2_score(truth, solved("table_linear", plain, **limit)[:, 0]) < 0.7


def test_rows_of_a_group_that_do_not_stand_together_have_no_order(solved: Any, case_of: Any) -> None:
    (case, _), (plain, _) = (breaths(case_of, named) for named in (True, False))
    mixed = [case_of(one.contract, one.train.sample(frac=1.0, random_state=1), one.test) for one in (case, plain)]
    assert np.array_equal(*(solved("table_linear", one) for one in mixed))


def test_sums_forget_at_the_rate_asked_for_and_know_nothing_of_other_sequences() -> None:
    values, starts, place = np.array([1.0, 2.0, 4.0, 8.0, 16.0]), np.array([0, 0, 0, 3, 3]), np.array([0, 1, 2, 0, 1])
    assert np.allclose(summed(values, starts, place, 1.0), [1, 3, 7, 8, 24])
    assert np.allclose(summed(values, starts, place, 0.5), [1, 2.5, 5.25, 8, 20])


def test_what_ticks_is_not_followed_and_what_a_sequence_is_made_of_scales_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONTRACT, "sequence", "breath")
    codes, rng = np.repeat(np.arange(30), STEPS), np.random.default_rng(0)
    time = np.tile(np.arange(STEPS) * 0.1, 30) + 0.001 * rng.random(30 * STEPS)
    flow = np.sin(np.arange(STEPS) / 4 + rng.uniform(0, 6, (30, 1))).ravel()
    numbers = {"time": time, "flow": flow, "width": rng.choice([5.0, 20.0], 30)[codes], "breath": codes.astype(float)}
    made = order_features(pd.DataFrame({"breath": codes}), numbers)
    assert ticking(time, codes) and not ticking(flow, codes)
    assert not any(name.startswith("time") for name in made)
    assert np.allclose(made["flow so far / width"], made["flow so far"] / numbers["width"])


def test_whole_groups_are_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CONTRACT, "sequence", "breath")
    train = pd.DataFrame({"breath": np.random.default_rng(1).permutation(np.repeat(np.arange(50), STEPS))})
    values = np.random.default_rng(2).normal(size=len(train))
    fit, watch = inner_split(train, values, False, 0)
    assert not set(train["breath"].iloc[fit]) & set(train["breath"].iloc[watch])
    assert len(fit) + len(watch) == len(train) and 0.15 < len(watch) / len(train) < 0.25
    few = pd.DataFrame({"breath": np.repeat(np.arange(4), 250)})
    assert set(few["breath"].iloc[inner_split(few, values, False, 0)[1]]) == {0, 1, 2, 3}
