"""Weights in setup: told by the description or said by flag, scored exactly, refused where they are none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.account import account
from agentk.competitions.files.tables import rows_of
from agentk.competitions.metrics.own import metric_of
from agentk.competitions.scoring.truth import constant_prediction, weights_of
from agentk.errors import SettingError
from agentk.types.competition import Competition

N, M = 240, 80
RNG = np.random.default_rng(11)
PRICE = RNG.gamma(2, 100, N + M).round(2)
KINDS = RNG.choice(["high", "low", "mid"], N + M)
RULE = "Weighted mean absolute error: w = 5 if the week is a holiday week, 1 otherwise."

Files = dict[str, "pd.DataFrame | str | bytes"]


@pytest.fixture
def weekly(parts) -> Callable[..., Files]:
    """Prices of weeks of which some are holidays, with what the page says of scoring."""

    def made(said: str, **columns: object) -> Files:
        files = parts("price", PRICE, 1.5)
        holiday = np.random.default_rng(1).random(N + M) < 0.3
        files["train.csv"] = files["train.csv"].assign(IsHoliday=holiday[:N], **columns)
        files["test.csv"] = files["test.csv"].assign(IsHoliday=holiday[N:])
        return {**files, "description.md": f"## Evaluation\n\n{said}\n"}

    return made


def weighing(c: Competition) -> object:
    return c.weights.words if c.weights else c.column_weights


def test_a_rule_of_the_description(weekly, write, understood) -> None:
    c = understood(write(weekly(RULE)))
    assert (c.metric, weighing(c), c.doubts) == ("mae", "IsHoliday:True=5,else=1", ())
    train, test = rows_of(c)
    assert train["row_weight"].tolist() == np.where(train["IsHoliday"], 5.0, 1.0).tolist()
    assert "row_weight" not in test and c.train_only == ("row_weight",)
    assert c.contract()["weight"] == "row_weight"
    assert any(row.about == "metric" and "IsHoliday: True 5, others 1" in row.words for row in account(c))
    weights = weights_of(c, train)
    error = abs(train["price"] - 100)
    found = metric_of(c).score(train[["price"]].to_numpy(), np.full((N, 1), 100.0), weights)
    assert found == pytest.approx((error * weights).sum() / weights.sum())


def test_a_column_that_only_train_has(weekly, write, understood) -> None:
    weights = RNG.choice([0.5, 2.0], N)
    c = understood(write(weekly("Weighted RMSE, each row counting by its weight.", row_worth=1, my_weight=weights)))
    assert weighing(c) == "my_weight" and c.contract()["weight"] == "my_weight"
    assert not any(row.about == "left out" and "my_weight" in row.words for row in account(c))
    assert weights_of(c, rows_of(c)[0]).tolist() == weights.tolist()


def test_a_column_of_both_counts_only_where_it_is_said_to(weekly, write, understood) -> None:
    """`weight` of the rows is a person's."""
    c = understood(write(weekly("Weighted mean absolute error.")))
    assert c.weights is None and any("without weights" in doubt and "--weights" in doubt for doubt in c.doubts)
    c = understood(write(weekly("Mean absolute error, rows weighted by the column `weight`.")))
    assert weighing(c) == "weight" and c.weights is not None and c.weights.name == "row_weight"


def test_weights_that_nobody_is_told_are_a_doubt(weekly, write, understood) -> None:
    c = understood(write(weekly("Mean absolute error. The mean is weighted by what experts think of a row.")))
    assert c.weights is None and any("scored without" in doubt and "--weights" in doubt for doubt in c.doubts)


def test_classes_of_a_mean_over_rows_weigh_their_rows(parts, write, understood) -> None:
    page = "## Evaluation\n\nA weighted log loss; the weights are 1 for low, 2 for mid and 4 for high.\n"
    files = {**parts("kind", KINDS, "low"), "description.md": page}
    files["sample_submission.csv"] = pd.DataFrame({"id": files["test.csv"]["id"], "low": 0.3, "mid": 0.3, "high": 0.4})
    c = understood(write(files))
    assert weighing(c) == "kind:high=4,low=1,mid=2,else=1"
    train, _ = rows_of(c)
    assert (train["row_weight"] == train["kind"].map({"low": 1, "mid": 2, "high": 4})).all()


def test_classes_of_a_mean_over_classes_weigh_as_columns(parts, write, understood) -> None:
    page = "## Evaluation\n\nThe balanced log loss, weighted: high = 4, low = 1, mid = 2.\n"
    files = {**parts("kind", KINDS, "low"), "description.md": page}
    files["sample_submission.csv"] = pd.DataFrame({"id": files["test.csv"]["id"], "low": 0.3, "mid": 0.3, "high": 0.4})
    c = understood(write(files))
    assert (c.metric, c.weights, c.column_weights) == ("balanced_log_loss", None, (4.0, 1.0, 2.0))
    assert metric_of(c).columns == (4.0, 1.0, 2.0) and c.weighing == "weights high 4, low 1, mid 2"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("IsHoliday:True=5", "IsHoliday:True=5,else=1"),
        ("town:Bern=3,Genf=2,else=0.5", "town:Bern=3,Genf=2,else=0.5"),
        ("height", "height"),
        ("none", ()),
    ],
)
def test_what_a_person_says_wins(weekly, write, understood, said: str, words: object) -> None:
    c = understood(write(weekly("Mean absolute error; w = 9 if it is a holiday, 1 otherwise, is its weight.")), weights=said)
    assert weighing(c) == words


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("colour", "'colour' is no weight. Say a column of train"),
        ("colour:red=2", "train has no column 'colour'"),
        ("town:Paris=2", "town is never 'Paris'. It has"),
        ("town:Bern=heavy", "'Bern=heavy' is no weight"),
        ("town:Bern=-1", "'Bern=-1' is no weight"),
        ("town:Bern=0,else=0", "nothing counts"),
        ("town", "weights are numbers of 0 or more that differ, town holds"),
        ("price", "price is a target"),
        ("depth=2,width=1", "'depth' is no column of train, no target and no class"),
    ],
)
def test_what_can_be_no_weights(weekly, write, understood, said: str, told: str) -> None:
    with pytest.raises(SettingError, match=told):
        understood(write(weekly("Mean absolute error.")), weights=said)


def test_a_metric_that_cannot_weigh(weekly, write, understood) -> None:
    c = understood(write(weekly("Spearman correlation; w = 5 if it is a holiday, 1 otherwise, is the weight of a row.")))
    assert (c.metric, c.weights, c.train_only) == ("spearman", None, ())
    assert any("spearman cannot weigh rows: it is scored without weights" in doubt for doubt in c.doubts)
    with pytest.raises(SettingError, match="spearman cannot weigh rows"):
        understood(write(weekly("x")), metric="spearman", weights="IsHoliday:True=5")


def test_a_function_of_ones_own_is_given_the_weights(weekly, write, understood, tmp_path) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text("def f(truth, answers, weights):\n    return float((weights * abs(truth - answers)).sum() / weights.sum())\n")
    c = understood(write(weekly("x")), metric=f"{mine}:f", weights="IsHoliday:True=5")
    metric, truth, answer = metric_of(c), np.array([[1.0], [2.0]]), np.array([[2.0], [6.0]])
    assert metric.score(truth, answer, np.array([5.0, 1.0])) == pytest.approx((5 + 4) / 6)
    assert metric.score(truth, answer) == pytest.approx(2.5)
    mine.write_text(mine.read_text() + "f.weights = 'IsHoliday:True=2'\n")
    assert weighing(understood(write(weekly("x")), metric=f"{mine}:f")) == "IsHoliday:True=2,else=1"


def test_kaggles_own_signature_has_the_weights_in_the_solution(weekly, write, understood, tmp_path) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text(
        "def score(solution, submission, row_id_column_name):\n"
        "    w = solution['my_weight']\n    return float((w * abs(solution['price'] - submission['price'])).sum() / w.sum())\n"
    )
    c = understood(write(weekly("x", my_weight=RNG.choice([1.0, 3.0], N))), metric=f"{mine}:score", weights="my_weight")
    found = metric_of(c).score(np.array([[1.0], [2.0]]), np.array([[2.0], [6.0]]), np.array([3.0, 1.0]))
    assert found == pytest.approx((3 + 4) / 4)


def test_the_first_answer_knows_the_weights(weekly, write, understood) -> None:
    c = understood(write(weekly(RULE)))
    train, _ = rows_of(c)
    repeated = np.repeat(train["price"], train["row_weight"].astype(int))
    assert constant_prediction(c, train, 1)[0, 0] == pytest.approx(np.median(repeated), rel=0.02)


def test_weights_are_not_taken_for_the_target(weekly, write, understood) -> None:
    files = weekly("Mean absolute error, each row counting by its weight.", my_weight=RNG.choice([0.5, 2.0], N))
    del files["sample_submission.csv"]
    c = understood(write(files))
    assert (c.targets, weighing(c)) == (("price",), "my_weight")


def test_classes_of_a_score_that_is_no_mean_stay_a_doubt(parts, write, understood) -> None:
    page = "## Evaluation\n\nMacro F1, where classes have weights: high = 4, low = 1, mid = 2.\n"
    c = understood(write({**parts("kind", KINDS, "low"), "description.md": page}))
    assert (c.metric, weighing(c)) == ("f1_macro", ()) and any("f1_macro has no columns" in doubt for doubt in c.doubts)


def test_rows_that_are_not_scored_are_a_doubt(parts, write, understood) -> None:
    page = "## Evaluation\n\nMean absolute error. The second phase is not scored.\n"
    c = understood(write({**parts("price", PRICE, 0.0), "description.md": page}))
    assert any("'the second phase is not scored'" in doubt and "--weights" in doubt for doubt in c.doubts)
    zeros = "## Evaluation\n\nMean absolute percentage error. Any day of 0 sales is not scored.\n"
    c = understood(write({**parts("price", PRICE, 0.0), "description.md": zeros}))
    assert not any("not scored" in doubt for doubt in c.doubts)
