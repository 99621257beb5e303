"""What setup believes, on one screen and as a page."""

from __future__ import annotations

import numpy as np
import pandas as pd

from agentk.competitions.account import account, in_markdown


def test_everything_a_person_has_to_agree_to(parts, write, understood) -> None:
    c = understood(write({**parts("ill", np.arange(320) % 2, 0.5), "notes.csv": pd.DataFrame({"a": [1], "b": [2]})}))
    rows = {row.about: row.words for row in account(c)}
    assert "binary: predict ill" in rows["task"] and "positive: 1" in rows["task"]
    assert rows["files"] == "train.csv, test.csv, sample_submission.csv" and rows["not used"] == "notes.csv"
    assert rows["metric"] == "auc, to maximize" and "probability in id, ill" in rows["submission"]
    assert rows["folds"] == "5 stratified" and "--metric" in rows["doubt"]
    assert len(account(c)) < 25, "one screen"


def test_the_page_has_every_reason(parts, write, understood) -> None:
    c = understood(write(parts("ill", np.arange(320) % 2)))
    text = in_markdown(c)
    assert all(reason in text for reason in (*c.reasons, *c.validation.reasons))
