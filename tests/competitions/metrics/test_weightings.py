"""Weights in the words of descriptions."""

from __future__ import annotations

import pytest

from agentk.competitions.metrics.weightings import Condition, leaves_out, speaks_of_weights, weightings

COLUMNS = ("Id", "IsHoliday", "region", "trust", "Weight")


def first(text: str, *names: str, columns: tuple[str, ...] = COLUMNS[:-1]):
    return next(weightings(f"## Evaluation\n\n{text}\n", names, columns), None)


@pytest.mark.parametrize(
    ("text", "condition", "weights"),
    [
        ("Scored by WMAE, where w_i are weights. w = 5 if the week is a holiday week, 1 otherwise", "holiday week", (5, 1)),
        ("The mean is weighted: holiday weeks weigh 5 and all others 1.", "holiday weeks", (5, 1)),
        ("MAE; weeks that include a holiday count five times as much.", "a holiday", (5, 1)),
        ("Weighted RMSE; rows of region north have a weight of 3, the others 0.5", "region north", (3, 0.5)),
        (
            "Weighted: urgent items are given a weight of 1.25 where all other items are given a weight of 1.00.",
            "urgent",
            (1.25, 1),
        ),
        ("Rows are weighted 4 for urgent rows and 2 for all other rows.", "urgent rows", (4, 2)),
    ],
)
def test_a_rule(text: str, condition: str, weights: tuple[float, float]) -> None:
    found = first(text)
    assert found is not None and condition in found.conditions[0].words
    assert (found.conditions[0].weight, found.otherwise) == weights


@pytest.mark.parametrize(
    "text",
    [
        "Weighted log loss with these weights:\n\n| label | weight |\n|---|---|\n| any | 2 |\n| edema | 1 |\n| bleed | 1 |",
        "The weighted log loss: `any` has a weight of 2, all other labels 1.",
        "A weighted mean of losses; the weights are 2 for any, 1 for edema and 1 for bleed.",
        "A weighted mean of losses. Weights: any = 2, edema = 1, bleed = 1.",
    ],
)
def test_a_list_of_names(text: str) -> None:
    found = first(text, "any", "edema", "bleed")
    assert found is not None and found.names == {"any": 2, "edema": 1, "bleed": 1}


def test_numbers_are_names_only_where_they_are_called_classes() -> None:
    told = first("A weighted log loss: class 0 has weight 1, class 1 weight 2 and class 2 weight 4.", "0", "1", "2")
    assert told is not None and told.names == {"0": 1, "1": 2, "2": 4}
    assert first("The weighted error of rows. Grades go from 0 to 2, 1 being fair.", "0", "1", "2") is None


@pytest.mark.parametrize(
    "text", ["Rows are weighted by the column `trust`.", "The weights are given in trust.", "trust holds the weight of each row."]
)
def test_a_column(text: str) -> None:
    found = first(text)
    assert found is not None and (found.column, found.certain) == ("trust", True)


def test_a_column_called_weight_is_only_likely() -> None:
    found = first("The error is a weighted mean.", columns=COLUMNS)
    assert found is not None and (found.column, found.certain) == ("Weight", False)


@pytest.mark.parametrize(
    "text",
    [
        "Submissions are scored by the quadratic weighted kappa.",
        "The metric is the weighted F1 score.",
        "Mean absolute error. Predict the price of each house.",
    ],
)
def test_weights_that_are_the_metrics_own_are_none(text: str) -> None:
    assert first(text, columns=COLUMNS) is None and not speaks_of_weights(f"## Evaluation\n\n{text}\n")


def test_what_a_sample_file_looks_like_is_no_list_of_weights() -> None:
    text = "A weighted log loss.\n\n### Submission File\n\nid,low,high\n1,2,3"
    assert first(text, "low", "high") is None


@pytest.mark.parametrize(
    ("words", "column", "values", "value"),
    [
        ("the week is a holiday week", "IsHoliday", ["False", "True"], "True"),
        ("it is not a holiday", "is_holiday", ["0", "1"], "0"),
        ("rows of region north", "region", ["north", "south"], "north"),
        ("rows of the north", "region", ["north", "south"], "north"),
        ("the week is a holiday week", "Store", ["1", "2"], None),
        ("rows of 2", "Store", ["1", "2"], None),
    ],
)
def test_which_value_a_condition_means(words: str, column: str, values: list[str], value: str | None) -> None:
    assert Condition(words, 5).value_of(column, values) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("MAE while breathing in. The expiratory phase is not scored.", "the expiratory phase is not scored"),
        ("RMSE. Days without sales are ignored in scoring; all others count.", "days without sales are ignored in scoring"),
        ("MAE. Submissions will not be scored before the deadline.", ""),
        ("MAE over all rows.", ""),
    ],
)
def test_rows_that_are_left_out(text: str, words: str) -> None:
    assert leaves_out(f"## Evaluation\n\n{text}\n") == words
