"""Labelled rows alone become a competition with a test part of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.files.tables import rows_of
from agentk.competitions.sources.holdout import chosen
from agentk.errors import CompetitionError
from agentk.types.competition import TaskKind

RNG = np.random.default_rng(0)


def table(rows: int = 200) -> pd.DataFrame:
    return pd.DataFrame({"size": RNG.normal(0, 1, rows), "kind": RNG.choice(["a", "b"], rows), "price": RNG.gamma(2, 9, rows)})


def test_a_single_csv(write, understood, tmp_path: Path) -> None:
    folder = write({"houses.csv": table()})
    c = understood(folder / "houses.csv", target=("price",))
    answers = pd.read_csv(tmp_path / "made" / "answers" / "answers.csv")
    assert (c.name, c.task, c.rows, c.test_rows) == ("houses", TaskKind.REGRESSION, 160, 40)
    assert answers["id"].tolist() == rows_of(c)[1]["id"].tolist() and "price" in answers
    assert sorted(path.name for path in folder.iterdir()) == ["houses.csv"]  # nothing is written beside the person's data


def test_a_folder_with_train_alone(write, understood) -> None:
    c = understood(write({"train.csv": table(), "description.md": "Scored by mean absolute error."}), target=("price",))
    assert (c.metric, c.test_rows) == ("mae", 40)


def test_every_label_keeps_its_share() -> None:
    target = pd.Series(["a"] * 90 + ["b"] * 10 + ["once"])
    held_out = chosen(target)
    assert target[held_out].value_counts().to_dict() == {"a": 18, "b": 2}


def test_rows_without_a_target_are_left_out(write, understood) -> None:
    rows = table().assign(price=lambda r: r["price"].where(r.index >= 20))
    c = understood(write({"houses.csv": rows}), target=("price",))
    assert c.rows + c.test_rows == 180


def test_a_target_that_is_not_there(write, understood) -> None:
    with pytest.raises(CompetitionError, match=r"--target cost.*size, kind, price"):
        understood(write({"houses.csv": table()}), target=("cost",))


def test_no_target_said(write, understood) -> None:
    with pytest.raises(CompetitionError, match="--target COLUMN; there are size, kind, price"):
        understood(write({"houses.csv": table()}))


def test_too_few_rows(write, understood) -> None:
    with pytest.raises(CompetitionError, match="too few"):
        understood(write({"houses.csv": table(6)}), target=("price",))


def test_two_tables_and_none_called_train(write, understood) -> None:
    with pytest.raises(CompetitionError, match="no train file"):
        understood(write({"one.csv": table(), "two.csv": table()}), target=("price",))
