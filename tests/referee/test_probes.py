"""Probes earn no score: a new program meets few rows first, and a look at the data sees no held-out label."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from agentk.competitions.metrics import metric_named
from agentk.referee.referee import Referee
from agentk.sandbox.protocol import Sandbox
from agentk.types.outcome import Status
from agentk.types.solution import SMOKE_ROWS, Solution

from .conftest import Rows
from .solutions import GOOD, good

COUNTS = """
def fit_predict(train, test, params, data_dir):
    raise ValueError(f"{len(train)} rows to fit, {len(test)} to predict, {sorted(train['target'].unique())}")
"""
NEEDS = """
import numpy as np

SPACE = {"share": {"type": "float", "low": 0.0, "high": 1.0, "default": 0.25}}

def prepare(rows, params, data_dir):
    assert "target" not in rows
    return rows[["f0"]].rename(columns={"f0": "made"})

def fit_predict(train, test, params, data_dir):
    assert "made" in train and "made" in test and "target" not in test and "grade" not in test
    return np.full((len(test), 2), [1 - params["share"], params["share"]])
"""


def test_a_sound_program_runs_on_few_rows_and_its_gap_is_measured(referee: Referee) -> None:
    found = referee.smoke(good(), {}).result()
    assert found.outcome.status is Status.SCORED
    assert found.train_score is not None and found.valid_score is not None and found.train_score > 0.7
    assert referee.pending == set(), "it is no evaluation"


def test_what_raises_is_told_with_its_log(referee: Referee) -> None:
    found = referee.smoke(Solution("def fit_predict(train, test, params, data_dir):\n    return 1 / 0\n", "broken"), {}).result()
    assert (
        found.outcome.status is Status.FAILED and "ZeroDivisionError" in found.outcome.reason and "line 2" in found.outcome.reason
    )


def test_features_and_defaults_are_there_as_on_the_folds(referee: Referee) -> None:
    assert referee.smoke(Solution(NEEDS, "needs"), {}).result().outcome.status is Status.SCORED


def test_what_the_audit_refuses_never_runs(referee: Referee, cancer: Rows) -> None:
    ids = ", ".join(f"'{name}'" for name in cancer.test["id"])
    probe = referee.smoke(Solution(f"KNOWN = [{ids}]\n{GOOD}", "cheat"), {})
    assert probe.done() and probe.result().outcome.status is Status.INVALID


def test_a_large_table_is_sampled_and_every_class_is_there(cancer: Rows, sandbox: Sandbox, tmp_path: Path) -> None:
    many = pd.concat([cancer.train] * 12, ignore_index=True)
    many["id"] = [f"row-{i}" for i in range(len(many))]
    truth = np.zeros(len(many))
    truth[[7, 900, 1800, 2700]] = 1.0  # a rare class
    many["target"] = np.where(truth == 1, "M", "B")
    contract = cancer.competition.model_copy(update={"rows": len(many)})
    large = Referee(contract, many, cancer.test, truth, metric_named("f1"), sandbox, tmp_path, seed=1)
    said = large.smoke(Solution(COUNTS, "counts"), {}).result().outcome.reason
    rows, shown = (int(word) for word in said.replace("ValueError: ", "").split() if word.isdigit())
    assert rows <= SMOKE_ROWS and shown <= SMOKE_ROWS and "['B', 'M']" in said


def test_a_look_prints_what_it_sees_and_sees_no_held_out_label(referee: Referee) -> None:
    source = "def explore(train, test, data_dir):\n    print(len(train), len(test), 'target' in test, 'grade' in test)\n"
    found = referee.look(source).result()
    held = len(referee.layout.held_out(0))
    assert found.outcome.status is Status.SCORED and found.log.split() == [str(300 - held), str(held + 150), "False", "False"]
    assert found.train_score is None and found.valid_score is None
    assert "explore(train, test, data_dir)" in referee.look("x = 1\n").result().outcome.reason
