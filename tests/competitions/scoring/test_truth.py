"""Truth as numbers, answers as a submission, and what a grader would refuse."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from agentk.competitions.files.tables import rows_of
from agentk.competitions.metrics import metric_named
from agentk.competitions.scoring.truth import (
    check_submission,
    constant_prediction,
    encode_truth,
    format_submission,
    perfect_answer,
)
from agentk.errors import CompetitionError

N, M = 240, 80
RNG = np.random.default_rng(5)
Parts = Callable[..., dict[str, pd.DataFrame]]


@pytest.fixture
def made(parts: Parts, write, understood):
    """A competition on a target of N + M values, with its rows."""

    def competition(target: object, sample: object = 0, **flags: object):
        files = parts("y", target, sample)
        found = understood(write(files), **flags)
        return found, *rows_of(found)

    return competition


def test_truth_values_are_spelled_as_in_the_sample(made) -> None:
    truth = RNG.random(N + M) < 0.5
    c, train, test = made(truth, False, metric="accuracy")
    assert encode_truth(c, train).tolist() == truth[:N].astype(float).tolist()
    frame = format_submission(c, np.arange(M) % 2, test)
    assert frame["y"].tolist() == [False, True] * (M // 2) and "True" in frame.to_csv()
    assert check_submission(c, frame) == []


def test_truth_values_asked_for_as_numbers(made) -> None:
    c, _, test = made(RNG.random(N + M) < 0.5, 0, metric="accuracy")
    assert format_submission(c, np.ones(M), test)["y"].tolist() == [1] * M


def test_whole_labels_stay_whole(made) -> None:
    c, train, test = made(np.where(np.arange(N + M) == 3, np.nan, RNG.integers(4, 7, N + M)), 4, metric="accuracy")
    assert format_submission(c, np.zeros(M), test)["y"].tolist() == [4] * M and len(train) == N - 1


def test_the_probability_of_the_positive_class(made) -> None:
    c, _, test = made(RNG.choice(["no", "yes"], N + M), 0.5, metric="auc")
    assert c.classes == ("no", "yes")
    assert format_submission(c, np.column_stack([np.full(M, 0.9), np.full(M, 0.1)]), test)["y"].tolist() == [0.1] * M


def test_a_positive_class_by_flag(made) -> None:
    c, *_ = made(RNG.choice(["no", "yes"], N + M), 0.5, metric="auc", positive="no")
    assert c.classes == ("yes", "no")


def test_probabilities_go_to_the_column_of_their_class(parts: Parts, write, understood) -> None:
    files = parts("y", RNG.choice(["a", "b", "c"], N + M))
    sample = files["sample_submission.csv"][["id"]].assign(c=0.3, a=0.3, b=0.4)
    c = understood(write({**files, "sample_submission.csv": sample}), metric="log_loss")
    frame = format_submission(c, np.tile([0.1, 0.2, 0.7], (M, 1)), rows_of(c)[1])
    assert frame.iloc[0].to_dict() == {"id": 1000 + N, "c": 0.7, "a": 0.1, "b": 0.2}


def test_a_class_that_no_training_row_has(parts: Parts, write, understood) -> None:
    trees = [f"tree {at}" for at in range(6)]
    files = parts("y", RNG.choice(trees[:5], N + M))
    sample = files["sample_submission.csv"][["id"]].assign(**dict.fromkeys(trees, 1 / 6))
    c = understood(write({**files, "sample_submission.csv": sample}), metric="log_loss")
    frame = format_submission(c, np.full((M, 5), 0.2), rows_of(c)[1])
    assert frame["tree 5"].tolist() == [0] * M and any("tree 5" in doubt for doubt in c.doubts)


def test_columns_that_name_no_class_are_doubted(parts: Parts, write, understood) -> None:
    files = parts("y", RNG.integers(0, 3, N + M))
    sample = files["sample_submission.csv"][["id"]].assign(home=0.3, draw=0.3, away=0.4)
    c = understood(write({**files, "sample_submission.csv": sample}), metric="log_loss")
    assert c.submission.kind == "class_probabilities" and any("in this order" in doubt for doubt in c.doubts)


def test_rows_in_the_order_of_the_sample(parts: Parts, write, understood) -> None:
    files = parts("y", RNG.random(N + M))
    sample = files["sample_submission.csv"].iloc[::-1]
    c = understood(write({**files, "sample_submission.csv": sample}))
    frame = format_submission(c, np.arange(M, dtype=float)[:, None], rows_of(c)[1])
    assert frame["id"].tolist() == sample["id"].tolist() and frame["y"].tolist() == list(np.arange(M)[::-1])


def test_ids_that_the_sample_calls_otherwise(parts: Parts, write, understood) -> None:
    files = parts("y", RNG.random(N + M))
    sample = files["sample_submission.csv"].iloc[::-1].rename(columns={"id": "Key"})
    c = understood(write({**files, "sample_submission.csv": sample}))
    frame = format_submission(c, np.arange(M, dtype=float)[:, None], rows_of(c)[1])
    assert frame["Key"].tolist() == sample["Key"].tolist() and frame["y"].tolist() == list(np.arange(M)[::-1])


def test_ids_that_occur_twice_keep_their_order(parts: Parts, write, understood) -> None:
    files = parts("y", RNG.random(N + M))
    test = files["test.csv"].assign(id=np.repeat(np.arange(M // 2), 2))
    sample = test[["id"]].assign(y=0.0).iloc[::-1]
    c = understood(write({**files, "test.csv": test, "sample_submission.csv": sample}))
    frame = format_submission(c, np.arange(M, dtype=float)[:, None], rows_of(c)[1])
    assert frame["id"].tolist() == sample["id"].tolist() and frame["y"].tolist()[:4] == [78, 79, 76, 77]


def test_the_likeliest_labels_in_a_ranking(parts: Parts, write, understood) -> None:
    c = understood(write(parts("y", RNG.choice(["a", "b", "c", "d"], N + M), "a b c")), metric="map@3")
    frame = format_submission(c, np.tile([0.1, 0.2, 0.3, 0.4], (M, 1)), rows_of(c)[1])
    assert frame["y"].iloc[0] == "d c b"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda f: f.rename(columns={"y": "z"}), "columns are"),
        (lambda f: f.iloc[1:], "79 rows, not 80"),
        (lambda f: f.assign(y=[None, *f["y"][1:]]), "missing values in y"),
        (lambda f: f.assign(id=f["id"] + 1), "ids"),
        (lambda f: f.assign(y=np.inf), "infinite"),
        (lambda f: f.assign(y=1.5), "outside 0 and 1"),
    ],
)
def test_what_a_grader_would_refuse(made, change, complaint: str) -> None:
    c, _, test = made(RNG.integers(0, 2, N + M), 0.5, metric="auc")
    frame = format_submission(c, np.full((M, 2), 0.5), test)
    assert check_submission(c, frame) == []
    assert any(complaint in found for found in check_submission(c, change(frame)))


def test_a_label_that_train_does_not_have(made) -> None:
    c, _, test = made(RNG.choice(["a", "b"], N + M), "a", metric="accuracy")
    frame = format_submission(c, np.zeros(M), test)
    assert any("labels that train does not have: q" in found for found in check_submission(c, frame.assign(y="q")))
    with pytest.raises(CompetitionError, match="no classes of this competition: q"):
        encode_truth(c, pd.DataFrame({"y": ["a", "q"]}))


def test_answers_of_other_rows_are_refused(made) -> None:
    c, _, test = made(RNG.random(N + M))
    with pytest.raises(ValueError, match="79 answers for 80 test rows"):
        format_submission(c, np.zeros((M - 1, 1)), test)


@pytest.mark.parametrize(
    ("metric", "best"),
    [
        ("rmse", lambda y: y.mean()),
        ("mae", np.median),
        ("rmsle", lambda y: np.expm1(np.log1p(y).mean())),
        ("rmse_log", lambda y: np.exp(np.log(y).mean())),
        ("pinball@0.9", lambda y: np.quantile(y, 0.9)),
    ],
)
def test_a_constant_that_no_neighbor_beats(made, metric: str, best) -> None:
    c, train, _ = made(RNG.gamma(2, 50, N + M), metric=metric)
    constant = constant_prediction(c, train, N)
    truth, scored = encode_truth(c, train), metric_named(metric)
    assert constant.shape == (N, 1) and constant[0, 0] == pytest.approx(best(truth))
    assert scored.score(truth, constant) <= min(scored.score(truth, constant * 0.98), scored.score(truth, constant * 1.02))


def test_shares_of_classes_as_a_constant(made) -> None:
    c, train, _ = made(np.repeat(["a", "b"], [N // 4, N + M - N // 4]), "a")
    assert constant_prediction(c, train, 2).tolist() == [[0.25, 0.75]] * 2


def test_the_truth_as_an_answer_is_perfect(made) -> None:
    c, train, _ = made(RNG.choice(["a", "b", "c"], N + M), "a", metric="log_loss", task="multiclass")
    truth = encode_truth(c, train)
    assert metric_named("log_loss").score(truth, perfect_answer(c, truth, "probabilities")) == pytest.approx(0)
