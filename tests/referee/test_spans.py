"""Spans at the referee: two numbers a row from the border to the blend, scored by the words that they stand for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agentk.bench.synthetic.spans import feelings
from agentk.competitions.columns.spans import span_truth
from agentk.competitions.metrics import metric_named
from agentk.referee.apply import agreed, averaged, combine
from agentk.referee.blend import blend
from agentk.referee.choice import prefers
from agentk.referee.diagnosis import Diagnoser
from agentk.referee.evaluation import Evaluation, columns_of, load, save
from agentk.referee.judge import Judge
from agentk.referee.layout import Layout
from agentk.referee.predictions import RefusedError, check_predictions
from agentk.referee.referee import Referee
from agentk.types.competition import Competition, SubmissionFormat, TableFile, TaskKind, Validation

N = 400


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    frame = feelings(N)(np.random.default_rng(0)).rows
    return frame.set_axis(["id", "text", "feeling", "answer"], axis=1)


@pytest.fixture(scope="module")
def referee(rows: pd.DataFrame) -> Referee:
    """One with truth and folds, whose sandbox is never asked."""
    made = Referee.__new__(Referee)
    made.layout = Layout(np.random.default_rng(0).permutation(N) % 5, 5, "random", 0)
    made.metric, made.columns = metric_named("word_jaccard"), ["answer begins", "answer ends"]
    truth = span_truth(rows["text"].tolist(), rows["answer"].tolist())
    made.judge = Judge(made.metric, TaskKind.SPANS, (), truth, made.layout.assignment)
    return made


def program(referee: Referee, right: float, seed: int) -> Evaluation:
    """One that gives the true span of a share of the rows, and the whole text of the others."""
    truth = referee.judge.truth
    known = np.random.default_rng(seed).random(N) < right
    oof = np.where(known[:, None], truth[:, 1:], np.tile([0.0, 500.0], (N, 1)))
    return referee.evaluate(str(seed), oof, oof[:50])


def test_a_span_is_two_numbers_in_order() -> None:
    good = np.array([[0.0, 4.0], [3.0, 3.0]])
    assert check_predictions(good, TaskKind.SPANS).tolist() == good.tolist()
    for bad in ([[-1.0, 4.0]], [[5.0, 4.0]]):
        with pytest.raises(RefusedError, match="a span goes from character"):
            check_predictions(np.array(bad), TaskKind.SPANS)
    with pytest.raises(RefusedError, match="NaN"):
        check_predictions(np.array([[0.0, np.nan]]), TaskKind.SPANS)


def test_of_several_spans_the_one_that_most_overlap_with_is_taken() -> None:
    one, two, three = ([[0.0, 10.0], [0.0, 5.0]], [[0.0, 12.0], [5.0, 9.0]], [[20.0, 30.0], [5.0, 9.0]])
    members = [np.array(member) for member in (one, two, three)]
    # Row 0: one overlaps 10/12 with two, not with three. Row 1: two and three are the same.
    assert agreed([1, 1, 1], members).tolist() == [[0, 10], [5, 9]]
    assert agreed([1, 1, 3], members).tolist() == [[20, 30], [5, 9]]
    assert combine(members, [1, 1, 1], "agree").tolist() == averaged(members, "spans", "identity").tolist() == [[0, 10], [5, 9]]
    empty = np.zeros((1, 2))
    assert agreed([1, 1], [empty, empty]).tolist() == [[0, 0]]


def test_calls_of_other_tasks_are_averaged_as_ever() -> None:
    found = averaged([np.array([[0.0]]), np.array([[3.0]])], "regression", "log1p")
    assert found == pytest.approx(1.0)


def test_the_score_is_that_of_the_words(referee: Referee, rows: pd.DataFrame) -> None:
    whole = program(referee, 0.0, 1)
    words = [(set(a.lower().split()), set(t.lower().split())) for a, t in zip(rows["answer"], rows["text"], strict=True)]
    by_hand = np.array([len(a & t) / len(a | t) for a, t in words])
    assert whole.score == pytest.approx(by_hand.mean())
    folds = [by_hand[referee.layout.assignment == fold].mean() for fold in range(5)]
    assert whole.fold_scores == pytest.approx(folds) and whole.decision is not None and whole.decision.kind == "as_is"
    assert program(referee, 1.0, 1).score == pytest.approx(1.0)


def test_rows_that_no_fold_holds_out_stay_out(referee: Referee) -> None:
    oof = program(referee, 0.5, 3).oof
    assert oof is not None
    part = oof.copy()
    part[:100] = np.nan
    found = referee.evaluate("part", part, None)
    assert found.mask is not None and found.mask.sum() == N - 100
    assert found.score == pytest.approx(referee.metric.score(referee.judge.truth[100:], oof[100:]))


def test_two_programs_are_compared_row_by_row(referee: Referee) -> None:
    better, worse = program(referee, 0.8, 1), program(referee, 0.4, 2)
    verdict = prefers(better, worse, judge=referee.judge, average=False, simpler=False)
    assert verdict.prefer and better.score is not None and worse.score is not None
    assert verdict.difference == pytest.approx(better.score - worse.score) and 0 < verdict.error < 0.1
    assert not prefers(worse, better, judge=referee.judge, average=True, simpler=True).prefer


def test_a_blend_takes_what_most_members_say(referee: Referee) -> None:
    """Three programs that err on rows of their own are right together wherever two of them are."""
    members = {seed: program(referee, 0.75, seed) for seed in (1, 2, 3)}
    made = blend(members, referee=referee, key="blend")
    assert made.method == "agree" and made.evaluation.score is not None
    assert made.evaluation.score > max(one.score or 0 for one in members.values()) + 0.02
    told = np.stack([one.oof for one in members.values() if one.oof is not None])
    assert made.evaluation.oof is not None
    assert (made.evaluation.oof[None] == told).all(axis=2).any(axis=0).all(), "every span is one of a member's"
    assert made.evaluation.test is not None and made.evaluation.test.shape == (50, 2)


def test_a_blend_of_one_is_that_one(referee: Referee) -> None:
    alone = program(referee, 0.6, 1)
    made = blend({4: alone}, referee=referee, key="blend")
    assert made.weights == {4: 1.0} and made.evaluation.score == alone.score


def test_two_programs_have_no_majority(referee: Referee) -> None:
    members = {seed: program(referee, right, seed) for seed, right in ((1, 0.6), (2, 0.7))}
    made = blend(members, referee=referee, key="blend")
    assert made.weights == {2: 1.0} and made.evaluation.score == members[2].score


def test_what_is_lost_is_told_by_the_columns(referee: Referee, rows: pd.DataFrame) -> None:
    """The whole text is right where nothing is felt, so that the other rows are the weak ones; no character is compared."""
    diagnoser = Diagnoser(referee.judge, rows[["feeling"]], 0)
    residuals = diagnoser.residuals(program(referee, 0.0, 1))
    assert residuals.shape == (N, 1) and residuals.min() >= 0 and residuals.max() <= 1
    assert {weakness.value for weakness in diagnoser.slices(residuals)} == {"positive", "negative"}
    assert diagnoser.alike(residuals, residuals) == pytest.approx(1.0)


def test_spans_come_back_from_their_file(referee: Referee, tmp_path: Path) -> None:
    made = program(referee, 0.5, 1)
    save(made, tmp_path)
    kept = load(tmp_path)
    assert made.oof is not None and kept.oof is not None
    assert kept.oof.tolist() == made.oof.tolist() and kept.columns == ("answer begins", "answer ends")
    assert referee.judge.answers(kept).tolist() == referee.judge.answers(made).tolist()


def test_the_columns_of_a_prediction() -> None:
    competition = Competition(
        name="words",
        folder=Path("words"),
        task=TaskKind.SPANS,
        train=TableFile(path="train.csv"),
        test=TableFile(path="test.csv"),
        targets=("answer",),
        passage="text",
        columns=(),
        metric="word_jaccard",
        submission=SubmissionFormat(columns=("id", "answer"), id_columns=("id",), kind="span"),
        validation=Validation(scheme="random"),
        rows=9,
        test_rows=9,
    )
    assert columns_of(competition) == ["answer begins", "answer ends"] and competition.width == 2
