"""Rows of test that are candidates of an id, and a sample that lists them, best first."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.files.reshaped import ranked_items
from agentk.competitions.files.tables import rows_of
from agentk.competitions.scoring.truth import check_submission, format_submission
from agentk.errors import CompetitionError
from agentk.types.competition import TaskKind

RNG = np.random.default_rng(6)
PAGE = {"description.md": "## Evaluation\n\nMean Average Precision @ 2 (MAP@2)"}


@pytest.fixture
def shown() -> dict[str, pd.DataFrame | str]:
    """Pages that show some ads each, one of which was clicked."""
    rows = [(page, ad) for page in range(200) for ad in RNG.choice(30, RNG.integers(2, 5), replace=False) + 100]
    frame = pd.DataFrame(rows, columns=["page", "ad"]).assign(place=lambda f: f.groupby("page").cumcount())
    frame["clicked"] = (frame["place"] == 0).astype(int)
    train, test = frame[frame["page"] < 140], frame[frame["page"] >= 140].drop(columns="clicked")
    sample = test.groupby("page")["ad"].agg(lambda own: " ".join(map(str, own))).reset_index()
    return {"clicks_train.csv": train, "clicks_test.csv": test, "sample_submission.csv": sample, **PAGE}


def test_a_row_for_each_candidate_and_a_list_for_each_id(shown, write, understood) -> None:
    c = understood(write(shown))
    train, test = rows_of(c)
    assert (c.task, c.targets, c.submission.kind, c.metric) == (TaskKind.BINARY, ("clicked",), "candidates", "auc")
    assert c.candidates is not None and (c.candidates.key, c.candidates.item, c.candidates.most) == ("page", "ad", 2)
    assert any("counts the order within each page" in doubt for doubt in c.doubts)
    likely = RNG.random(len(test))
    made = format_submission(c, np.column_stack([1 - likely, likely]), test)
    own = test.assign(likely=likely)[test["page"] == 150].sort_values("likely", ascending=False)["ad"].head(2)
    assert made.set_index("page").loc[150, "ad"] == " ".join(map(str, own)) and check_submission(c, made) == []
    assert len(made) == 60 and {"page", "ad", "place", "clicked"} == set(train)


def test_what_was_right_is_asked_for_where_two_columns_may_say_so(shown, write, understood) -> None:
    shown["clicks_train.csv"]["seconds"] = 3
    with pytest.raises(CompetitionError, match="clicked, seconds may say which of them was right"):
        understood(write(shown))
    assert understood(write(shown), target=("clicked",)).targets == ("clicked",)


def test_a_sample_that_lists_other_things_is_no_ranking_of_rows(shown, write, understood) -> None:
    shown["sample_submission.csv"]["ad"] = "7 8"
    with pytest.raises(CompetitionError, match="several for each page"):
        understood(write(shown), target=("clicked",))


def test_items_of_each_key_by_how_likely_they_are() -> None:
    owners, items = pd.Series([2, 1, 2, 1]), pd.Series(["a", "b", "c", "d"])
    assert ranked_items(pd.Series([1, 2, 3]), owners, items, [0.1, 0.2, 0.9, 0.2], None) == ["b d", "c a", ""]
    assert ranked_items(pd.Series([2]), owners, items, [0.1, 0.2, 0.9, 0.2], 1) == ["c"]
