"""Every text recipe copes with odd texts in every task, repeats itself, and tells styles of writing apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, log_loss, r2_score, roc_auc_score

from agentk.reasoning.recipes.blocks.text.ngrams import character_counts, word_counts
from agentk.reasoning.recipes.compose import compose
from agentk.reasoning.recipes.texts import TEXTS

TASKS = ["binary", "multiclass", "multilabel", "regression", "multioutput", "ordinal"]
ENTRIES = [recipe.entry for recipe in TEXTS]
SYLLABLES = ["ka", "lo", "mi", "ten", "ra", "us", "vor", "el", "shi", "dan", "po", "ight"]


def writings(rows: int, writers: int, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Short texts; each writer has habits in syllables, length of words and marks, none of them alone enough."""
    habits, draw = np.random.default_rng(11), np.random.default_rng(seed)
    weights = habits.dirichlet(np.full(len(SYLLABLES), 4.0), size=writers)
    marks = habits.dirichlet(np.full(3, 5.0), size=writers)
    author = draw.integers(0, writers, rows)
    texts = []
    for writer in author:
        words = ["".join(draw.choice(SYLLABLES, draw.integers(1, 4), p=weights[writer])) for _ in range(draw.integers(6, 20))]
        texts.append(" ".join(words) + str(draw.choice([".", "!", ";"], p=marks[writer])))
    return texts, author


def contract(task: str, targets: list[str], classes: list[Any], kinds: dict[str, str], metric: str, rows: int) -> dict[str, Any]:
    return {
        "task": task, "targets": targets, "classes": classes, "kinds": kinds, "id_columns": [], "train_only": [],
        "metric": metric, "rows": rows,
    }  # fmt: skip


def run(entry: str, made_of: dict[str, Any], train: pd.DataFrame, test: pd.DataFrame, **params: Any) -> np.ndarray:
    namespace: dict[str, Any] = {}
    exec(compile(compose(entry, made_of).source, f"<{entry}>", "exec"), namespace)
    return namespace["fit_predict"](train, test, {"seed": 0, "threads": 1, "device": "cpu"} | params, None)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("entry", ENTRIES)
def test_odd_texts_get_finite_predictions_of_the_right_shape(entry: str, task: str, solved: Any, ugly_case: Any) -> None:
    case = ugly_case(task)
    case.train.loc[5:9, "said"] = ["", "   ", "\x00 \u200b broken", "日本語のテキスト", "x" * 5000]
    found = solved(entry, case)
    assert found.shape == (len(case.test), case.width)
    assert np.isfinite(found).all()
    if task in ("binary", "multiclass"):
        assert np.allclose(found.sum(axis=1), 1.0)
        assert found.min() >= 0


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_same_seed_gives_the_same_predictions(entry: str, solved: Any, ugly_case: Any) -> None:
    first, second = (solved(entry, ugly_case("multiclass"), seed=3) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize(("entry", "params"), [(entry, {}) for entry in ENTRIES] + [("text_linear", {"weigh": "always"})])
def test_writers_are_told_apart_and_probabilities_can_be_trusted(entry: str, params: dict[str, Any]) -> None:
    texts, author = writings(1500, 3)
    names = np.array(["Ann", "Bob", "Cy"])
    train = pd.DataFrame({"said": texts[:1000], "by": names[author[:1000]]})
    found = run(
        entry, contract("multiclass", ["by"], names.tolist(), {"said": "text"}, "log_loss", 1000), train,
        pd.DataFrame({"said": texts[1000:]}), **params,
    )  # fmt: skip
    assert accuracy_score(author[1000:], found.argmax(axis=1)) > 0.75
    assert log_loss(author[1000:], found) < 0.6


@pytest.mark.parametrize("entry", ["text_linear", "text_boosting"])
def test_values_told_by_words_are_predicted(entry: str) -> None:
    texts, author = writings(1200, 2)
    value = author * 3.0 + np.array([len(text) for text in texts]) / 50 + np.random.default_rng(0).normal(0, 0.3, 1200)
    train = pd.DataFrame({"said": texts[:900], "y": value[:900]})
    found = run(
        entry, contract("regression", ["y"], [], {"said": "text"}, "rmse", 900), train, pd.DataFrame({"said": texts[900:]})
    )
    assert r2_score(value[900:], found[:, 0]) > 0.5


@pytest.mark.parametrize("entry", ["text_boosting", "text_linear"])
def test_words_and_numbers_are_joined_better_than_either_alone(entry: str) -> None:
    texts, author = writings(1600, 2)
    number = np.random.default_rng(1).normal(size=1600)
    answer = 2 * author + number + np.random.default_rng(2).normal(0, 0.5, 1600) > 1.0
    frame = pd.DataFrame({"said": texts, "size": number, "y": answer})
    both = {"said": "text", "size": "numeric"}
    scores = {}
    plans = {"both": (entry, both), "words": ("text_linear", {"said": "text"}), "size": ("table_lightgbm", {"size": "numeric"})}
    for name, (entry, kinds) in plans.items():
        made_of = contract("binary", ["y"], [False, True], kinds, "roc_auc", 1200)
        found = run(entry, made_of, frame.iloc[:1200], frame.drop(columns="y").iloc[1200:].reset_index(drop=True))
        scores[name] = roc_auc_score(answer[1200:], found[:, 1])
    assert scores["both"] > 0.88
    assert scores["both"] > max(scores["words"], scores["size"]) + 0.02


def test_categories_beside_the_words_are_told_apart() -> None:
    """A value of many, of which only the row's word for its place tells; a place that no training row has tells nothing."""
    rng = np.random.default_rng(3)
    place = rng.integers(0, 40, 1200)
    texts, _ = writings(1200, 2)
    answer = rng.normal(size=40)[place] + rng.normal(0, 0.2, 1200)
    frame = pd.DataFrame({"said": texts, "place": [f"p{at}" for at in place], "y": answer})
    frame.loc[1190:, "place"] = ["elsewhere", None] * 5
    made_of = contract("regression", ["y"], [], {"said": "text", "place": "categorical"}, "rmse", 900)
    told, untold = (run("text_linear", made_of, frame.iloc[:900], frame.iloc[900:], beside=beside) for beside in (True, False))
    assert r2_score(answer[900:1190], told[:290, 0]) > 0.8 > 0.3 > r2_score(answer[900:1190], untold[:290, 0])


def test_several_text_columns_are_all_read() -> None:
    texts, author = writings(900, 2)
    noise, _ = writings(900, 1, seed=5)
    frame = pd.DataFrame({"title": noise, "body": texts, "y": author})
    kinds = {"title": "text", "body": "text"}
    found = run("text_linear", contract("binary", ["y"], [0, 1], kinds, "accuracy", 700), frame.iloc[:700], frame.iloc[700:])
    assert accuracy_score(author[700:], found.argmax(axis=1)) > 0.75


@pytest.mark.parametrize("entry", ["table_lightgbm", "text_boosting"])
def test_texts_of_a_row_are_held_against_each_other(entry: str) -> None:
    """Whether the question's rare words, one of them misspelled, stand in the answer; each text alone says nothing."""
    rng = np.random.default_rng(1)
    vocabulary = np.array(["".join(rng.choice(SYLLABLES, 3)) for _ in range(400)])
    asked, answers, fits = [], [], rng.integers(0, 2, 900)
    for fit in fits:
        words = rng.choice(vocabulary, 3, replace=False)
        told = [words[0], words[1] + "s", *rng.choice(vocabulary, 8)] if fit else rng.choice(vocabulary, 10)
        asked.append(" ".join(words))
        answers.append(" ".join(rng.permutation(told)).capitalize() + ".")
    frame = pd.DataFrame({"asked": asked, "answer": answers, "y": fits})
    made_of = contract("binary", ["y"], [0, 1], {"asked": "text", "answer": "text"}, "roc_auc", 600)
    found = run(entry, made_of, frame.iloc[:600], frame.drop(columns="y").iloc[600:].reset_index(drop=True))
    assert roc_auc_score(fits[600:], found[:, 1]) > 0.9


@pytest.mark.parametrize("entry", ENTRIES)
def test_in_haste_words_are_read_and_what_is_within_them_is_not(entry: str) -> None:
    rng = np.random.default_rng(2)
    fits = rng.integers(0, 2, 900)
    spelled = [
        "".join(rng.choice(list("abcdef"), 6)) + ("x" if fit else "y") + "".join(rng.choice(list("abc"), 3)) for fit in fits
    ]
    spoken = [f"it was {'fine' if fit else 'dull'} {rng.integers(100)}" for fit in fits]
    made_of = contract("binary", ["y"], [0, 1], {"said": "text"}, "roc_auc", 600)

    def told(texts: list[str], work: float) -> float:
        frame = pd.DataFrame({"said": texts, "y": fits})
        found = run(entry, made_of, frame.iloc[:600], frame.drop(columns="y").iloc[600:].reset_index(drop=True), most_work=work)
        return float(roc_auc_score(fits[600:], found[:, 1]))

    assert told(spelled, 1.0) > 0.95 and told(spoken, 0.1) > 0.95
    assert told(spelled, 0.1) < 0.65


def test_runs_of_words_and_characters_are_counted_within_their_row() -> None:
    words = word_counts(["a b a", "", "b"], 1, 2)
    assert words.sum(axis=1).ravel().tolist() == [[5.0, 0.0, 1.0]]  # a, b, a, "a b", "b a"; nothing; b
    assert sorted(words[0].data.tolist()) == [1.0, 1.0, 1.0, 2.0]
    characters = character_counts(["ab", "b"], 2, 3)
    assert characters.sum(axis=1).ravel().tolist() == [[5.0, 3.0]]  # of " ab " and of " b "


@pytest.mark.parametrize("entry", ENTRIES)
def test_at_most_a_dozen_dimensions_are_searched(entry: str) -> None:
    made_of = contract("binary", ["y"], [0, 1], {"said": "text"}, "accuracy", 9)
    space = compose(entry, made_of).space.values()
    assert sum(len(getattr(dimension, "choices", "many")) > 1 for dimension in space) <= 12
