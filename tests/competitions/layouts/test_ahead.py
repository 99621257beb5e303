"""Series in columns whose next steps are asked for, a column for each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.files.rows import load_rows
from agentk.competitions.files.tables import plan_of, rows_of, table
from agentk.competitions.scoring.truth import check_submission, format_submission
from agentk.errors import CompetitionError
from agentk.types.competition import TaskKind

RNG = np.random.default_rng(4)
ITEMS = [f"item_{at}" for at in range(12)]
PAGE = {"description.md": "## Evaluation\n\nmean absolute error\n\n## Data\n\nid, F1, F2, ..., F5"}


def wide(names: list[str], **others: object) -> pd.DataFrame:
    values = RNG.poisson(20, (len(ITEMS), len(names)))
    return pd.concat([pd.Series(ITEMS, name="id"), pd.DataFrame(values, columns=names)], axis=1).assign(**others)


@pytest.fixture
def counted() -> dict[str, pd.DataFrame | str]:
    """Forty days, the next five asked for."""
    train = wide([f"d_{at}" for at in range(1, 41)], dept=["A", "B"] * 6)
    return {
        "train.csv": train,
        "sample_submission.csv": pd.DataFrame({"id": ITEMS, **{f"F{at}": 0 for at in range(1, 6)}}),
        **PAGE,
    }


def test_a_row_for_each_series_and_step(counted, write, understood) -> None:
    c = understood(write(counted))
    train, test = rows_of(c)
    assert (c.task, c.targets, c.metric) == (TaskKind.REGRESSION, ("value",), "mae")
    assert (c.validation.scheme, c.validation.column, c.validation.span) == ("rolling", "step", 5.0)
    assert len(train) == 12 * 40 and len(test) == 12 * 5 and "value" not in test
    assert sorted(test["step"].unique()) == [41, 42, 43, 44, 45] and set(test["dept"]) == {"A", "B"}
    row = train.iloc[100]
    assert row["value"] == counted["train.csv"].set_index("id").loc[row["id"], f"d_{row['step']}"]
    assert load_rows(c.folder, plan_of(c))[1].equals(test)


def test_answers_stand_in_the_column_of_their_step(counted, write, understood) -> None:
    c = understood(write(counted))
    _, test = rows_of(c)
    answers = test["id"].str.removeprefix("item_").astype(float) * 100 + test["step"]
    made = format_submission(c, answers.to_numpy()[:, None], test)
    assert list(made.columns) == ["id", "F1", "F2", "F3", "F4", "F5"] and made["id"].tolist() == ITEMS
    assert made.loc[3, ["F1", "F5"]].tolist() == [341.0, 345.0] and check_submission(c, made) == []


def test_a_calendar_says_what_the_steps_are_called(counted, write, understood) -> None:
    days = pd.date_range("2024-01-01", periods=45)
    calendar = pd.DataFrame(
        {"d": [f"d_{at}" for at in range(1, 46)], "date": days.strftime("%Y-%m-%d"), "weekday": days.day_name()}
    )
    c = understood(write({**counted, "calendar.csv": calendar}))
    assert (c.validation.scheme, c.validation.column, c.unused) == ("rolling", "date", ())
    assert {column.name for column in c.columns} >= {"d", "date", "weekday", "dept"}
    assert rows_of(c)[1]["date"].max() == "2024-02-14"


@pytest.mark.parametrize("asked", [["2024-04", "2024-05"], ["M1", "M2"]])
def test_months_go_on_where_those_of_train_end(asked: list[str], write, understood) -> None:
    train = wide([f"{month:%Y-%m}" for month in pd.date_range("2021-01-01", periods=39, freq="MS")])
    c = understood(
        write({"train.csv": train, "sample_submission.csv": pd.DataFrame({"id": ITEMS, **dict.fromkeys(asked, 0)}), **PAGE})
    )
    assert c.validation.scheme == "rolling" and sorted(rows_of(c)[1]["date"].unique()) == ["2024-04-01", "2024-05-01"]


def test_rows_of_no_known_series_stay_as_the_sample_has_them(counted, write, understood) -> None:
    sample = counted["sample_submission.csv"]
    twice = pd.concat([sample, sample.assign(id=sample["id"] + "_later", F1=7)])
    c = understood(write({**counted, "sample_submission.csv": twice}))
    made = format_submission(c, np.ones((c.test_rows, 1)), rows_of(c)[1])
    assert c.test_rows == 60 and len(made) == 24 and made.loc[12:, "F1"].eq(7).all() and made.loc[:11, "F1"].eq(1).all()
    assert any("item_0_later" in doubt and "stay as they are" in doubt for doubt in c.doubts)


def test_the_longer_of_two_tables_of_the_same_series(counted, write, understood) -> None:
    longer = counted.pop("train.csv")
    c = understood(
        write({**counted, "train_validation.csv": longer.drop(columns=["d_39", "d_40"]), "train_evaluation.csv": longer})
    )
    assert c.train.path == "train_evaluation.csv"


def test_columns_that_do_not_go_on_are_asked_about(counted, write, understood) -> None:
    gap = pd.DataFrame({"id": ITEMS, "F3": 0, "F4": 0})
    with pytest.raises(CompetitionError, match="no test file"):
        understood(write({**counted, "sample_submission.csv": gap}))


def test_the_sample_is_read_with_its_own_columns(counted, write, understood) -> None:
    c = understood(write(counted))
    assert c.sample is not None and table(c.folder, c.sample).columns[0] == "id"
    assert c.submission.across and c.submission.id_columns == ("id",) and c.id_columns == ()
