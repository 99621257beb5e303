"""Recipes for spans: each beats the whole text clearly, on messages and on questions, and copes with odd texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agentk.bench.synthetic import spans
from agentk.competitions.columns.spans import span_truth
from agentk.competitions.metrics import metric_named
from agentk.reasoning.recipes.catalogue import recipes_for
from agentk.reasoning.recipes.compose import compose
from agentk.reasoning.recipes.spans import SPANS, WHOLE_TEXT
from agentk.types.competition import Column, ColumnKind, Competition, SubmissionFormat, TableFile, TaskKind, Validation

ENTRIES = [recipe.entry for recipe in (WHOLE_TEXT, *SPANS)]


def contract(rows: pd.DataFrame, passage: str, metric: str = "word_jaccard") -> dict[str, Any]:
    """The last column is the target; columns of many words are texts, others are categories."""
    kinds = {name: "text" if rows[name].nunique() > 30 else "categorical" for name in rows.columns[1:-1]}
    return {
        "passage": passage, "task": "spans", "targets": [rows.columns[-1]], "classes": [], "kinds": kinds,
        "id_columns": [rows.columns[0]], "train_only": [], "metric": metric, "rows": len(rows),
    }  # fmt: skip


def run(entry: str, made_of: dict[str, Any], train: pd.DataFrame, test: pd.DataFrame, **params: Any) -> np.ndarray:
    namespace: dict[str, Any] = {}
    exec(compile(compose(entry, made_of).source, f"<{entry}>", "exec"), namespace)
    asked = test.drop(columns=made_of["targets"])
    return np.asarray(namespace["fit_predict"](train, asked, {"seed": 0, "threads": 1, "device": "cpu"} | params, Path()))


def score(made_of: dict[str, Any], test: pd.DataFrame, said: np.ndarray) -> float:
    truth = span_truth(test[made_of["passage"]].tolist(), test[made_of["targets"][0]].tolist())
    return metric_named(made_of["metric"]).score(truth, said)


@pytest.fixture(scope="module")
def messages() -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = spans.feelings(1000)(np.random.default_rng(4)).rows
    return rows.iloc[:700].reset_index(drop=True), rows.iloc[700:].reset_index(drop=True)


def test_each_recipe_beats_the_whole_text(messages: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    train, test = messages
    made_of = contract(train, "text")
    found = {entry: score(made_of, test, run(entry, made_of, train, test, trees=40)) for entry in ENTRIES}
    print({entry: round(value, 3) for entry, value in found.items()})
    assert found["span_rules"] > found["span_whole"] + 0.1
    assert found["span_linear"] > found["span_whole"] + 0.12
    assert found["span_boosting"] > found["span_whole"] + 0.15


def test_a_question_says_which_words_answer_it() -> None:
    rows = spans.answers(np.random.default_rng(0)).rows
    train, test = rows.iloc[:300].reset_index(drop=True), rows.iloc[300:].reset_index(drop=True)
    made_of = contract(train, rows.columns[1], "token_f1")
    assert score(made_of, test, run("span_whole", made_of, train, test)) < 0.2
    assert score(made_of, test, run("span_linear", made_of, train, test)) > 0.75


def odd(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    train, test = train.copy(), test.copy()
    train.loc[0:4, "text"] = [None, "", "   ", "日本語のテキスト", "x" * 5000]
    train.loc[5, train.columns[-1]] = "words that nobody wrote"
    test.loc[0:5, "text"] = [None, "", "   ", "one", "\x00 \u200b !!! ...", "word " * 700]
    test.loc[3:5, train.columns[2]] = [None, "never seen", "neutral"]
    return train, test


@pytest.mark.parametrize("entry", ENTRIES)
def test_odd_texts_get_spans_within_them(entry: str, messages: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    train, test = odd(messages[0].iloc[:150], messages[1].iloc[:60])
    said = run(entry, contract(messages[0], "text"), train, test, trees=10)
    lengths = np.array([len(text) if isinstance(text, str) else 0 for text in test["text"]])
    assert said.shape == (60, 2) and np.isfinite(said).all() and (said == said.round()).all()
    assert (said[:, 0] >= 0).all() and (said[:, 1] >= said[:, 0]).all() and (said[:, 1] <= lengths).all()
    assert (said[3:, 1] > said[3:, 0]).all(), "where there is a word, there is an answer"


@pytest.mark.parametrize("entry", ENTRIES)
def test_answers_that_stand_nowhere_and_answers_that_are_all_whole_teach_little_but_do_no_harm(
    entry: str, messages: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    train, test = messages[0].iloc[:60].reset_index(drop=True), messages[1].iloc[:20]
    made_of = contract(messages[0], "text")
    target = train.columns[-1]
    run(entry, made_of, train.assign(**{target: "words that nobody wrote"}), test, trees=5)
    whole = run(entry, made_of, train.assign(**{target: train["text"].str.strip()}), test, trees=5)
    assert score(made_of, test.assign(**{target: test["text"]}), whole) > 0.95


@pytest.mark.parametrize("entry", ENTRIES[1:])
def test_the_same_rows_and_seed_give_the_same_spans(entry: str, messages: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    train, test = messages[0].iloc[:100].reset_index(drop=True), messages[1].iloc[:30]
    made_of = contract(messages[0], "text")
    assert np.array_equal(run(entry, made_of, train, test, trees=10), run(entry, made_of, train, test, trees=10))


@pytest.mark.parametrize("kept", [True, False])
def test_marks_at_a_words_end_are_taken_or_left_as_the_answers_do(kept: bool) -> None:
    rng = np.random.default_rng(0)
    words = rng.choice(["red", "green", "blue"], 120)
    texts = [f"the {rng.choice(['car', 'door'])} is {word}! they say" for word in words]
    frame = pd.DataFrame({"id": range(120), "text": texts, "answer": [f"{word}!" if kept else word for word in words]})
    made_of = contract(frame, "text")
    said = run("span_linear", made_of, frame.iloc[:90], frame.iloc[90:].reset_index(drop=True))
    assert score(made_of, frame.iloc[90:], said) == 1.0


@pytest.mark.parametrize("metric", ["exact_match", "token_f1"])
def test_the_choice_follows_the_metric(metric: str, messages: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    train, test = messages
    own, other = contract(train, "text", metric), contract(train, "text")
    by_own, by_other = (run("span_linear", made_of, train, test) for made_of in (own, other))
    assert score(own, test, by_own) >= score(own, test, by_other) - 0.01
    assert not np.array_equal(by_own, by_other)


def asked(task: TaskKind) -> Competition:
    return Competition(
        name="words",
        folder=Path("words"),
        task=task,
        train=TableFile(path="train.csv"),
        test=TableFile(path="test.csv"),
        targets=("answer",),
        classes=("a", "b") if task is TaskKind.BINARY else (),
        passage="text" if task is TaskKind.SPANS else None,
        columns=(Column(name="text", kind=ColumnKind.TEXT), Column(name="age", kind=ColumnKind.NUMERIC)),
        metric="word_jaccard" if task is TaskKind.SPANS else "accuracy",
        submission=SubmissionFormat(columns=("id", "answer"), id_columns=("id",), kind="span"),
        validation=Validation(scheme="random"),
        rows=100,
        test_rows=50,
    )


def test_spans_have_recipes_of_their_own() -> None:
    assert [recipe.name for recipe in recipes_for(asked(TaskKind.SPANS))] == ["constant", *(recipe.name for recipe in SPANS)]
    others = {recipe.entry for recipe in recipes_for(asked(TaskKind.BINARY), frozenset({"lightgbm"}))}
    assert others and not any(entry.startswith("span") for entry in others)
