"""What a person brings along: a table of their own, a program, folds, further rows, an idea."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agentk.graph.journal import read

from .conftest import Called, call

PROGRAM = """
from sklearn.linear_model import LogisticRegression

def fit_predict(train, test, params, data_dir):
    print(f"trained on {len(train)} rows")
    target = [name for name in train if name not in test][0]
    model = LogisticRegression().fit(train[["a", "b"]], train[target])
    return model.predict_proba(test[["a", "b"]])
"""


def table(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": rng.normal(size=rows).round(4), "b": rng.normal(size=rows).round(4)})
    return frame.assign(kind=np.where(frame["a"] + frame["b"] + 0.5 * rng.normal(size=rows) > 0, "[yes]", "no"))


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Called]:
    place = tmp_path_factory.mktemp("person")
    table(200, 0).to_csv(place / "my [data].csv", index=False)
    table(30, 1).to_csv(place / "more.csv", index=False)
    pd.DataFrame({"fold": np.arange(160) % 3}).to_csv(place / "folds.csv", index=False)
    (place / "mine.py").write_text(PROGRAM)
    options = ["--target", "kind", "--metric", "accuracy", "--attempts", "2", "--workers", "1", "--memory", "off"]
    brought = ["--solution", "mine.py", "--folds", "folds.csv", "--extra", "more.csv", "--hint", "use naive bayes", "--json"]
    return place, call("run", "my [data].csv", *options, *brought, cwd=place)


def test_a_single_table_is_split_and_graded_on_the_rows_held_out(ran: tuple[Path, Called]) -> None:
    place, called = ran
    assert called.code == 0, called.err
    assert len(pd.read_csv(place / called.json["submission"])) == 40
    assert called.json["metric"] == "accuracy" and called.json["test_score"] > 0.7


def test_the_persons_program_is_the_first_attempt(ran: tuple[Path, Called]) -> None:
    place, called = ran
    first = json.loads((place / called.json["run"] / "attempts" / "1" / "outcome.json").read_text())
    assert (first["origin"], first["name"], first["outcome"]["status"]) == ("person", "mine", "scored")
    assert first["score"] > 0.75


def test_their_folds_are_used_and_their_rows_are_trained_on_and_never_scored(ran: tuple[Path, Called]) -> None:
    place, called = ran
    run = place / called.json["run"]
    log = (run / "attempts" / "1" / "log.txt").read_text()
    assert sorted(line for line in log.splitlines() if "trained" in line) == [
        "trained on 136 rows",
        "trained on 137 rows",
        "trained on 137 rows",
    ]
    assert len(pd.read_parquet(run / "attempts" / "1" / "oof.parquet")) == 160
    validation = json.loads((run / "competition.json").read_text())["validation"]
    assert (validation["scheme"], validation["folds"], validation["reasons"]) == ("given", 3, ["as folds.csv says"])


def test_their_idea_stands_in_the_journal(ran: tuple[Path, Called]) -> None:
    place, called = ran
    edited = [line["hint"] for line in read(place / called.json["run"] / "journal.jsonl") if line["event"] == "edited"]
    assert edited == ["use naive bayes"]


def test_a_broken_program_is_an_outcome_with_a_reason_and_the_run_goes_on(say: Callable[..., Called], tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def fit_predict(train, test, params, data_dir)\n    return 1\n")
    called = say("run", "builtin:iris", "--attempts", "2", "--memory", "off", "--solution", "broken.py", "--json")
    assert called.code == 0, called.err
    first = json.loads((tmp_path / called.json["run"] / "attempts" / "1" / "outcome.json").read_text())
    assert first["outcome"]["status"] == "invalid" and "line 1" in first["outcome"]["reason"]
    assert called.json["failed"] == 1 and called.json["cv_score"] is not None


@pytest.mark.parametrize(
    ("option", "content", "words"),
    [
        ("--folds", "fold\n1\n2\n", "one value for each of the 160 training rows"),
        ("--extra", "a,b\n1,2\n", "it lacks kind"),
        ("--extra", "a,b,kind\n1,2,maybe\n", "maybe"),
        ("--extra", "a,b,kind\n1,2,\n", "1 of 1 have no label"),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence_and_leaves_no_run(
    ran: tuple[Path, Called], say: Callable[..., Called], tmp_path: Path, option: str, content: str, words: str
) -> None:
    place, _ = ran
    (tmp_path / "given.csv").write_text(content)
    arguments = ("run", str(place / "my [data].csv"), "--target", "kind", "--memory", "off", "--attempts", "1")
    called = say(*arguments, option, "given.csv")
    assert called.code == 2 and words in called.err and "given.csv" in called.err and "Traceback" not in called.err
    assert not list((tmp_path / "runs").glob("*"))
