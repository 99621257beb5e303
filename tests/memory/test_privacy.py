"""What lessons may not hold: names, values and rows of a competition."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from agentk.memory.features import features_of, private_words
from agentk.memory.harvest import learn
from agentk.memory.lesson import Lesson
from agentk.memory.nested import NestedMemory
from agentk.memory.privacy import error_pattern, fit_to_keep
from agentk.memory.scope import EVERYTHING
from agentk.memory.value import Value
from agentk.testing.memory import features, lesson
from agentk.types.attempt import Attempt
from agentk.types.competition import Competition
from agentk.types.outcome import Status


@pytest.mark.parametrize(
    ("message", "pattern"),
    [
        ("could not convert string to float: 'Mr. Owen Harris'", "could not convert string to float: …"),
        ('KeyError: "Branch" at /home/ann/data/train.csv', "KeyError: … at PATH"),
        ("Input has 12 features, expected 1.5e3", "Input has N features, expected N"),
        ("float32 overflow in y2", "float32 overflow in y2"),
    ],
)
def test_an_error_loses_its_values(message: str, pattern: str) -> None:
    assert error_pattern(message) == pattern


def test_a_lesson_about_everything_loses_the_names_at_once() -> None:
    said = lesson("claim:Branch", text="encode branch by the target", payload={"column": "Branch", "folds": 5})
    kept = fit_to_keep(said, ["Branch"])
    assert (kept.subject, kept.text, kept.payload) == ("claim:a column", "encode a column by the target", {})


def test_a_word_that_only_contains_a_name_stays() -> None:
    assert fit_to_keep(lesson(text="average over ages, age by age"), ["age"]).text == "average over ages, a column by a column"


def test_a_payload_with_names_keeps_the_lesson_in_its_competition() -> None:
    here = features()
    said = lesson(scope=here.scope, payload={"recipe": "linear", "params": {"use_Branch": True}})
    assert fit_to_keep(said, ["Branch"]).local
    assert not fit_to_keep(said, ["linear"]).local  # a recipe's name is agentk's own


def test_what_is_forgotten_is_on_no_page_of_the_store(on_disk: Callable[..., NestedMemory], tmp_path: Path) -> None:
    memory = on_disk()
    kept, gone = memory.remember(
        [lesson("claim:kept", text="keep the walrus"), lesson("claim:gone", text="forget the narwhal")], private=()
    )
    memory.forget([gone])
    memory.close()
    every = b"".join(path.read_bytes() for path in (tmp_path / "memory").rglob("*") if path.is_file())
    assert b"walrus" in every and b"narwhal" not in every and kept.encode() in every


def test_no_row_and_no_name_leaves_a_competition(
    competition: Competition, attempt: Callable[..., Attempt], on_disk: Callable[..., NestedMemory], tmp_path: Path
) -> None:
    """A whole run's learning, with a leaky error and a model's chatty claim, searched byte by byte on disk."""
    here = features_of(competition)
    row, run = "Zebulon Quartermain", "secretive-lenders-20260101"
    attempts = [
        attempt(0, (0.6, 0.6, 0.6), recipe="constant"),
        attempt(1, (0.8, 0.7, 0.8), recipe="lightgbm", params={"leaves": 15, "seed": 1}),
        attempt(2, (0.82, 0.73, 0.83), recipe="lightgbm", kind="tune", parent=1, params={"leaves": 7, "rate": 0.03123}),
        attempt(3, status=Status.FAILED, reason=f"ValueError: could not convert string to float: '{row}'", recipe="linear"),
        attempt(4, (0.7, 0.7, 0.71), kind="debug", parent=3, idea=f"encode the strings such as '{row}' first", recipe="linear"),
    ]
    said = Lesson(
        kind="claim",
        subject="claim:group-means",
        text="Group Income by Branch",
        scope=here.run(run),
        value=Value().add(here.digest, 2.0),
    )
    memory = on_disk()
    learn(memory, run, competition, attempts, "maximize", features=here, further=[said])
    outer = [found for found in memory.lessons() if not found.scope.competition]
    assert {found.kind for found in outer} == {"recipe", "params", "claim", "fix"}
    words = private_words(competition) - {"train.csv", "test.csv"}
    for found in outer:
        written = found.model_dump_json().lower()
        assert [word for word in words if re.search(rf"(?<![a-z]){re.escape(word.lower())}(?![a-z])", written)] == []
    memory.close()
    on_file = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "memory" in str(path))
    assert b"lightgbm" in on_file
    assert row.encode() not in on_file
    assert EVERYTHING.contains(here.scope)
