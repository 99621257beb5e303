"""Rows of whole sequences: what came before and comes after says what a row alone does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score

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
