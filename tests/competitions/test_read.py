"""Which file plays which part: tables in folders of their own, and files of a form that is not read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentk.errors import CompetitionError

BINARY = np.random.default_rng(5).integers(0, 2, 320)


def test_train_and_test_in_folders_of_their_own(parts, write, understood) -> None:
    files = parts("ill", BINARY)
    notes = {f"train_notes/{at}.json": '{"score": 1}' for at in range(40)}
    placed = {"train/train.csv": files["train.csv"], "test/test.csv": files["test.csv"]}
    c = understood(write({**placed, "test/sample_submission.csv": files["sample_submission.csv"], **notes}))
    assert (c.train.path, c.test.path, c.targets) == ("train/train.csv", "test/test.csv", ("ill",))
    assert c.sample is not None and c.sample.path == "test/sample_submission.csv"


def test_a_table_in_a_folder_takes_no_part_that_one_above_has(parts, write, understood) -> None:
    files = parts("ill", BINARY)
    c = understood(write({**files, "more/train.csv": files["train.csv"].head(5), "more/test.csv": files["test.csv"].head(5)}))
    assert (c.train.path, c.test.path) == ("train.csv", "test.csv")


def test_of_train_alone_in_one_of_several_folders_no_part_is_held_out(parts, write, understood) -> None:
    files = parts("ill", BINARY)
    with pytest.raises(CompetitionError, match=r"no test file.*Found: a/train.csv, b/notes.csv"):
        understood(write({"a/train.csv": files["train.csv"], "b/notes.csv": files["test.csv"]}), target=("ill",))


def test_what_is_not_read_is_said(parts, write, understood) -> None:
    c = understood(write({**parts("ill", BINARY), "train/1/call.wav": b"RIFF"}))
    assert any(".wav are not read" in doubt for doubt in c.doubts)


def test_sounds_alone_are_no_competition(write, understood) -> None:
    train = pd.DataFrame({"clip": ["a.wav", "b.wav"], "whale": [0, 1]})
    sample = pd.DataFrame({"clip": ["c.wav"], "whale": [0]})
    with pytest.raises(CompetitionError, match=r"no test file.*\.wav are not read"):
        understood(write({"train.csv": train, "sample_submission.csv": sample, "train/a.wav": b"RIFF"}))


def test_the_target_is_what_has_values_such_as_the_samples(parts, write, understood) -> None:
    files = parts("grade", np.random.default_rng(0).integers(1, 5, 320), 1)
    files["train.csv"]["spread"] = np.random.default_rng(1).random(240)
    files["sample_submission.csv"] = files["sample_submission.csv"].rename(columns={"grade": "prediction"})
    c = understood(write(files))
    assert c.targets == ("grade",) and any("grade is taken as the target" in doubt for doubt in c.doubts)
