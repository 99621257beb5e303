"""Rows that ask a few questions about each thing are set side by side; rows of days and shops are not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from agentk.competitions.files.rows import load_rows
from agentk.competitions.files.tables import plan_of, rows_of
from agentk.competitions.scoring.truth import check_submission, format_submission
from agentk.types.competition import TaskKind

RNG = np.random.default_rng(9)
PARTS = ("any_kind", "left", "right")


def grid(first: int, things: int) -> pd.DataFrame:
    keys = [f"ID_{at:05x}" for at in range(first, first + things)]
    return pd.DataFrame([(f"{key}_{part}", int(RNG.random() < 0.3)) for key in keys for part in PARTS], columns=["ID", "Label"])


def test_questions_in_ids_become_targets(write, understood) -> None:
    pictures = {f"images/ID_{at:05x}.png": b"x" for at in (*range(60), *range(500, 520))}
    sample = grid(500, 20).sample(frac=1, random_state=0).assign(Label=0.5)
    c = understood(write({"train.csv": grid(0, 60), "sample_submission.csv": sample, **pictures}))
    train, test = rows_of(c)
    assert (c.task, c.targets, c.rows, c.test_rows) == (TaskKind.MULTILABEL, PARTS, 60, 20)
    assert train["image"].iloc[0] == "images/ID_00000.png" and list(test.columns) == ["ID", "image"]
    assert load_rows(c.folder, plan_of(c))[0].equals(train)
    answers = np.linspace(0, 1, 60).reshape(20, 3)
    frame = format_submission(c, answers, test)
    place = {key: row for row, key in enumerate(test["ID"])}
    wanted = [answers[place[key[:8]], PARTS.index(key[9:])] for key in sample["ID"]]
    assert frame["Label"].tolist() == wanted and check_submission(c, frame) == []


def test_questions_in_a_column_become_targets(rows: pd.DataFrame, write, understood) -> None:
    long = rows.merge(pd.DataFrame({"target_name": PARTS}), how="cross")
    long.insert(0, "sample_id", long["id"].astype(str) + "__" + long["target_name"])
    long["amount"] = RNG.normal(5, 1, len(long)).round(3)
    train, test = long.iloc[:720].sample(frac=1, random_state=0), long.iloc[720:].drop(columns="amount")
    sample = test[["sample_id"]].assign(amount=0.0)
    c = understood(write({"train.csv": train, "test.csv": test, "sample_submission.csv": sample}))
    assert (c.task, c.targets, c.rows, c.test_rows) == (TaskKind.MULTIOUTPUT, PARTS, 240, 80)
    assert {column.name for column in c.columns} == {"id", "height", "weight", "town"}


def test_days_of_shops_stay_rows(write, understood) -> None:
    days = pd.date_range("2024-01-01", periods=90).strftime("%Y-%m-%d")
    frame = pd.DataFrame(
        [(f"{day}_{shop}", day, shop) for day in days for shop in ("a", "b", "c")], columns=["id", "day", "shop"]
    )
    frame["sold"] = RNG.poisson(9, len(frame))
    train, test = frame.iloc[:210], frame.iloc[210:].drop(columns="sold")
    c = understood(write({"train.csv": train, "test.csv": test, "sample_submission.csv": test[["id"]].assign(sold=0)}))
    assert (c.targets, c.rows, c.validation.scheme) == (("sold",), 210, "rolling")
