"""A target that is cut from a text is told from a label, answered in words of the text, and asked about where unclear."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agentk.bench.synthetic.spans import answers, feelings
from agentk.competitions.account import account
from agentk.competitions.columns.spans import located, passage_of, span_truth
from agentk.competitions.files.tables import rows_of
from agentk.competitions.scoring.truth import (
    check_submission,
    constant_prediction,
    encode_truth,
    format_submission,
    perfect_answer,
)
from agentk.errors import CompetitionError, SettingError
from agentk.types.competition import Competition, TaskKind


@pytest.mark.parametrize(
    ("text", "answer", "place"),
    [
        ("so very sad", "sad", (8, 11)),
        ("superb, up up", "up", (8, 10)),  # as a word of its own, not within another
        ("superb", "up", (1, 3)),
        ("what a  great\nday it is", "great day", (8, 17)),  # blanks do not count
        ("What A Day", "a day", (5, 10)),  # nor does case
        ("it cost $5.", "$5", (8, 10)),
        ("  all of it ", " all of it", (2, 11)),
        ("one thing", "another", (-1, -1)),
    ],
)
def test_where_an_answer_stands(text: str, answer: str, place: tuple[int, int]) -> None:
    assert located(text, answer) == place


def made(rng: np.random.Generator, rows: int = 300) -> pd.DataFrame:
    return feelings(rows)(rng).rows


def test_the_text_is_found_although_a_few_answers_stand_nowhere() -> None:
    frame = made(np.random.default_rng(0))
    target = frame.columns[-1]
    frame.loc[frame.index[:20], target] = "words that nobody wrote"
    found = passage_of(frame, target, list(frame.columns[:-1]))
    assert found is not None and found[0] == "text" and 0.9 < found[1] < 0.95
    frame.loc[frame.index[:80], target] = "words that nobody wrote"
    assert passage_of(frame, target, list(frame.columns[:-1])) is None


def test_a_question_beside_its_context_is_not_what_answers_are_cut_from() -> None:
    frame = answers(np.random.default_rng(3)).rows
    target = frame.columns[-1]
    found = passage_of(frame, target, list(frame.columns[:-1]))
    assert found == (frame.columns[1], 1.0)


def test_labels_that_texts_spell_out_stay_labels() -> None:
    rng = np.random.default_rng(0)
    place = rng.choice([f"town{at}" for at in range(25)], 400)
    frame = pd.DataFrame({"text": [f"a letter from {one}, dated {at}" for at, one in enumerate(place)], "place": place})
    assert passage_of(frame, "place", ["text"]) is None
    assert passage_of(frame, "place", ["text"], said=True) == ("text", 1.0)


def test_a_column_that_is_repeated_whole_is_no_part_of_it() -> None:
    names = [f"name {at}" for at in range(200)]
    assert passage_of(pd.DataFrame({"name": names, "same": [n.upper() for n in names]}), "same", ["name"]) is None


def test_numbers_are_no_words() -> None:
    frame = pd.DataFrame({"text": [f"it costs {at} crowns" for at in range(100)], "price": range(100)})
    assert passage_of(frame, "price", ["text"]) is None


PAGE = "# Words\n\n## Evaluation\n\nSubmissions are scored by the {}.\n"
Write = Callable[..., Path]
Understood = Callable[..., Competition]


@pytest.fixture
def folder(write: Write) -> Callable[..., Path]:
    """A competition in words: 300 messages, a feeling and the words that carry it."""

    def written(metric: str = "word-level Jaccard score", change: Callable[[pd.DataFrame], pd.DataFrame] = lambda f: f) -> Path:
        frame = made(np.random.default_rng(1))
        frame = frame.set_axis(["id", "text", "feeling", "answer"], axis=1)
        train, test = frame.iloc[:200], frame.iloc[200:].drop(columns="answer")
        sample = test[["id"]].assign(answer="")
        files = {
            "train.csv": change(train),
            "test.csv": test,
            "sample_submission.csv": sample,
            "description.md": PAGE.format(metric),
        }
        return write(files)

    return written


def test_the_contract(folder: Callable[..., Path], understood: Understood) -> None:
    found = understood(folder())
    assert (found.task, found.passage, found.targets, found.metric) == (TaskKind.SPANS, "text", ("answer",), "word_jaccard")
    assert (found.submission.kind, found.width, found.validation.scheme, found.doubts) == ("span", 2, "random", ())
    assert found.contract()["passage"] == "text"
    assert any("100.0% of the values of answer are a part of their row's text" in reason for reason in found.reasons)
    assert account(found)[0].words == "spans: predict answer, cut from text"


@pytest.mark.parametrize(
    ("said", "metric"),
    [("Jaccard index", "word_jaccard"), ("F1 score", "token_f1"), ("accuracy", "exact_match"), ("exact match", "exact_match")],
)
def test_what_a_metrics_name_means_of_words(folder: Callable[..., Path], understood: Understood, said: str, metric: str) -> None:
    assert understood(folder(said)).metric == metric
    assert understood(folder(), metric=said.replace(" ", "_").lower().replace("_index", "")).metric == metric


def test_the_truth_is_perfect_and_the_whole_text_is_the_baseline(folder: Callable[..., Path], understood: Understood) -> None:
    found = understood(folder())
    train, test = rows_of(found)
    truth = encode_truth(found, train)
    said = format_submission(found, perfect_answer(found, truth, "spans")[: len(test)], train.iloc[: len(test)])
    assert said["answer"].str.strip().tolist() == train["answer"].iloc[: len(test)].str.strip().tolist()
    whole = format_submission(found, constant_prediction(found, train, len(test)), test)
    assert whole["answer"].tolist() == test["text"].tolist() and check_submission(found, whole) == []


def test_texts_with_marks_of_csv_and_empty_answers_come_back_from_the_file(
    folder: Callable[..., Path], understood: Understood, tmp_path: Path
) -> None:
    found = understood(folder())
    _, test = rows_of(found)
    test = test.assign(text=['say "so", they\nsaid', None, *test["text"].iloc[2:]])
    frame = format_submission(found, np.tile([4.0, 14.0], (len(test), 1)), test)
    assert check_submission(found, frame) == []
    frame.to_csv(tmp_path / "made.csv", index=False)
    read = pd.read_csv(tmp_path / "made.csv", keep_default_na=False)
    assert read["answer"].tolist()[:2] == ['"so", they', ""] and check_submission(found, read) == []


def test_a_missing_text_is_an_empty_one() -> None:
    assert span_truth([None, float("nan")], ["word", "word"])[:, 1:].tolist() == [[-1, -1], [-1, -1]]


def test_rows_whose_answer_stands_nowhere_are_kept(folder: Callable[..., Path], understood: Understood) -> None:
    def change(train: pd.DataFrame) -> pd.DataFrame:
        return train.assign(answer=["words that nobody wrote", *train["answer"].iloc[1:]])

    found = understood(folder(change=change))
    assert found.rows == 200 and any("99.5%" in reason for reason in found.reasons)


def test_what_is_said_wrongly_is_refused_in_words(folder: Callable[..., Path], understood: Understood, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"--metric rmse scores values, but the task is spans"):
        understood(folder(), metric="rmse")
    (tmp_path / "own.py").write_text("def cost(truth, answer):\n    return 0.0\n")
    with pytest.raises(SettingError, match=r"takes numbers or labels, and answer holds parts of text\. Choose word_jaccard"):
        understood(folder(), metric=f"{tmp_path / 'own.py'}:cost")
    with pytest.raises(CompetitionError, match="--task spans: no text of train and test holds half of the values of feeling"):
        understood(folder(), target=("feeling",), task="spans")


def test_a_label_beside_a_text_is_still_a_label(folder: Callable[..., Path], understood: Understood) -> None:
    assert understood(folder("accuracy"), target=("feeling",)).task is TaskKind.MULTICLASS
