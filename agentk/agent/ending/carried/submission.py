"""The submission: a run's answers in the form that the competition asks for, which plan.json describes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agentk.competitions.files.reshaped import ranked_items, set_across, spelled_tags
from agentk.competitions.files.rows import cells_asked, cut, read_table

Array = NDArray[np.float64]


def submission(form: dict[str, Any], answers: Array, test: pd.DataFrame, data: Path | None) -> pd.DataFrame:
    """The answers in the competition's format, in the order of its sample submission where `data` has one."""
    keys, columns = list(form["id_columns"]), list(form["columns"])
    sample = None
    if data is not None and form["sample"] is not None:
        sample = read_table(data / form["sample"]["path"], **form["sample"]["options"])
    if form["cells"]:
        return below_each_other(form, answers, test, sample, data)
    if form["candidates"]:
        return ranked(form, answers, test, sample)
    if form["across"]:
        return side_by_side(form, answers, test, sample)
    own = [name for name in form["test_ids"] if name in test and test[name].notna().any()]  # new rows may have none
    named = bool(keys) and len(own) == len(keys)  # the sample may call them otherwise
    if named:
        ids = test[own].set_axis(keys, axis=1).reset_index(drop=True)
    elif sample is not None and len(sample) == len(test):
        ids = sample[keys].reset_index(drop=True)
    else:
        ids = pd.DataFrame({name: range(len(test)) for name in keys})
    answers = answers.reshape(len(answers), -1)
    frame = ids.assign(**{answer["column"]: filled(answer, answers, test) for answer in form["answers"]})
    if named and sample is not None:
        frame = ordered(frame, sample, keys)
    return frame[columns]


def below_each_other(
    form: dict[str, Any], answers: Array, test: pd.DataFrame, sample: pd.DataFrame | None, data: Path | None
) -> pd.DataFrame:
    """The sample with what each of its rows asks for; of new rows, which no sample asks for, every answer in its own column."""
    named = {answer["column"]: filled(answer, answers.reshape(len(answers), -1), test) for answer in form["answers"]}
    entity, cells = form["test_ids"][0], form["cells"]
    wide = pd.DataFrame(named)
    if sample is None or data is None:
        return pd.concat([test[[entity]].reset_index(drop=True), wide], axis=1)
    lookup = read_table(data / cells["table"]["path"], **cells["table"]["options"])
    keys = [name for name in form["id_columns"] if name in lookup]
    rows, columns = cells_asked(sample, lookup, keys, cells, test[entity], list(named))
    frame: pd.DataFrame = sample.assign(**{form["columns"][-1]: wide.to_numpy()[rows, columns]})[form["columns"]]
    return frame


def ranked(form: dict[str, Any], answers: Array, test: pd.DataFrame, sample: pd.DataFrame | None) -> pd.DataFrame:
    """What the rows of each id name, the likeliest first; of new rows, which no sample asks for, in the order of their ids."""
    [answer], facts = form["answers"], form["candidates"]
    values = filled(answer, answers.reshape(len(answers), -1), test)
    key, column = form["columns"]
    frame = test[[key]].drop_duplicates().reset_index(drop=True) if sample is None else sample
    items = ranked_items(frame[key], test[key], test[facts["item"]], values, facts["most"])
    made: pd.DataFrame = frame.assign(**{column: items})[[key, column]]
    return made


def side_by_side(form: dict[str, Any], answers: Array, test: pd.DataFrame, sample: pd.DataFrame | None) -> pd.DataFrame:
    """The sample with an answer in each of its columns; new rows, which no sample asks for, with theirs behind them."""
    [answer] = form["answers"]
    values = filled(answer, answers.reshape(len(answers), -1), test)
    if sample is None:
        return test.assign(**{answer["column"]: values})
    key, *columns = form["columns"]
    frame: pd.DataFrame = set_across(sample, key, columns, test[key], values)
    return frame


def filled(answer: dict[str, Any], answers: Array, test: pd.DataFrame) -> pd.Series[Any]:
    """One column of a submission from (N, W) answers to the rows of `test`."""
    if answer["kind"] == "span":
        return pd.Series(cut(test[answer["of"]].tolist(), answers), dtype="object")
    if answer["kind"] == "label":
        labels = pd.Series(answer["labels"])
        return labels.iloc[answers[:, 0].astype(int)].reset_index(drop=True)
    if answer["kind"] == "ranking":
        best = np.argsort(-answers, axis=1, kind="stable")[:, : answer["length"]]
        return pd.Series([" ".join(answer["labels"][at] for at in row) for row in best])
    if answer["kind"] == "tags":
        return pd.Series(spelled_tags(answers, answer["names"], answer["separator"], answer["always"]), dtype="object")
    if answer["kind"] == "nothing":
        return pd.Series(np.zeros(len(answers)))
    values = answers[:, answer["from"]]
    return pd.Series(np.rint(values).astype("int64") if answer["kind"] == "whole" else values)


def ordered(frame: pd.DataFrame, sample: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Rows as the sample orders them; the order of `frame` where its ids are others."""
    wanted, own = (occurrences(part, keys) for part in (sample, frame))
    if set(own) != set(wanted):
        return frame
    place = {key: position for position, key in enumerate(wanted)}
    return frame.iloc[np.argsort([place[key] for key in own])].reset_index(drop=True)


def occurrences(frame: pd.DataFrame, keys: list[str]) -> list[tuple[str, ...]]:
    """The ids of each row, told apart where they occur several times."""
    counted = frame.groupby(keys, sort=False, dropna=False).cumcount().astype(str)
    return list(zip(*(frame[name].astype(str) for name in keys), counted, strict=True))
