"""Submissions with a row for every answer: what each row asks for is found out, and just that is written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.files.rows import load_rows
from agentk.competitions.files.tables import plan_of, rows_of
from agentk.competitions.metrics.own import metric_of
from agentk.competitions.scoring.truth import check_submission, encode_truth, format_submission
from agentk.errors import CompetitionError
from agentk.types.competition import TaskKind

N, M = 240, 80
RNG = np.random.default_rng(5)
NAMES = ("humidity", "air_temp", "wind")
PAGE = "## Evaluation\n\nSubmissions are scored on the root mean squared error."


@pytest.fixture
def wide(rows: pd.DataFrame) -> dict[str, pd.DataFrame | str]:
    """Three targets of N rows, of which some are unknown; M rows to answer."""
    values = RNG.normal(20, 5, (N, 3)).round(2)
    values[RNG.random((N, 3)) < 0.2] = np.nan
    values[0] = np.nan
    train = rows.iloc[:N].assign(**dict(zip(NAMES, values.T, strict=True)))
    return {"train.csv": train, "test.csv": rows.iloc[N:], "description.md": PAGE}


def asked(rows: pd.DataFrame) -> pd.DataFrame:
    """Some targets of the test rows, in no order."""
    pairs = rows.iloc[N:][["id"]].merge(pd.DataFrame({"name": NAMES}), how="cross")
    return pairs.sample(frac=0.7, random_state=1).reset_index(drop=True)


FORMS = {
    "composed": lambda pairs: {"id": pairs["id"].astype(str) + "_" + pairs["name"]},
    "composed the other way round": lambda pairs: {"id": pairs["name"] + "-" + pairs["id"].astype(str)},
    "two columns": lambda pairs: {"id": pairs["id"], "what": pairs["name"]},
    "looked up": lambda pairs: {"RowId": range(1, len(pairs) + 1)},
}


@pytest.mark.parametrize("form", FORMS)
def test_each_row_gets_what_it_asks_for(rows: pd.DataFrame, wide, write, understood, form: str) -> None:
    pairs = asked(rows)
    sample = pd.DataFrame(FORMS[form](pairs)).assign(value=0.0)
    files = {**wide, "sample_submission.csv": sample}
    if form == "looked up":
        files["lookup.csv"] = sample[["RowId"]].assign(id=pairs["id"], feature=pairs["name"]).iloc[::-1]
    c = understood(write(files))
    assert (c.task, c.targets, c.id_columns) == (TaskKind.MULTIOUTPUT, NAMES, ("id",))
    assert (c.submission.kind, c.submission.columns) == ("values", tuple(sample.columns)) and not c.doubts
    _, test = rows_of(c)
    answers = np.arange(3.0 * M).reshape(M, 3)
    frame = format_submission(c, answers, test)
    place = {key: row for row, key in enumerate(rows["id"].iloc[N:])}
    wanted = [answers[place[key], NAMES.index(name)] for key, name in pairs.itertuples(index=False)]
    assert frame["value"].tolist() == wanted and frame.columns.tolist() == list(sample.columns)
    assert check_submission(c, frame) == []
    assert any("rows" in fault for fault in check_submission(c, frame.iloc[1:]))


def test_rows_that_know_some_targets_are_kept_and_scored_where_they_do(rows: pd.DataFrame, wide, write, understood) -> None:
    sample = pd.DataFrame(FORMS["composed"](asked(rows))).assign(value=0.0)
    c = understood(write({**wide, "sample_submission.csv": sample}))
    train, _ = rows_of(c)
    known = wide["train.csv"][list(NAMES)].notna()
    assert c.rows == len(train) == known.any(axis=1).sum() < N and load_rows(c.folder, plan_of(c))[0].equals(train)
    assert c.gaps == pytest.approx(1 - known.to_numpy().sum() / (3 * c.rows)) and c.contract()["gaps"] is True
    truth = encode_truth(c, train)
    off = np.where(np.arange(3) == 0, 3.0, 1.0)  # pooled: every answer counts alike, whatever its target
    errors = np.broadcast_to(off, truth.shape)[~np.isnan(truth)]
    assert metric_of(c).score(truth, truth + off) == pytest.approx(np.sqrt((errors**2).mean()))


def test_a_page_that_speaks_of_columns_is_scored_column_by_column(rows: pd.DataFrame, wide, write, understood) -> None:
    sample = pd.DataFrame(FORMS["composed"](asked(rows))).assign(value=0.0)
    page = "## Evaluation\n\nSubmissions are scored on the mean column-wise root mean squared error."
    c = understood(write({**wide, "sample_submission.csv": sample, "description.md": page}))
    truth = encode_truth(c, rows_of(c)[0])
    assert metric_of(c).score(truth, truth + np.array([3.0, 1.0, 1.0])) == pytest.approx(5 / 3)


def test_yes_and_no_below_each_other_are_probabilities(rows: pd.DataFrame, write, understood) -> None:
    labels = pd.DataFrame((RNG.random((N, 2)) < 0.3).astype(float), columns=["cyst", "tear"])
    labels = labels.mask(RNG.random((N, 2)) < 0.1)
    sample = pd.DataFrame([(f"{key}_{name}", 0.5) for key in rows["id"].iloc[N:] for name in labels], columns=["row", "p"])
    train = pd.concat([rows.iloc[:N], labels], axis=1)
    page = "## Evaluation\n\nLog loss"
    c = understood(
        write({"train.csv": train, "test.csv": rows.iloc[N:], "sample_submission.csv": sample, "description.md": page})
    )
    assert (c.task, c.submission.kind, c.metric) == (TaskKind.MULTILABEL, "probability", "log_loss")


def test_words_below_each_other_become_rows(rows: pd.DataFrame, write, understood) -> None:
    words = pd.DataFrame(RNG.choice(["none", "some", "much"], (N, 2)), columns=["left_knee", "right_knee"])
    ids = [f"{key}_{name}" for key in rows["id"].iloc[N:] for name in words]
    sample = pd.DataFrame({"row_id": ids, "none": 0.3, "some": 0.3, "much": 0.4})
    train = pd.concat([rows.iloc[:N], words], axis=1)
    c = understood(write({"train.csv": train, "test.csv": rows.iloc[N:], "sample_submission.csv": sample}))
    assert (c.task, c.rows, c.test_rows, c.id_columns) == (TaskKind.MULTICLASS, 2 * N, 2 * M, ("row_id",))
    first, second = load_rows(c.folder, plan_of(c))
    assert {"height", "asked"} <= {column.name for column in c.columns}
    assert second["height"].tolist() == np.repeat(rows["height"].iloc[N:], 2).tolist()
    assert first["asked"].value_counts().to_dict() == {"left_knee": N, "right_knee": N}


def test_ids_that_nothing_explains_are_asked_about(wide, write, understood) -> None:
    sample = pd.DataFrame({"row_id": [f"q{at}" for at in range(2 * M)], "value": 0.0})
    with pytest.raises(CompetitionError, match="neither its ids, such as q0, nor a table beside it"):
        understood(write({**wide, "sample_submission.csv": sample}))
