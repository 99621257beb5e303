"""Many targets: those who can fit them at once do, and learn from it what a fit for each would have taught."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

ROWS, MANY = 600, 60


def many(case_of: Any, task: str, width: int = MANY) -> tuple[Any, np.ndarray]:
    """`width` targets that hang on six numbers and a word; the truth of a third of the rows."""
    rng = np.random.default_rng(5)
    columns = rng.normal(size=(ROWS, 6))
    word = rng.choice(["low", "high"], ROWS)
    strength = (columns + 0.5 * (word == "high")[:, None]) @ rng.normal(size=(6, width))
    targets = (strength > 2.0).astype(int) if task == "multilabel" else 100.0 + strength * np.logspace(-2, 2, width)
    targets[:, -1] = 0  # one that no row has
    names = [f"t{at}" for at in range(width)]
    frame = pd.DataFrame(columns, columns=[f"n{at}" for at in range(6)]).assign(word=word)
    contract = {
        "task": task, "targets": names, "classes": [], "id_columns": [], "train_only": [], "metric": "log_loss",
        "kinds": dict.fromkeys(frame, "numeric") | {"word": "categorical"}, "rows": 400,
    }  # fmt: skip
    train = pd.concat([frame, pd.DataFrame(targets, columns=names)], axis=1).iloc[:400]
    return case_of(contract, train, frame.iloc[400:].reset_index(drop=True)), targets[400:]


@pytest.mark.parametrize("entry", ["table_linear", "table_mlp", "table_neighbors"])
def test_many_labels_are_fitted_at_once(entry: str, solved: Any, case_of: Any) -> None:
    case, truth = many(case_of, "multilabel")
    found = solved(entry, case)
    assert found.shape == truth.shape and found.min() >= 0.0 and found.max() <= 1.0
    assert found[:, -1].max() < 1e-3  # what never was is not expected
    told = [np.corrcoef(found[:, at], truth[:, at])[0, 1] for at in range(MANY - 1) if 0.05 < truth[:, at].mean() < 0.95]
    assert len(told) > 40 and np.mean(told) > 0.6


@pytest.mark.parametrize("entry", ["table_linear", "table_mlp", "table_neighbors"])
def test_many_values_of_different_size_are_fitted_at_once(entry: str, solved: Any, case_of: Any) -> None:
    case, truth = many(case_of, "multioutput")
    found = solved(entry, case)
    assert all(np.corrcoef(found[:, at], truth[:, at])[0, 1] > 0.8 for at in range(MANY - 1)) and (found[:, -1] == 0).all()
