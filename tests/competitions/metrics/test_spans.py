"""Metrics of spans, against scores worked out by hand from the competition's and SQuAD's own definitions."""

from __future__ import annotations

import numpy as np
import pytest

from agentk.competitions.columns.spans import span_truth
from agentk.competitions.metrics import metric_named
from agentk.competitions.metrics.spans import exact_match, kept, passage, plain_tokens, spelled, token_f1, word_jaccard, words_of
from agentk.errors import SettingError


@pytest.mark.parametrize(
    ("true", "said", "score"),
    [
        ("so sad", "so sad", 1.0),
        ("so sad", "I am so sad today", 2 / 5),
        ("so sad", "So Sad!", 1 / 3),  # "sad!" is another word than "sad"
        ("really really good", "really good", 1.0),  # a word counts once
        ("bad day", "good night", 0.0),
        ("bad day", "", 0.0),
        ("  bad   day ", "bad day", 1.0),
        ("", "", 1.0),
    ],
)
def test_jaccard_of_words(true: str, said: str, score: float) -> None:
    assert word_jaccard(true, said) == pytest.approx(score)


@pytest.mark.parametrize(
    ("true", "said", "f1", "same"),
    [
        ("the Eiffel Tower", "Eiffel tower.", 1.0, 1.0),  # case, marks and articles do not count
        ("in 1984", "1984", 2 / 3, 0.0),  # precision 1, recall 1/2
        ("New York City", "York", 0.5, 0.0),  # precision 1, recall 1/3
        ("no no", "no", 2 / 3, 0.0),  # each as often as it occurs
        ("Paris", "London", 0.0, 0.0),
        ("the", "", 1.0, 1.0),  # nothing is left of either
        ("Paris", "", 0.0, 0.0),
        ("a theory", "theory", 1.0, 1.0),  # "the" within a word stays
    ],
)
def test_f1_and_equality_of_plain_tokens(true: str, said: str, f1: float, same: float) -> None:
    assert token_f1(true, said) == pytest.approx(f1) and exact_match(true, said) == same


def test_punctuation_within_a_word_goes() -> None:
    assert plain_tokens("An U.S. citizen's (so-called) right") == ["us", "citizens", "socalled", "right"]


TEXTS = ["I am so sad today", "what a great day", "nothing here", "well, well"]
ANSWERS = ["so sad", "great", "nothing here", "well, well"]


def test_a_score_is_the_mean_of_the_rows_and_losses_are_the_rest() -> None:
    truth = span_truth(TEXTS, ANSWERS)
    answer = np.array([[0, 11], [7, 16], [0, 999], [0, 0]])
    assert spelled(truth, answer) == ["I am so sad", "great day", "nothing here", ""]
    metric = metric_named("word_jaccard")
    assert metric.score(truth, answer) == pytest.approx((2 / 4 + 1 / 2 + 1 + 0) / 4)
    assert metric.losses(truth, answer) == pytest.approx([1 / 2, 1 / 2, 0, 1])


def test_words_that_are_no_part_of_the_text_can_be_answers() -> None:
    truth = span_truth(TEXTS, ANSWERS)
    assert metric_named("word_jaccard").score(truth, words_of(["SO sad", "grand", "nothing", ""])) == pytest.approx(1.5 / 4)


def test_what_is_kept_has_one_number() -> None:
    number = kept("a text", "text")
    assert kept("a text", "text") == number != kept("a text", "a") and passage(float(number)) == ("a text", "text")


def test_no_word_against_a_metric_of_labels() -> None:
    assert metric_named("Word-Level Jaccard").name == "word_jaccard"
    with pytest.raises(SettingError, match="word_jaccard"):
        metric_named("word_jacard")
