"""Importance: a column that the winner lives on is told from one that it does not look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentk.agent.insight.importance import importances
from agentk.agent.request import Request
from agentk.agent.session import begin, session, work

PROGRAM = """
import numpy as np

def fit_predict(train, test, params, data_dir):
    target = next(name for name in train.columns if name not in test.columns)
    classes = sorted(train[target].unique())
    column = "proline"
    middles = np.array([train.loc[train[target] == one, column].mean() for one in classes])
    far = np.abs(test[column].to_numpy()[:, None] - middles) / train[column].std()
    near = np.exp(-(far - far.min(axis=1, keepdims=True)))
    return near / near.sum(axis=1, keepdims=True)
"""


@pytest.mark.slow
def test_only_the_column_that_is_looked_at_is_worth_anything(tmp_path: Path) -> None:
    program = tmp_path / "mine.py"
    program.write_text(PROGRAM)
    request = Request(
        competition="builtin:wine", budget=None, attempts=1, out=tmp_path / "runs", workers=2, memory="off", solution=program
    )
    folder = begin(request)
    with session(folder, request) as bench:
        work(bench)
    with session(folder, request, looking=True) as bench:
        found = {worth.column: worth for worth in importances(bench, 100)}
    proline = found.pop("proline")
    assert proline.gain is not None and proline.error is not None and proline.gain > 2 * proline.error
    assert len(found) == 13 and all(worth.idle for worth in found.values())
    assert not (folder.work / "importance").exists()
