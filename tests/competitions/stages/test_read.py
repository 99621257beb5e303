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


def test_of_several_test_tables_the_one_whose_twin_has_the_answer(parts, write, understood) -> None:
    files = parts("ill", BINARY)
    train, test = files.pop("train.csv"), files.pop("test.csv")
    apart = {"train_words.csv": train[["id", "town"]], "test_words.csv": test[["id", "town"]]}
    numbers = {"train_numbers.csv": train.drop(columns="town"), "test_numbers.csv": test.drop(columns="town")}
    c = understood(write({**files, **apart, **numbers}))
    assert (c.train.path, c.test.path, c.targets) == ("train_numbers.csv", "test_numbers.csv", ("ill",))
    assert "town" in {column.name for column in c.columns} and c.unused == ()


def test_rows_are_what_the_sample_asks_for_whatever_the_tables_are_called(parts, write, understood) -> None:
    files = parts("ill", BINARY)
    train, test = files.pop("train.csv"), files.pop("test.csv")
    curves = [
        pd.DataFrame({"id": np.repeat(rows["id"].to_numpy(), 4), "flux": np.arange(4 * len(rows)) % 7}) for rows in (train, test)
    ]
    named = {
        "training_set.csv": curves[0],
        "test_set.csv": curves[1],
        "training_set_facts.csv": train,
        "test_set_facts.csv": test,
    }
    c = understood(write({**files, **named}))
    assert (c.train.path, c.test.path) == ("training_set_facts.csv", "test_set_facts.csv")
    assert any(column.name.endswith("flux_mean") for column in c.columns)


def test_a_part_of_train_is_not_train_and_one_table_in_two_forms_is_one(parts, write, understood) -> None:
    files = parts("ill", BINARY)
    more = {
        "train_sample.csv": files["train.csv"].head(9),
        "train.parquet": files["train.csv"],
        "test.parquet": files["test.csv"],
    }
    c = understood(write({**files, **more}))
    assert (c.train.path, c.test.path, c.unused) == ("train.parquet", "test.parquet", ("train_sample.csv",))


def test_of_samples_that_differ_in_a_number_the_last(parts, write, understood) -> None:
    files = parts("ill", BINARY)
    sample = files.pop("sample_submission.csv")
    c = understood(write({**files, "sample_submission_1.csv": sample.head(20), "sample_submission_2.csv": sample}))
    assert c.sample is not None and c.sample.path == "sample_submission_2.csv"


def test_folders_full_of_tables_are_spoken_of(parts, write, understood) -> None:
    signals = {f"signals/part={at}/0.csv": pd.DataFrame({"x": [1, 2]}) for at in range(3)}
    c = understood(write({**parts("ill", BINARY), **signals}))
    assert any("the tables in signals are not read" in doubt for doubt in c.doubts)
